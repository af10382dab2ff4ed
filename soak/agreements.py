"""What two sides agree on, killed at every point: a meeting at a free time, a lead that becomes a customer (P5)."""

from datetime import UTC, datetime, timedelta

from leadcrm.core.drains import drain_events
from soak.rounds import Round, let_time_pass
from soak.stage import Say

DAYS_LOOKED_AHEAD = 40
KNOWN = (409,)  # a conversion that was made before, told again


class Book(Round):
    """A lead takes a free time of a realtor's."""

    name = "book"

    def prepare(self, say: Say) -> None:
        say(self.capture()["id"])
        say(self._free()[0])
        let_time_pass()

    def act(self, say: Say) -> None:
        lead, start = self._known()
        say(self._book(lead, start)["id"])
        drain_events(lambda: False)

    def judge(self, said: list) -> list[str]:
        lead, start, *answers = said
        booking = answers[0] if answers else self._book(lead, start)["id"]
        let_time_pass()
        made = [fact["data"]["booking_id"] for fact in self.see.facts(lead, "booking.made")]
        broken = [] if made == [booking] else [f"answered {booking}, made {made}"]
        return broken + (["the time is still offered"] if start in self._free() else [])

    def _known(self) -> tuple[str, str]:
        """The lead, and the time that nobody has taken since it was prepared."""
        return self.see.leads(self.email)[0]["id"], self._free()[0]

    def _book(self, lead: str, start: str) -> dict:
        body = {"realtor_id": self.see.office.realtor_id, "lead_id": lead, "start": start, "timezone": "Etc/UTC"}
        return self.see.call("POST", "/api/bookings", key=self.email, json=body)

    def _free(self) -> list[str]:
        """The free times of the first day that has some, and of the one after."""
        found: list[str] = []
        for days in range(1, DAYS_LOOKED_AHEAD):
            day = (datetime.now(UTC) + timedelta(days)).date().isoformat()
            query = f"realtor_id={self.see.office.realtor_id}&date={day}&timezone=Etc/UTC"
            slots = [slot["start"] for slot in self.see.call("GET", f"/api/slots?{query}")["items"]]
            if found:
                return found + slots
            found = slots
        return found


class Convert(Round):
    """A qualified lead becomes the contact of a new account, with a deal."""

    name = "convert"

    def prepare(self, say: Say) -> None:
        lead = self.capture(company=self._company())["id"]
        self.see.call("PATCH", f"/api/leads/{lead}", json={"status": "qualified"})
        let_time_pass()
        say(lead)

    def act(self, say: Say) -> None:
        say(self._convert(self.see.leads(self.email)[0]["id"]))
        drain_events(lambda: False)

    def judge(self, said: list) -> list[str]:
        lead, *answers = said
        made = answers[0] if answers else self._convert(lead)
        let_time_pass()
        again = self._convert(lead, key=f"again {self.email}")
        broken = [] if made.items() <= again.items() else [f"answered {made}, then {again}"]
        accounts = self.see.call("GET", f"/api/accounts?q={self._company()}")["items"]
        query = f"account_id={made['account_id']}"
        counts = [len(self.see.call("GET", f"/api/{what}?{query}")["items"]) for what in ("contacts", "opportunities")]
        if [account["id"] for account in accounts] != [made["account_id"]] or counts != [1, 1]:
            broken.append(f"{len(accounts)} accounts with {counts} contacts and deals")
        return broken

    def _company(self) -> str:
        return f"Works-{self.number}-of-points"

    def _convert(self, lead: str, key: str = "") -> dict:
        body = {"opportunity": {"name": "A flat", "amount": "100.00"}}
        return self.see.call("POST", f"/api/leads/{lead}/convert", key=key or self.email, fine=KNOWN, json=body)
