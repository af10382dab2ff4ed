"""The condition of a step as it is typed: rows that make sense, or what is wrong with which. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from leadcrm.conversations import condition_rows
from leadcrm.conversations.conditions import BadCondition, Group, check, members

PREFIX = "only_if"  # of the names of its fields
NOTHING: Group = {"all": []}


@dataclass(frozen=True)
class TypedCondition:
    """What stands in the editor. `only_if` is what to save of it: None where there is no row, or no sense in one."""

    group: Group = field(default_factory=lambda: NOTHING)
    only_if: Group | None = None
    errors: Mapping[str, str] = field(default_factory=dict)  # by the name of the row
    cursor: str = ""  # the row that was just added

    @classmethod
    def of(cls, only_if: Group | None) -> "TypedCondition":
        """The editor with what is saved."""
        return cls(only_if or NOTHING, only_if)

    @classmethod
    def read(cls, form: Mapping[str, str], user_ids: Collection[str]) -> "TypedCondition":
        """What was posted."""
        group = condition_rows.group_of(form, PREFIX)
        if errors := condition_rows.unsavable(group, PREFIX):
            return cls(group, errors=errors)
        try:
            checked = check(group, frozenset(user_ids))
        except BadCondition as error:
            return cls(group, errors={f"{PREFIX}-{error.place}": error.message})
        return cls(group, checked if members(checked) else None)

    @classmethod
    def redrawn(cls, form: Mapping[str, str], add: str, remove: str) -> "TypedCondition":
        """What was posted, after a button of the editor asked for a row more or less."""
        typed = condition_rows.group_of(form, PREFIX)
        group = condition_rows.edited(typed, PREFIX, add, remove)
        return cls(group, cursor=condition_rows.added_row(group, PREFIX, add))
