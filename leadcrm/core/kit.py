"""`/_kit`: every component in every state, for eyes and for the accessibility audit. Not registered in production."""

from datetime import datetime, timedelta
from types import SimpleNamespace

from flask import Blueprint, abort, render_template, request
from werkzeug.datastructures import MultiDict
from wtforms import (
    BooleanField,
    DateTimeLocalField,
    Form,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    validators,
)
from wtforms.fields.choices import SelectChoice

from leadcrm.core import clock
from leadcrm.core.web import public

blueprint = Blueprint("kit", __name__, url_prefix="/_kit")

PAGES = ("components", "leads", "inbox", "flow", "settings", "sign-in", "error", "public")
THEMES = ("system", "light", "dark")
PEOPLE = (
    ("Naledi Hughes", "NH", "green", "qualified", 97, "Facebook Ads", "Townhouse, Claremont"),
    ("Ingrid Shah", "IS", "teal", "qualified", 92, "Website form", "2-bed flat, Sea Point"),
    ("Mateo Mokoena", "MM", "blue", "contacted", 61, "CSV import", "Plot, Hout Bay"),
    ("Naledi Khumalo", "NK", "teal", "qualified", 86, "Facebook Ads", "Terrace, Woodstock"),
    ("Oliver Costa", "OC", "red", "new", 42, "Website form", "Penthouse, Green Point"),
    ("Fatima Olsen", "FO", "pink", "unqualified", 12, "Referral", "Rental, Observatory"),
    ("Zoë Łukasiewicz-van der Merwe", "ZM", "violet", "converted", 70, "Survey embed", "Family home, Rondebosch"),
)
TEAM = SimpleNamespace(name="Harbor Realty")
ADA = SimpleNamespace(
    name="Ada Byron",
    email="ada@harbor.example",
    role="owner",
    initials="AB",
    theme="system",
    shortcuts=True,
    is_authenticated=True,
    organization=TEAM,
)


class SampleForm(Form):
    """One field of each kind; `email` and `agrees` refuse what they get."""

    name = StringField("Name", [validators.InputRequired()], default="Naledi Khumalo")
    email = StringField("Email", [validators.Regexp(r".+@.+\..+", message="This needs an @ and a domain.")])
    password = PasswordField("Password")
    status = SelectField("Status", choices=[SelectChoice("new", "New"), SelectChoice("contacted", "Contacted")])
    theme = RadioField("Theme", choices=[SelectChoice(name, name.capitalize()) for name in THEMES], default="system")
    due = DateTimeLocalField("Send at", [validators.Optional()])
    note = TextAreaField("Note", default="Prefers mornings.")
    follow_up = BooleanField("Send a follow-up email", default=True)
    agrees = BooleanField("I agree", [validators.InputRequired(message="Please agree first.")])


def refused_form(prefix: str = "") -> SampleForm:
    typed = {"name": "Naledi Khumalo", "email": "naledi", "status": "new", "theme": "system", "follow_up": "y"}
    form = SampleForm(MultiDict({prefix + name: value for name, value in typed.items()}), prefix=prefix)
    form.validate()
    return form


@blueprint.get("/")
@public
def index():
    return page("components")


@blueprint.get("/<name>")
@public
def page(name: str):
    """One sample page; `?theme=light|dark` and `?open=1` (panel, conversation) choose its state."""
    if name not in PAGES:
        abort(404)
    user = SimpleNamespace(**{**vars(ADA), "theme": request.args.get("theme", "system")})
    return render_template(
        f"kit/{name}.html",
        current_user=user,
        organization=TEAM,
        nav_counts={"leads": "120,431", "inbox": 7, "notifications": 2},
        people=PEOPLE,
        form=refused_form(),
        earlier=earlier,
        is_open="open" in request.args,
    )


@blueprint.get("/palette-options")
@public
def palette_options():
    return render_template("kit/_palette.html", people=PEOPLE, q=request.args.get("q", ""))


@blueprint.get("/sample-dialog")
@public
def sample_dialog():
    return render_template("kit/_dialog.html", form=refused_form("new-"))


@blueprint.get("/sample-panel/<int:number>")
@public
def sample_panel(number: int):
    return render_template("kit/_panel.html", number=number, people=PEOPLE, earlier=earlier)


def earlier(minutes: int) -> datetime:
    return clock.now() - timedelta(minutes=minutes)
