"""What people type about accounts."""

from wtforms import EmailField, HiddenField, PasswordField, StringField
from wtforms.validators import DataRequired, Length

from leadcrm.core.forms import Form
from leadcrm.identity import passwords

LONGEST_EMAIL = 254
LONGEST_NAME = 120


class SignInForm(Form):
    email = EmailField(
        "Email address", [DataRequired("Type your email address."), Length(max=LONGEST_EMAIL)], id="sign-in-email"
    )
    password = PasswordField(
        "Password", [DataRequired("Type your password."), Length(max=passwords.MAXIMUM_LENGTH)], id="sign-in-password"
    )
    next = HiddenField()
    dialog = HiddenField()  # filled when the form stands over a page


class SecondStepForm(Form):
    code = StringField("Code", [DataRequired("Type the code."), Length(max=40)], id="sign-in-code")
    step = HiddenField()  # signed: who gave the right password, and until when
    next = HiddenField()
    dialog = HiddenField()
