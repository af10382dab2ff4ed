"""What people type about accounts, their people and their deals."""

from collections.abc import Iterable, Sequence

from wtforms import BooleanField, DateField, HiddenField, IntegerField, SelectField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import AnyOf, DataRequired, Length, Optional, Regexp, ValidationError

from leadcrm.accounts.data import AccountData, AccountFilters, ContactData, OpportunityData
from leadcrm.accounts.models import HIGHEST_HEALTH, Account, Contact, Opportunity
from leadcrm.accounts.wording import AT_RISK, KIND_WORDS, SORT_WORDS, STAGE_WORDS
from leadcrm.core import money
from leadcrm.core.forms import ID, REVISION, AmountField, Form, at_most, near

LONGEST_QUERY = 200
People = Sequence[tuple[str, str]]


def _is_health(form: Form, field: IntegerField) -> None:
    if field.data is None or not 0 <= field.data <= HIGHEST_HEALTH:
        raise ValidationError(f"A number from 0 to {HIGHEST_HEALTH}.")


def offer(field: SelectField, nobody: str, people: Iterable[tuple[str, str]], held: tuple[str, str] | None) -> None:
    """The people to choose from; whom it holds and who is not among them stays until somebody chooses."""
    choices = [("", nobody), *people]
    if held is not None and held[0] not in dict(choices):
        choices.append(held)
    field.choices = [SelectChoice(*choice) for choice in choices]


class _Kept(Form):
    """`form_key` names this rendering of a form that makes something, `revision` what a changing one shows."""

    form_key = HiddenField(validators=[Optional(), ID])
    revision = HiddenField(validators=[Optional(), REVISION])

    @property
    def seen_revision(self) -> int | None:
        return int(self.revision.data) if self.revision.data else None


class AccountForm(_Kept):
    """An account as typed; `anyway` accepts that another one has the same name."""

    name = StringField("Name", [DataRequired("Give the account a name."), at_most(160)])
    industry = StringField("Industry", [at_most(80)])
    website = StringField("Website", [at_most(254)])
    owner_id = SelectField("Owner", [Optional()], default="")
    notes = TextAreaField("Notes", [at_most(5000)])
    anyway = BooleanField("Create anyway")

    def offer_owners(self, people: People, account: Account | None = None) -> None:
        owner = account.owner if account is not None else None
        offer(self.owner_id, "Nobody", people, (owner.id, owner.name) if owner else None)

    @classmethod
    def of(cls, account: Account) -> "AccountForm":
        """The form filled with what is known."""
        texts = {name: getattr(account, name) for name in ("name", "industry", "website", "notes")}
        return cls(**texts, owner_id=account.owner_id or "", revision=str(account.revision))

    def account_data(self) -> AccountData:
        names = ("name", "industry", "website", "notes", "owner_id")
        return AccountData(**{name: self[name].data or "" for name in names})


class HealthForm(Form):
    health = IntegerField("Health", [_is_health])


class ContactForm(_Kept):
    """A person at an account as typed; `is_primary` only counts for a new one."""

    first_name = StringField("First name", [at_most(120)])
    last_name = StringField("Last name", [at_most(120)])
    position = StringField("Position", [at_most(120)])
    email = StringField("Email", [at_most(254)])
    phone = StringField("Phone", [at_most(60)])
    is_primary = BooleanField("Main contact")

    @classmethod
    def of(cls, contact: Contact) -> "ContactForm":
        texts = {name: getattr(contact, name) for name in ("first_name", "last_name", "position", "email", "phone")}
        return cls(**texts, revision=str(contact.revision))

    def contact_data(self) -> ContactData:
        names = ("first_name", "last_name", "position", "email", "phone")
        return ContactData(**{name: self[name].data or "" for name in names})


class OpportunityForm(_Kept):
    """A deal as typed; the amount as the reader writes numbers."""

    name = StringField("What is it about", [DataRequired("Say what the deal is about."), at_most(200)])
    amount = AmountField("Amount", [at_most(40)])
    close_date = DateField("Expected to close", [Optional(), near])
    kind = SelectField("Kind", choices=[SelectChoice(*choice) for choice in KIND_WORDS.items()], default="new_business")
    contact_id = SelectField("Contact", [Optional()], default="")
    owner_id = SelectField("Owner", [Optional()], default="")
    notes = TextAreaField("Notes", [at_most(5000)])

    def offer_people(self, owners: People, contacts: Iterable[Contact], deal: Opportunity | None = None) -> None:
        """Colleagues who may own it, and those who are at the account."""
        owner, contact = (deal.owner, deal.contact) if deal is not None else (None, None)
        there = [(one.id, one.name) for one in contacts if one.left_at is None]
        offer(self.owner_id, "Nobody", owners, (owner.id, owner.name) if owner else None)
        offer(self.contact_id, "Nobody in particular", there, (contact.id, contact.name) if contact else None)

    @classmethod
    def of(cls, deal: Opportunity, locale: str) -> "OpportunityForm":
        texts = {name: getattr(deal, name) for name in ("name", "kind", "close_date", "notes")}
        people = {"contact_id": deal.contact_id or "", "owner_id": deal.owner_id or ""}
        return cls(**texts, **people, amount=money.typed(deal.amount, locale), revision=str(deal.revision))

    def opportunity_data(self) -> OpportunityData:
        """What was typed. Call after validate()."""
        texts = {name: self[name].data or "" for name in ("name", "notes", "contact_id", "owner_id")}
        return OpportunityData(
            **texts,
            kind=self.kind.data,
            amount=self.amount.amount,
            no_amount=self.amount.amount is None,
            close_date=self.close_date.data,
            no_date=self.close_date.data is None,
        )


class StageForm(Form):
    """Where a deal is to be moved; a lost one with the reason."""

    stage = StringField("Stage", [AnyOf(list(STAGE_WORDS), message="There is no such stage.")])
    reason = StringField("Why was it lost?", [at_most(200)])


class ListForm(Form):
    """Which accounts a list shows and how, as its address says it; what makes no sense is left out."""

    q = StringField("Search", [Length(max=LONGEST_QUERY)])
    owner = StringField("Owner", [Optional(), Regexp(r"(me|none|[0-9a-f-]{36})$", message="No such owner.")])
    sort = StringField("Order", [AnyOf(list(SORT_WORDS))], default="name")
    at_risk = BooleanField("At risk")
    archived = BooleanField("Archived")

    def filters(self, reader_id: str) -> AccountFilters:
        """Call after validate()."""
        owner = "" if self.owner.errors else self.owner.data or ""
        return AccountFilters(
            q="" if self.q.errors else self.q.data or "",
            owner=reader_id if owner == "me" else owner or None,
            health_below=AT_RISK if self.at_risk.data else None,
            archived=self.archived.data,
        )

    @property
    def order(self) -> str:
        return "name" if self.sort.errors or not self.sort.data else self.sort.data


class PipelineForm(Form):
    """Which deals a list shows, as its address says it; what makes no sense is left out."""

    stage = StringField("Stage", [Optional(), AnyOf(list(STAGE_WORDS))])
    owner = StringField("Owner", [Optional(), Regexp(r"(me|none|[0-9a-f-]{36})$")])

    @property
    def chosen_stage(self) -> str:
        return "" if self.stage.errors else self.stage.data or ""

    @property
    def chosen_owner(self) -> str:
        return "" if self.owner.errors else self.owner.data or ""

    def owner_filter(self, reader_id: str) -> dict[str, str | None]:
        """For queries.opportunity_page. Call after validate()."""
        if not self.chosen_owner:
            return {}
        return {"owner_id": {"me": reader_id, "none": None}.get(self.chosen_owner, self.chosen_owner)}
