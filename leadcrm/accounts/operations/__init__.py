"""The verbs of accounts, their people and their deals."""

from leadcrm.accounts.operations.deals import create_opportunity, edit_opportunity, move_to_stage
from leadcrm.accounts.operations.forgetting import forget_person, remove_account, remove_contact, remove_opportunity
from leadcrm.accounts.operations.keeping import (
    add_to_health,
    archive_account,
    create_account,
    edit_account,
    restore_account,
    set_health,
)
from leadcrm.accounts.operations.people import (
    add_contact,
    edit_contact,
    know_as_lead,
    make_primary,
    note_leaving,
    note_return,
)
from leadcrm.accounts.operations.undoing import undo

__all__ = [
    "add_contact",
    "add_to_health",
    "archive_account",
    "create_account",
    "create_opportunity",
    "edit_account",
    "edit_contact",
    "edit_opportunity",
    "forget_person",
    "know_as_lead",
    "make_primary",
    "move_to_stage",
    "note_leaving",
    "note_return",
    "remove_account",
    "remove_contact",
    "remove_opportunity",
    "restore_account",
    "set_health",
    "undo",
]
