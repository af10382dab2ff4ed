"""What people type about accounts."""

from email_validator import EmailNotValidError, validate_email
from wtforms import (
    BooleanField,
    EmailField,
    HiddenField,
    PasswordField,
    RadioField,
    SelectField,
    StringField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length, Optional, ValidationError

from leadcrm.core.forms import Form
from leadcrm.identity import passwords, places
from leadcrm.identity.models import ROLES, THEMES

LONGEST_EMAIL = 254
LONGEST_NAME = 120
LONGEST_TOKEN_NAME = 80
ROLE_CHOICES = [SelectChoice(role, role.capitalize()) for role in ROLES]


def plain_address(form, field) -> None:
    """Refuse what is no e-mail address; keep the ASCII form in lower case, which is how accounts are found."""
    try:
        found = validate_email(field.data, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise ValidationError("This is not an email address.") from None
    if found.ascii_email is None or len(found.ascii_email) > LONGEST_EMAIL:
        raise ValidationError("This address has characters that mail servers do not carry.")
    field.data = found.ascii_email.lower()


def _or_none(value: str | None) -> str | None:
    return value or None


def _email(label: str = "Email address", **options) -> EmailField:
    validators = [DataRequired("Type an email address."), Length(max=LONGEST_EMAIL), plain_address]
    return EmailField(label, validators, **options)


def _name(label: str, message: str, longest: int = LONGEST_NAME) -> StringField:
    return StringField(label, [DataRequired(message), Length(max=longest)])


def _old_password(label: str, **options) -> PasswordField:
    validators = [DataRequired("Type your password."), Length(max=passwords.MAXIMUM_LENGTH)]
    return PasswordField(label, validators, **options)


class SignInForm(Form):
    email = EmailField(
        "Email address", [DataRequired("Type your email address."), Length(max=LONGEST_EMAIL)], id="sign-in-email"
    )
    password = _old_password("Password", id="sign-in-password")
    next = HiddenField(id="sign-in-next")
    dialog = HiddenField(id="sign-in-dialog")  # filled when the form stands over a page


class SecondStepForm(Form):
    code = StringField("Code", [DataRequired("Type the code."), Length(max=40)], id="sign-in-code")
    step = HiddenField()  # signed: who gave the right password, and until when
    next = HiddenField()
    dialog = HiddenField()


class AskResetForm(Form):
    email = _email()


class NewPasswordForm(Form):
    """A password that is not easily guessed; `known` are words that would be."""

    new_password = PasswordField("New password", [DataRequired("Type a new password.")])

    def __init__(self, *args, known: tuple[str, ...] = (), **kwargs):
        super().__init__(*args, **kwargs)
        self.known = known

    def validate_new_password(self, field) -> None:
        if problem := passwords.objection(field.data, *self.known):
            raise ValidationError(problem)


class ChangePasswordForm(NewPasswordForm):
    password = _old_password("Current password")


class JoinForm(NewPasswordForm):
    name = _name("Your name", "Type your name.")


class ProfileForm(Form):
    name = _name("Name", "Type your name.")
    theme = RadioField("Theme", choices=[SelectChoice(theme, theme.capitalize()) for theme in THEMES])
    timezone = SelectField("Time zone", coerce=_or_none)
    locale = SelectField("Dates and numbers", coerce=_or_none)
    shortcuts = BooleanField("Single-letter shortcuts", id="letter-shortcuts")

    def __init__(self, *args, organization, **kwargs):
        super().__init__(*args, **kwargs)
        self.timezone.choices = [
            SelectChoice("", f"As the organization: {organization.timezone}"),
            *places.zones(),
        ]
        self.locale.choices = [SelectChoice("", "As the organization"), *places.LOCALES]


class OrganizationForm(Form):
    name = _name("Name", "Type a name.")
    timezone = SelectField("Time zone", choices=places.zones)
    country = SelectField("Country", choices=places.countries)
    currency = SelectField("Currency", choices=places.currencies)
    locale = SelectField("Dates and numbers", choices=places.LOCALES)
    mail_from = EmailField("Sender of emails to leads", [Optional(), Length(max=LONGEST_EMAIL), plain_address])


class InviteForm(Form):
    email = _email()
    role = SelectField("Role", choices=ROLE_CHOICES, default="rep")


class RoleForm(Form):
    role = SelectField("Role", choices=ROLE_CHOICES)


class TwoFactorForm(Form):
    code = StringField("Code", [DataRequired("Type the six digits."), Length(max=10)])
    password = _old_password("Password")


class ConfirmForm(Form):
    password = _old_password("Password", id="confirm-password")


class TokenForm(Form):
    name = _name("Name", "Say what the token is for.", LONGEST_TOKEN_NAME)
