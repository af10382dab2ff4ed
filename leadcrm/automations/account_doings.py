"""What a rule does with accounts and opportunities. Looking first, as in doing.py."""

from leadcrm.accounts import operations as accounts
from leadcrm.accounts.data import AccountData, OpportunityData
from leadcrm.accounts.models import HIGHEST_HEALTH, Account
from leadcrm.automations import queries
from leadcrm.automations.actions import Action
from leadcrm.automations.occasions import Occasion, Outcome, Plan
from leadcrm.automations.subjects import account_of
from leadcrm.identity import queries as identity
from leadcrm.leads import operations as leads
from leadcrm.leads.models import Lead
from leadcrm.leads.wording import source_words

NO_ACCOUNT = Outcome("skipped", "They belong to no account")
NEW_ACCOUNT = "the new account"


def make_account(action: Action, occasion: Occasion) -> Plan | Outcome:
    """An account for the lead, or the one that is called like their company."""
    lead, known = occasion.lead, account_of(occasion.lead.account_id)
    if known is not None:
        return Outcome("skipped", f"They belong to the account “{known.name}” already")
    prefix, _, user_id = action["to"].partition(":")
    owner_id = user_id if prefix == "user" else next(iter(queries.recipients("owner", lead)), None)
    if action["to"] == "nobody":
        owner_id = None
    identity.checked_owner(owner_id)  # refuses whoever left
    namesake = leads.account_called_like(lead)
    name = namesake.name if namesake else lead.company or lead.name

    def deed() -> Outcome:
        account = leads.give_account(lead, owner_id)
        done = "They were added to" if namesake else "Made"
        return Outcome("done", f"{done} the account “{account.name}”")

    return Plan(f"Add them to the account “{name}”" if namesake else f"Make the account “{name}”", deed)


def begin_opportunity(action: Action, occasion: Occasion) -> Plan | Outcome:
    """A deal with the account, owned by whoever owns the lead, if there is one, else by the account's owner."""
    lead, account = occasion.lead, account_of(occasion.account_id)
    if account is None and not occasion.expects_account:
        return NO_ACCOUNT
    if account is not None and account.archived_at is not None:
        return Outcome("skipped", f"The account “{account.name}” is archived")
    name = action["name"] or _name_of_deal(lead, account)
    owners = [*(queries.recipients("owner", lead) if lead else ()), *owners_of(account)]
    origin = {"source": lead.source, "lead_id": lead.id} if lead else {}

    def deed() -> Outcome:
        said = OpportunityData(name=name, kind=action["opportunity"], owner_id=next(iter(owners), ""))
        deal = accounts.create_opportunity(account, said, **origin, intent_key=occasion.key)
        return Outcome("done", f"The opportunity “{deal.name}” was begun")

    return Plan(f"Begin the opportunity “{name}”", deed)


def _name_of_deal(lead: Lead | None, account: Account | None) -> str:
    """What follows from where the lead came from, and from the account, which one of the two always names."""
    if lead is None:
        return account.name
    return f"{source_words(lead.source)}: {account.name if account else lead.company or lead.name}"


def change_health(action: Action, occasion: Occasion) -> Plan | Outcome:
    """So many points more or fewer, within 0 and 100."""
    account, points = account_of(occasion.account_id), int(action["points"])
    if account is None and not occasion.expects_account:
        return NO_ACCOUNT
    if account is not None and account.health == (HIGHEST_HEALTH if points > 0 else 0):
        return Outcome("skipped", f"The health of “{account.name}” is {account.health} already")
    name = f"“{account.name}”" if account else NEW_ACCOUNT

    def deed() -> Outcome:
        accounts.add_to_health(account, points)
        return Outcome("done", f"Changed the health of {name} by {action['points']}")

    return Plan(f"Change the health of {name} by {action['points']}", deed)


def give(owner_id: str, occasion: Occasion) -> Plan | Outcome:
    """Let somebody else look after the account, or, with "", nobody."""
    account = account_of(occasion.account_id)
    if account is None and not occasion.expects_account:
        return NO_ACCOUNT
    identity.checked_owner(owner_id)  # refuses whoever left
    whom = queries.user_names().get(owner_id, "someone who left") if owner_id else "nobody"
    if account is not None and (account.owner_id or "") == owner_id:
        return Outcome("skipped", f"Nothing to change: “{account.name}” is looked after by {whom}")
    name = f"“{account.name}”" if account else NEW_ACCOUNT

    def deed() -> Outcome:
        accounts.edit_account(account, AccountData(owner_id=owner_id))
        return Outcome("done", f"{name} is looked after by {whom}")

    return Plan(f"Let {whom} look after {name}", deed)


def owners(occasion: Occasion) -> list[str]:
    """Whoever looks after the account and may sign in; nobody or one."""
    return owners_of(account_of(occasion.account_id))


def owners_of(account: Account | None) -> list[str]:
    """The same of a known account."""
    if account is None or account.owner is None or account.owner.disabled_at is not None:
        return []
    return [account.owner.id]
