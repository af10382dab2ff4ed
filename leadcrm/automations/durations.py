"""Stretches of time as people write and read them. Pure."""

UNITS = {"minutes": 60, "hours": 3600, "days": 86_400}


def duration(seconds: int) -> str:
    """`10 minutes`, in the largest unit that divides it."""
    count, unit = split(seconds)
    return f"{count} {unit.removesuffix('s') if count == 1 else unit}"


def split(seconds: int) -> tuple[int, str]:
    """(10, "minutes"): how a form shows it. Whole minutes at least."""
    unit = next(unit for unit in reversed(UNITS) if seconds % UNITS[unit] == 0)
    return seconds // UNITS[unit], unit


def typed(amount: str, unit: str) -> int | None:
    """Seconds of what was typed; None when that is no stretch of time."""
    is_number = amount.isascii() and amount.isdigit() and len(amount) <= 7
    return int(amount) * UNITS[unit] if is_number and unit in UNITS else None
