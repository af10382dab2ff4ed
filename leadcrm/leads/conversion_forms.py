"""What people type when a lead becomes a customer, or is said to be one's."""

from typing import Any

from wtforms import BooleanField, DateField, HiddenField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Optional, ValidationError

from leadcrm.accounts.data import OpportunityData
from leadcrm.core.forms import ID, AmountField, Form, at_most, near
from leadcrm.leads.data import ConversionData

INTO = [SelectChoice("new", "New account"), SelectChoice("known", "Existing account")]


class AccountChoiceForm(Form):
    """One account: `account_id` was chosen from the list, `q` typed to find it."""

    account_id = HiddenField("Account", [Optional(), ID])
    q = StringField("Account", [at_most(200)])


class ConversionForm(AccountChoiceForm):
    """What a lead becomes; `anyway` accepts that another account has the same name, `link` is that one's id."""

    into = RadioField("Becomes a contact of", choices=INTO, default="new")
    account_name = StringField("Name of the account", [at_most(160)])
    anyway = BooleanField("Create anyway")
    link = HiddenField(validators=[Optional(), ID])
    begins_deal = BooleanField("Begin an opportunity")
    deal_name = StringField("What is it about", [at_most(200)])
    amount = AmountField("Amount", [at_most(40)])
    close_date = DateField("Expected to close", [Optional(), near])

    def validate_account_name(self, field: StringField) -> None:
        if self.is_new and not field.data:
            raise ValidationError("Give the account a name.")

    def validate_deal_name(self, field: StringField) -> None:
        if self.begins_deal.data and not field.data:
            raise ValidationError("Say what the deal is about.")

    @property
    def is_new(self) -> bool:
        return self.into.data == "new" and not self.link.data

    def conversion_data(self) -> ConversionData:
        """What was typed. Call after validate(), with the account's id in place when it is to be a known one."""
        deal: dict[str, Any] = {"amount": self.amount.amount, "close_date": self.close_date.data}
        return ConversionData(
            account_id=None if self.is_new else self.account_id.data,
            account_name=self.account_name.data or "" if self.is_new else "",
            opportunity=OpportunityData(name=self.deal_name.data, **deal) if self.begins_deal.data else None,
        )
