"""Whether the cells of a row hold somebody's address, however it is written there."""

import re
from collections.abc import Collection, Iterable

from leadcrm.core.addresses import digits_at_home

FEWEST_DIGITS = 6  # fewer would be found in other numbers, too


class Finder:
    """Looks for any of these addresses: e-mail whatever its case, phone numbers with or without the country."""

    def __init__(self, addresses: Collection[str]):
        emails = sorted(address.casefold() for address in addresses if "@" in address)
        numbers = {digits_at_home(address) for address in addresses if "@" not in address}
        either = "|".join(map(re.escape, emails))
        self.emails = re.compile(rf"(?<![\w.+-])(?:{either})(?![\w-]|\.\w)" if emails else r"(?!)")
        self.numbers = {number for number in numbers if len(number) >= FEWEST_DIGITS}

    def finds(self, cells: Iterable[str]) -> bool:
        return any(self.emails.search(cell.casefold()) or self._has_number(cell) for cell in cells)

    def _has_number(self, cell: str) -> bool:
        digits = re.sub(r"\D", "", cell)
        return any(number in digits for number in self.numbers)
