"""A mail server that loses answers, hangs up, says 451 and 550 (P2, P4, P6)."""

import contextlib
import time
from collections import Counter
from collections.abc import Callable

from soak.checker import examine, is_due, is_settled, promises
from soak.crowd import Crowd
from soak.places import Office, Place
from soak.verdicts import Verdict
from tests.installation import wait_for

SHARES = {"lost": 0.06, "cut": 0.06, "later": 0.03, "refused": 0.06}
CLIENTS = 4
RETRY_SECONDS = 180  # a 451 comes back after 15 to 45 s, and may meet another


def let_it_pass(office: Office) -> None:
    """Time, by itself."""


def attack(
    place: Place,
    seconds: float,
    shares: dict[str, float] = SHARES,
    spend_time: Callable[[Office], None] = let_it_pass,
) -> list[Verdict]:
    """Clients for that long, then time for what shall be tried again."""
    with place.office() as office:
        office.start_all(*(word for fault, share in shares.items() for word in (f"--{fault}", str(share))))
        unknown_before = office.ready()["unknown_messages"]
        crowd = Crowd(office, CLIENTS, pause=0.1)
        crowd.start()
        time.sleep(seconds)
        record = crowd.stop()

        def nothing_waits() -> bool:
            spend_time(office)
            at_rest = is_settled(office, record)  # what is being tried waits in no list, and may have to wait again
            return at_rest and not _waiting(office) and is_settled(office, record)

        with contextlib.suppress(AssertionError):  # then the checker names what still waits
            wait_for(nothing_waits, RETRY_SECONDS, pause=2)
        found = examine(office, record)
        befell = Counter(fault["fault"] for fault in office.faults() if fault["rcpt"].endswith("soak.test"))
        expected, shown = befell["lost"] + befell["cut"], office.ready()["unknown_messages"] - unknown_before
        figure = f"{found.unknown} unknown of {expected} answers that never came, {shown} on /readyz"
        return [
            Verdict("SMTP faults", place.name, str(dict(befell)), befell.total() > 0),
            *promises(place, record, found),
            Verdict("P6 unknown is exact and shown", place.name, figure, found.unknown == expected == shown),
        ]


def _waiting(office: Office) -> list[dict]:
    """Messages that shall be tried again soon; a flow's later steps wait for days."""
    rows = [
        row
        for status in ("scheduled", "held")
        for row in office.open_api().all("/api/messages", channel="email", status=status)
    ]
    return [row for row in rows if is_due(row)]
