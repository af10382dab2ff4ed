"""The companies that buy from the demo offices, what they may buy next, and which leads became customers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from leadcrm.accounts import operations as accounts
from leadcrm.accounts.data import AccountData, ContactData, OpportunityData
from leadcrm.accounts.models import Account, Opportunity
from leadcrm.core import clock
from leadcrm.core.db import db, get_or_404
from leadcrm.demo.threads import When
from leadcrm.identity.models import User
from leadcrm.leads import operations as leads
from leadcrm.leads.data import ConversionData
from leadcrm.leads.models import Lead

Scene = tuple[When, str, Callable[[], None]]  # when, who does it, what


@dataclass(frozen=True)
class Deal:
    """A possible deal: worth how much, expected to close so many days later, its moves, and when it was begun (with
    the conversion, when a lead became a customer).
    """

    name: str
    amount: int | None
    closes_in: int
    kind: str = "new_business"
    moves: Sequence[tuple[When, str]] = ()  # when to which stage; a reason follows a colon
    begun: When = 0


@dataclass(frozen=True)
class Customer:
    """An account somebody typed in, with the people there: first name, last name, position, e-mail, phone."""

    name: str
    when: When
    owner: str  # first name in lower case
    industry: str
    website: str = ""
    notes: str = ""
    health: int = 50
    people: Sequence[tuple[str, str, str, str, str]] = ()
    deals: Sequence[Deal] = ()


@dataclass(frozen=True)
class Became:
    """A lead that was converted: into a new account, or into the one of this name."""

    lead: str
    when: When
    who: str
    deal: Deal
    account: str = ""


@dataclass(frozen=True)
class Business:
    """What one office has to do with customers."""

    customers: Sequence[Customer]
    became: Sequence[Became] = ()


ACME = Business(
    (
        Customer(
            "Hudson Relocation Partners", (12, "09:30"), "ada", "Relocation", "hudson-relocation.example",
            "Moves some forty families a year. Wants one invoice per quarter.", 84,
            (("Priya", "Raman", "Head of housing", "priya@hudson-relocation.example", "+12125550101"),
             ("Walter", "Jensen", "Accounts payable", "walter@hudson-relocation.example", "")),
            (Deal("Six family flats for the autumn", 4_150_000, 45, begun=(12, "10:00"),
                  moves=(((11, "15:00"), "qualification"), ((8, "11:20"), "proposal"), ((2, "16:40"), "negotiation"))),
             Deal("Three studios in Astoria", 1_020_000, 20, "cross_sell", begun=(11, "10:30"),
                  moves=(((9, "10:00"), "proposal"), ((4, "17:05"), "closed_won")))),
        ),
        Customer(
            "Bleecker Street Bakery", (11, "13:10"), "ben", "Food", "bleecker-bakery.example",
            "Looks for a second shop with a flat above it.", 58,
            (("Antonio", "Greco", "Owner", "antonio@bleecker-bakery.example", "+12125550117"),),
            (Deal("A shop with a flat above", 1_480_000, 5, begun=(10, "14:00"),
                  moves=(((6, "09:45"), "qualification"),)),),
        ),
        Customer(
            "Northlight Studios", (10, "16:00"), "max", "Film and sound", "northlight.example",
            "Their lease ends in spring; the last two offers were too small.", 31,
            (("Dana", "Whitlock", "Managing director", "dana@northlight.example", "+16465550122"),
             ("Theo", "Lang", "Location manager", "theo@northlight.example", "")),
            (Deal("A hall in Long Island City", 2_900_000, 40, "renewal", begun=(9, "11:30"),
                  moves=(((7, "10:10"), "proposal"), ((3, "14:30"), "closed_lost:They chose a longer lease nearby"))),
             Deal("Rehearsal rooms", None, 60, "upsell", begun=(3, "15:00"))),
        ),
    ),
    (
        Became("jackson", (6, "11:15"), "max",
               Deal("The lake house in Austin", 1_250_000, 25,
                    moves=(((4, "10:30"), "qualification"), ((1, "15:10"), "proposal")))),
        Became("zanele", (3, "12:00"), "rosa",
               Deal("The family home in Claremont", 640_000, 35, "cross_sell", moves=(((1, "11:05"), "negotiation"),)),
               "Hudson Relocation Partners"),
    ),
)  # fmt: skip
RIVAL = Business(
    (
        Customer(
            "Thames Lettings", (6, "10:00"), "rita", "Lettings", "thames-lettings.example", "", 66,
            (("Oscar", "Dunn", "Director", "oscar@thames-lettings.example", "+442079460155"),),
            (Deal("Two flats in Clapham", 890_000, 30, begun=(5, "11:00"),
                  moves=(((2, "12:15"), "proposal"),)),),
        ),
    ),
)  # fmt: skip


def scenes(business: Business, team: Mapping[str, User], lead_ids: Mapping[str, str]) -> Iterator[Scene]:
    """What happened; `lead_ids` holds the leads by the time a scene needs one."""
    for customer in business.customers:
        yield customer.when, customer.owner, lambda customer=customer: _open(customer, team)
        for deal in customer.deals:
            yield deal.begun, customer.owner, lambda deal=deal, customer=customer: _begin(deal, customer, team)
            yield from _moves(deal, customer.owner)
    for one in business.became:
        yield one.when, one.who, lambda one=one: _convert(one, lead_ids)
        yield from _moves(one.deal, one.who)


def _moves(deal: Deal, who: str) -> Iterator[Scene]:
    for when, move in deal.moves:
        yield when, who, lambda move=move: accounts.move_to_stage(_deal(deal.name), *move.split(":", 1))


def _open(customer: Customer, team: Mapping[str, User]) -> None:
    account = accounts.create_account(
        AccountData(
            name=customer.name,
            industry=customer.industry,
            website=customer.website,
            notes=customer.notes,
            owner_id=team[customer.owner].id,
        )
    )
    for first_name, last_name, position, email, phone in customer.people:
        person = ContactData(first_name=first_name, last_name=last_name, position=position, email=email, phone=phone)
        accounts.add_contact(account, person)
    accounts.set_health(account, customer.health)


def _begin(deal: Deal, customer: Customer, team: Mapping[str, User]) -> None:
    accounts.create_opportunity(_account(customer.name), _said(deal, owner_id=team[customer.owner].id))


def _convert(one: Became, lead_ids: Mapping[str, str]) -> None:
    account_id = _account(one.account).id if one.account else None
    data = ConversionData(account_id=account_id, opportunity=_said(one.deal))
    leads.convert_lead(get_or_404(Lead, lead_ids[one.lead]), data, by=None)


def _said(deal: Deal, owner_id: str | None = None) -> OpportunityData:
    return OpportunityData(
        name=deal.name,
        kind=deal.kind,
        amount=None if deal.amount is None else Decimal(deal.amount),
        close_date=clock.now().date() + timedelta(days=deal.closes_in),
        owner_id=owner_id,
    )


def _account(name: str) -> Account:
    return db.session.scalars(select(Account).where(Account.name == name)).one()


def _deal(name: str) -> Opportunity:
    return db.session.scalars(select(Opportunity).where(Opportunity.name == name)).one()
