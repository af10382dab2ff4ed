"""The people at an account: listed, added, edited, made the main one, gone and back."""

from collections.abc import Callable
from typing import Any

from flask import Response, request

from leadcrm.accounts import operations, queries
from leadcrm.accounts.blueprint import blueprint, changed, page_of, refused
from leadcrm.accounts.forms import ContactForm
from leadcrm.accounts.models import Account, Contact
from leadcrm.core.db import perform
from leadcrm.core.errors import DomainError
from leadcrm.core.values import new_id
from leadcrm.core.web import add_errors, render
from leadcrm.identity.permissions import me

SHOWN_IN_CONFLICT = ("first_name", "last_name", "position", "email", "phone")


@blueprint.get("/accounts/<account_id>/contacts")
def contacts_of_account(account_id: str) -> Response:
    """An account's people, for a page that shows them already."""
    account = queries.visible_account(me(), account_id)
    context = {"account": account, **people_of(account)}
    return render("accounts/part.html", "accounts/_contacts.html", part="accounts/_contacts.html", **context)


def people_of(account: Account) -> dict[str, Any]:
    """What the list of an account's people shows to the reader."""
    contacts = queries.contacts_of(account.id)
    return {"contacts": contacts, "open_leads": queries.open_leads(me(), contacts)}


@blueprint.get("/accounts/<account_id>/contacts/new")
def new_contact(account_id: str) -> Response:
    return _form_page(ContactForm(form_key=new_id()), queries.visible_account(me(), account_id))


@blueprint.post("/accounts/<account_id>/contacts")
def add_contact(account_id: str) -> Response:
    account, form = queries.visible_account(me(), account_id), ContactForm(request.form)
    if not form.validate():
        return _form_page(form, account, status=422)
    said = {"is_primary": form.is_primary.data, "form_key": form.form_key.data or None}
    try:
        contact = perform(operations.add_contact, account, form.contact_data(), **said)
    except DomainError as error:
        add_errors(form, error)
        return _form_page(form, queries.visible_account(me(), account_id), status=error.status)
    return changed(f"{contact.name} was added.", back=page_of(account_id))


@blueprint.get("/contacts/<contact_id>/edit")
def edit_contact(contact_id: str) -> Response:
    contact = queries.visible_contact(me(), contact_id)
    return _form_page(ContactForm.of(contact), contact.account, contact)


@blueprint.post("/contacts/<contact_id>")
def update_contact(contact_id: str) -> Response:
    """Save what was typed; what a colleague saved since is shown beside it first."""
    contact, form = queries.visible_contact(me(), contact_id), ContactForm(request.form)
    if not form.validate():
        return _form_page(form, contact.account, contact, status=422)
    try:
        perform(operations.edit_contact, contact, form.contact_data(), form.seen_revision)
    except DomainError as error:
        return _refused(form, contact_id, error)
    return changed("Saved.", back=page_of(contact.account_id))


@blueprint.post("/contacts/<contact_id>/primacy")
def make_primary(contact_id: str) -> Response:
    """The account's main contact from now on."""
    return _done(contact_id, operations.make_primary, "{} is the main contact now.")


@blueprint.post("/contacts/<contact_id>/departure")
def note_leaving(contact_id: str) -> Response:
    return _done(contact_id, operations.note_leaving, "{} is not there any more.")


@blueprint.post("/contacts/<contact_id>/return")
def note_return(contact_id: str) -> Response:
    return _done(contact_id, operations.note_return, "{} is there again.")


def _done(contact_id: str, verb: Callable[[Contact], int | None], words: str) -> Response:
    contact = queries.visible_contact(me(), contact_id)
    fact = perform(verb, contact)
    return changed(words.format(contact.name), [fact], back=page_of(contact.account_id))


def _refused(form: ContactForm, contact_id: str, error: DomainError) -> Response:
    """The form with what was typed; after a colleague's change, saving again means "mine"."""
    contact = queries.visible_contact(me(), contact_id)
    theirs = refused(form, error, ContactForm.of(contact), SHOWN_IN_CONFLICT)
    return _form_page(form, contact.account, contact, status=error.status, theirs=theirs)


def _form_page(
    form: ContactForm, account: Account, contact: Contact | None = None, *, status: int = 200, theirs=()
) -> Response:
    part = "accounts/_contact_form.html" if request.method == "POST" else "accounts/_contact_dialog.html"
    context = {"form": form, "account": account, "contact": contact, "theirs": theirs}
    return render("accounts/contact.html", part, status=status, **context)
