"""One person whose every word is unmistakable, and where these words could be found."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text, update

from leadcrm.accounts import operations as accounts
from leadcrm.accounts.data import AccountData, ContactData, OpportunityData
from leadcrm.automations import webhooks
from leadcrm.automations.models import AutomationRun, WebhookCall
from leadcrm.conversations import intake
from leadcrm.conversations import operations as conversations
from leadcrm.conversations.models import Attempt, Message, RawInbound, ReadMark
from leadcrm.core import events, tenancy
from leadcrm.core.db import db, perform, writing
from leadcrm.core.drains import drain_events
from leadcrm.core.models import Debt
from leadcrm.flows.models import Enrolment, Flow
from leadcrm.furnishing import furnish
from leadcrm.imports import operations as imports
from leadcrm.imports.first_look import first_look
from leadcrm.imports.jobs import drain_imports
from leadcrm.imports.models import Import, ImportRow
from leadcrm.leads import operations as leads
from leadcrm.leads.data import ConversionData
from leadcrm.leads.models import Lead
from tests.api.conftest import ApiClient
from tests.conversations.mails import SECRET, hand_over, mail
from tests.conversations.reports import report
from tests.strangers.house import OLD_ADDRESS, keep_files, lead_of

WORD = "quixocanary"
EMAIL, PHONE = "ada@example.test", "+12125559731"
MARKS = (WORD, EMAIL, OLD_ADDRESS, PHONE.removeprefix("+"))
FILE = f"%PDF {WORD} in a file".encode()


@pytest.fixture
def settings(settings):
    return dataclasses.replace(settings, email_webhook_secret=SECRET)


@pytest.fixture
def person(app, cast) -> Lead:
    """A lead of Ada's with a row in every table that can hold one, every word of them a canary."""
    with tenancy.organization(cast.acme.id), events.acting_as(f"user:{cast.ada.id}"):
        perform(furnish)
        lead_id = lead_of(cast.ada, WORD, WORD)["lead"]
    keep_files()
    _through_the_doors(app, cast)
    with tenancy.organization(cast.acme.id):
        perform(_become_customer, lead_id)
    _on_lists(cast)
    with tenancy.organization(cast.acme.id):
        perform(_known_to_a_colleague)
    drain_events(lambda: False)
    drain_events(lambda: False)
    with tenancy.organization(cast.acme.id):
        perform(_what_went_wrong, lead_id, cast.ada.id)
        db.session.expire_all()
        yield db.session.scalars(select(Lead).where(Lead.id == lead_id)).one()


def _through_the_doors(app, cast) -> None:
    """By the API, by mail with a file, by a mail nobody could read, and as a mail that came back."""
    caller = ApiClient(app, _token(cast.ada))
    said = {"first_name": WORD, "email": EMAIL, "phone": PHONE, "source": f"fair {WORD}", "answers": {"q": WORD}}
    assert caller.post("/leads", said, key=f"key {WORD}").status_code == 200
    letter = mail(
        f"{WORD}\n", sender=f"{WORD} <{EMAIL}>", subject=WORD, html=f"<p>{WORD}</p>", message_id=f"<{WORD}@x.test>",
        files=((f"{WORD}.pdf", "application/pdf", FILE),),
    )  # fmt: skip
    client = app.test_client()
    assert hand_over(client, letter).status_code == 200
    intake.drain(lambda: False)
    with tenancy.organization(cast.acme.id):
        perform(conversations.opt_out, _lead_id(), "sms", PHONE, "replied_stop")
        sent = db.session.scalars(select(Message).where(Message.status == "sent")).first()
        with writing() as session:
            names = {"external_id": f"<{sent.id}@crm.test>", "address": EMAIL, "provider_message_id": f"id {WORD}"}
            session.execute(update(Message).where(Message.id == sent.id).values(**names))
        perform(intake.store, "email", f"<unread {WORD}@x.test>", f"From: {EMAIL}\r\n\r\n{WORD}".encode())
        with writing() as session:
            unread = update(RawInbound).where(RawInbound.done_at.is_(None))
            session.execute(unread.values(due_at=None, error=WORD))
    assert hand_over(client, report(f"<{sent.id}@crm.test>", EMAIL)).status_code == 200
    intake.drain(lambda: False)


def _become_customer(lead_id: str) -> None:
    """An account and a deal that bear the person's name; the company they work for is a company's name."""
    lead = db.session.scalars(select(Lead).where(Lead.id == lead_id)).one()
    leads.change_status(lead, "qualified")
    deal = OpportunityData(name=f"{lead.name}: a flat")
    leads.convert_lead(lead, ConversionData(account_name=lead.name, opportunity=deal), by=None)


def _on_lists(cast) -> None:
    """Somebody imports lists that they are on: as a lead, refused twice, still waiting, and instead of headings."""
    with tenancy.organization(cast.acme.id):
        found = _bring(cast, f"Name,Email\n{WORD},{EMAIL}\n")
        perform(imports.start_import, found, announces=False)
        drain_imports(lambda: False)
        refused = f"{WORD},x,(212) 555-9731,Nobody\n{WORD},{EMAIL.upper()},,Nobody\nJohn,,,\n"
        for text in (f"Name,Email,Phone,Owner\n{refused}", f"Name,Email\n{WORD},{EMAIL}\n", f"Name,{EMAIL}\nJohn,\n"):
            found = _bring(cast, text)
            perform(imports.start_import, found, announces=False)
            perform(imports.stop_import, found)
        with writing() as session:
            known = update(ImportRow).where(ImportRow.state == "waiting")
            session.execute(known.values(lead_id=None, outcome="new"))  # as if looked at before they were a lead


def _bring(cast, text: str) -> Import:
    look = first_look(text.encode(), "US")
    plan = look.plan("US")
    arguments = ("list.csv", text.encode(), look.writing, look.headings, look.rows, plan, cast.ada)
    found = perform(imports.begin_import, *arguments)
    perform(imports.choose_plan, found, plan)
    drain_imports(lambda: False)
    return found


def _known_to_a_colleague() -> None:
    """Typed as a contact of two companies, without a word of the lead they are."""
    for number, ways in enumerate(({"email": EMAIL, "phone": PHONE}, {"phone": PHONE})):
        account = accounts.create_account(AccountData(name=f"Karoo {number}", notes=f"Ask {WORD} Doe or {EMAIL}."))
        contact = accounts.add_contact(account, ContactData(first_name=WORD, last_name="Doe", **ways))
        named = {"name": f"A flat for {WORD} Doe", "notes": f"{WORD} Doe rang", "contact_id": contact.id}
        deal = accounts.create_opportunity(account, OpportunityData(**named), source=f"fair {WORD}")
        accounts.move_to_stage(deal, "closed_lost", f"{WORD} Doe went elsewhere")


def _token(user) -> str:
    from leadcrm.identity import operations as identity

    return perform(identity.create_token, user, "test")[1]


def _lead_id() -> str:
    return db.session.scalar(select(Lead.id).where(Lead.first_name.contains(WORD)))


def _what_went_wrong(lead_id: str, user_id: str) -> None:
    """A listener and a call that failed, and say over what; a thread that somebody has read."""
    fact = db.session.scalar(text("SELECT max(id) FROM events WHERE lead_id = :lead").bindparams(lead=lead_id))
    db.session.add(
        Debt(event_id=fact, listener="leads.tell_new_owner", due_at=None, tries=8, error=f"ValueError {WORD}")
    )
    message = db.session.scalars(select(Message).where(Message.provider_message_id.contains(WORD))).one()
    db.session.add(Attempt(message_id=message.id, n=1, outcome="refused", detail=f"550 {WORD}"))
    mark = {"conversation_id": message.conversation_id, "user_id": user_id, "read_until": message.position_at}
    db.session.add(ReadMark(**mark))
    run = db.session.scalars(select(AutomationRun).where(AutomationRun.lead_id == lead_id)).first()
    told = {"run_id": run.id, "automation_id": run.automation_id, "lead_id": lead_id, "position": 0}
    call = WebhookCall(**told, url="https://hooks.example.test", body=WORD, answer="")
    db.session.add(call)
    db.session.flush()
    webhooks.note_failed(call, f"Answered 422: {WORD} is known", for_good=True)
    flow = db.session.scalars(select(Flow)).first()
    db.session.add(Enrolment(flow_id=flow.id, lead_id=lead_id, number=2, timezone="UTC", state="exited"))


def traces(app) -> list[str]:
    """Where one of the marks can still be read: `table.column`, or a file."""
    db.session.remove()
    return sorted({*_in_tables(), *_in_files(app.settings.var), *_in_database_files(app)})


def _in_tables() -> Iterator[str]:
    """Every column of every table there is, also those no model knows."""
    with db.engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            names = [it["name"] for it in inspect(connection).get_columns(table)]
            for row in connection.connection.cursor().execute(f'SELECT * FROM "{table}"').fetchall():
                yield from (f"{table}.{name}" for name, value in zip(names, row, strict=False) if _marked(value))


def _in_files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file() and (_marked(path.read_bytes()) or _marked(path.name)):
            yield str(path.relative_to(folder))


def _in_database_files(app) -> Iterator[str]:
    """The bytes on disk, free pages and the log included."""
    if app.settings.is_sqlite:
        path = app.settings.database_path
        yield from (it.name for it in path.parent.glob(f"{path.name}*") if _marked(it.read_bytes()))


def _marked(value) -> bool:
    plain = bytes(value) if isinstance(value, bytes | memoryview) else str(value).encode()
    return re.search("|".join(map(re.escape, MARKS)).encode(), plain, re.IGNORECASE) is not None
