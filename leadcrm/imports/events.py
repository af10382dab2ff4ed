"""What happens to imports, and to leads by them."""

from dataclasses import dataclass

from leadcrm.core.events import Event, register


@register
@dataclass(frozen=True, kw_only=True)
class ImportChanged(Event):
    """A file was uploaded, started, stopped, resumed, done, reverted: `change` says which."""

    name = "import.changed"
    title = "Import"
    icon = "upload"
    import_id: str
    change: str


@register
@dataclass(frozen=True, kw_only=True)
class LeadImported(Event):
    """A row of an import spoke of a lead that we know; it filled some fields, and `differs` in others."""

    name = "lead.imported"
    title = "Found in an imported file"
    icon = "upload"
    lead_id: str
    import_id: str
    row: int
    filled: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
