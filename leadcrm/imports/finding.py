"""Whether the cells of a row hold somebody's address, however it is written there."""

import re
from collections.abc import Collection, Iterable

from leadcrm.core.addresses import digits_at_home

FEWEST_DIGITS = 6  # fewer would be found in other numbers, too
NO_DIGITS = re.compile(r"[^\d\n]+")


class Finder:
    """Looks for any of these addresses: e-mail whatever its case, phone numbers with or without the country."""

    def __init__(self, addresses: Collection[str]):
        self.emails = {address.casefold() for address in addresses if "@" in address}
        self.alone = re.compile(rf"(?<![\w.+-])(?:{'|'.join(map(re.escape, sorted(self.emails)))})(?![\w-]|\.\w)")
        numbers = {digits_at_home(address) for address in addresses if "@" not in address}
        self.numbers = {number for number in numbers if len(number) >= FEWEST_DIGITS}

    def finds(self, cells: Iterable[str]) -> bool:
        text = "\n".join(cells).casefold()  # all of them at once: a team may have a hundred thousand rows
        return self._has_email(text) or self._has_number(text)

    def _has_email(self, text: str) -> bool:
        return any(email in text for email in self.emails) and self.alone.search(text) is not None

    def _has_number(self, text: str) -> bool:
        digits = NO_DIGITS.sub("", text) if self.numbers else ""
        return any(number in digits for number in self.numbers)
