"""The story of the demo offices: who came when, what was said, what the team did; told as if it had happened."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from hashlib import sha256
from zoneinfo import ZoneInfo

from sqlalchemy import select, update

from leadcrm.bookings import operations as bookings
from leadcrm.bookings import queries as free
from leadcrm.bookings.models import Booking
from leadcrm.conversations import operations as conversations
from leadcrm.conversations.models import Conversation
from leadcrm.core import clock, tenancy
from leadcrm.core.db import db, get_or_404, perform
from leadcrm.core.events import acting_as
from leadcrm.core.zones import wall_time
from leadcrm.demo import customers, errands, houses, meetings, people, templates, threads
from leadcrm.demo.customers import Business
from leadcrm.demo.errands import Errand
from leadcrm.demo.houses import Asker
from leadcrm.demo.meetings import Appointment
from leadcrm.demo.stage import Stage, moved_clock, travel_to
from leadcrm.demo.threads import Handled, Looked, Noted, Said, When
from leadcrm.furnishing import furnish
from leadcrm.identity.models import User
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.leads.models import Lead
from leadcrm.notifications.models import Notification
from leadcrm.tasks import operations as tasks
from leadcrm.tracking import operations as tracking

BY_THEMSELVES = ("survey", "website", "advert", "partner")  # sources that need nobody to type
OPENING = timedelta(days=13)
SNOOZED_FOR = timedelta(days=16)
STILL_NEW = timedelta(hours=4)  # older notifications were read
HIGH, MEDIUM = 80, 50  # scores


@dataclass(frozen=True)
class Tale:
    """One office's part of the demo."""

    office: people.Office
    askers: Sequence[Asker]
    lines: Sequence[Said | Noted | Handled | Looked]
    errands: Sequence[Errand]
    business: Business
    appointments: Sequence[Appointment] = ()


TALES = (
    Tale(people.OFFICES[0], houses.ACME, threads.ACME, errands.ACME, customers.ACME, meetings.ACME),
    Tale(people.OFFICES[1], houses.RIVAL, threads.RIVAL, errands.RIVAL, customers.RIVAL),
)


def seed() -> None:
    """Make the demo organizations, in one transaction; nothing when they exist."""
    if people.exists():
        return
    hashes = people.password_hashes()
    with tenancy.everyone(), moved_clock():
        perform(_tell_all, hashes, clock.now())


def _tell_all(hashes: dict[str, str], now: datetime) -> None:
    if people.exists():
        return
    for tale in TALES:
        travel_to(now - OPENING)
        team = people.open_office(tale.office, hashes)
        with tenancy.organization(next(iter(team.values())).organization_id):
            Storyteller(tale, team, now).tell()


class Storyteller:
    """Plays one tale."""

    def __init__(self, tale: Tale, team: dict[str, User], now: datetime):
        self.tale = tale
        self.team = team
        self.now = now
        self.zone = ZoneInfo(tale.office.timezone)
        self.stage = Stage()
        self.leads: dict[str, str] = {}  # key → id

    def tell(self) -> None:
        with self.stage.at(self.now - OPENING, self._actor(next(iter(self.team)))):
            self._open()
        for moment, actor, scene in sorted(self._scenes(), key=lambda scene: scene[0]):
            with self.stage.at(moment, actor):
                scene()
        self.stage.deliver_until(self.now)
        with self.stage.at(self.now):
            self._tidy()

    def _open(self) -> None:
        furnish()
        templates.add()
        for realtor in {it.realtor for it in self.tale.appointments}:
            bookings.set_availability(self.team[realtor], meetings.ROSAS_HOURS)
        if any(isinstance(line, Looked) for line in self.tale.lines):
            tracking.save_site({"is_on": True, "origins": [self._site]})

    @property
    def _site(self) -> str:
        return f"https://www.{self.tale.office.slug}.example"

    def _scenes(self) -> Iterator[tuple[datetime, str, Callable[[], None]]]:
        for asker in self.tale.askers:
            came = self._moment(asker.came)
            by_hand = asker.owner and asker.source not in BY_THEMSELVES
            yield came, self._actor(asker.owner) if by_hand else "system", lambda asker=asker: self._arrive(asker)
            if asker.status:
                decided = came + timedelta(days=1, minutes=20)
                yield decided, self._actor(asker.owner), lambda asker=asker: self._decide(asker)
        for line in self.tale.lines:
            actor = "system" if line.who == "lead" else self._actor(line.who)
            yield self._moment(line.when), actor, lambda line=line: self._play(line)

        for when, who, scene in customers.scenes(self.tale.business, self.team, self.leads):
            yield self._moment(when), self._actor(who), scene
        for errand in self.tale.errands:
            yield self._moment(errand.when), self._actor(errand.giver), lambda errand=errand: self._give(errand)
        for it in self.tale.appointments:
            yield self._moment(it.when), "system", lambda it=it: self._book(it)
            if it.called_off is not None:
                yield self._moment(it.called_off), "system", lambda it=it: self._call_off(it)

    def _moment(self, when: When) -> datetime:
        if isinstance(when, int):
            return self.now - timedelta(minutes=when)
        days, clock_text = when
        day = self.now.astimezone(self.zone).date() - timedelta(days=days)
        return min(wall_time(day, time.fromisoformat(clock_text), self.zone), self.now)

    def _actor(self, name: str) -> str:
        return f"user:{self.team[name].id}"

    def _arrive(self, asker: Asker) -> None:
        owner = self.team.get(asker.owner)
        data = LeadData(
            first_name=asker.first_name,
            last_name=asker.last_name,
            company=asker.company,
            email=asker.email,
            phone=asker.phone,
            timezone=asker.zone,
            interest=asker.interest,
            source=asker.source,
            owner_id=owner.id if owner else "",
            tags=asker.tags,
        )
        if asker.source in BY_THEMSELVES:
            lead, _ = leads.capture_lead(data, realtor=owner if owner and owner.realtor_id else None)
        else:
            lead = leads.create_lead(data, by=owner)
        lead.score = asker.score
        lead.priority = "high" if asker.score >= HIGH else "medium" if asker.score >= MEDIUM else "low"
        self.leads[asker.key] = lead.id

    def _decide(self, asker: Asker) -> None:
        status, _, reason = asker.status.partition(":")
        leads.change_status(self._lead(asker.key), status, reason)

    def _lead(self, key: str) -> Lead:
        return get_or_404(Lead, self.leads[key])

    def _play(self, line: Said | Noted | Handled | Looked) -> None:
        if isinstance(line, Noted):
            leads.add_note(self._lead(line.lead), line.text, self.team[line.who], line.channel)
        elif isinstance(line, Handled):
            self._handle(line)
        elif isinstance(line, Looked):
            browser = sha256(self.leads[line.lead].encode()).hexdigest()[:32]
            tracking.note_visit(browser, f"{self._site}{line.page}", line.kind, self.leads[line.lead])
        elif line.who == "lead":
            self._hear(line)
        else:
            self._say(line)

    def _give(self, errand: Errand) -> None:
        task = tasks.create_task(
            self._lead(errand.lead),
            title=errand.title,
            kind=errand.kind,
            due_at=self.now + timedelta(minutes=errand.due),
            priority=errand.priority,
            assignee_id=self.team[errand.doer].id,
            note=errand.note,
        )
        if errand.is_done:
            tasks.complete_task(task, self.team[errand.doer])

    def _book(self, it: Appointment) -> None:
        realtor, from_then = self.team[it.realtor], clock.now() + timedelta(days=it.days)
        slot = next(slot for slot in free.next_free(realtor) if slot.start >= from_then)
        bookings.book_returning(self._lead(it.lead), realtor, slot.start)

    def _call_off(self, it: Appointment) -> None:
        with acting_as(f"lead:{self.leads[it.lead]}"):
            bookings.cancel(db.session.scalars(select(Booking).where(Booking.lead_id == self.leads[it.lead])).one())

    def _hear(self, line: Said) -> None:
        lead = self._lead(line.lead)
        thread = self._thread(line)
        conversations.receive(
            channel=line.channel,
            sender=_address(lead, line.channel),
            sender_name=lead.name,
            subject=line.subject or (f"Re: {lead.interest}" if line.channel == "email" else ""),
            content=line.text,
            external_id=f"demo:{lead.id}:{line.channel}:{clock.now().isoformat()}",
            received_at=clock.now(),
            reply_token=thread.reply_token if thread else None,
        )

    def _say(self, line: Said) -> None:
        author = self.team[line.who]
        later = None
        if line.leaves_in_days:
            zone = ZoneInfo(self._lead(line.lead).timezone)
            day = self.now.astimezone(zone).date() + timedelta(days=line.leaves_in_days)
            later = wall_time(day, time(10), zone)
        message = conversations.plan_message(
            lead_id=self.leads[line.lead],
            channel=line.channel,
            subject=line.subject,
            content=line.text,
            origin="manual",
            intent_key=f"demo:{self.leads[line.lead]}:{line.channel}:{clock.now().isoformat()}:{later}",
            scheduled_for=later,
            author_id=author.id,
        )
        self.stage.fates[message.id] = line.fate
        leads.note_contact(self.leads[line.lead])
        if (thread := self._thread(line)) is not None:
            conversations.mark_read(thread, author)
            if thread.assignee_id is None:
                conversations.assign_conversation(thread, author.id)

    def _handle(self, line: Handled) -> None:
        thread = self._thread(line)
        match line.deed:
            case "assign":
                conversations.assign_conversation(thread, self.team[line.who].id)
            case "snooze":
                conversations.snooze_conversation(thread, clock.now() + SNOOZED_FOR)
            case "close":
                conversations.close_conversation(thread)

    def _thread(self, line: Said | Handled) -> Conversation | None:
        of_lead = (Conversation.lead_id == self.leads[line.lead], Conversation.channel == line.channel)
        return db.session.scalar(select(Conversation).where(*of_lead).execution_options(populate_existing=True))

    def _tidy(self) -> None:
        """Leave as unread only what is; give threads nobody took to the leads' owners."""
        unread = {self.leads[key] for key in threads.UNREAD if key in self.leads}
        for thread in db.session.scalars(select(Conversation)):
            if thread.lead_id in unread:
                continue
            for user in self.team.values():
                conversations.mark_read(thread, user)
        owner_id = select(Lead.owner_id).where(Lead.id == Conversation.lead_id).scalar_subquery()
        db.session.execute(
            update(Conversation).where(Conversation.assignee_id.is_(None)).values(assignee_id=owner_id),
            execution_options={"synchronize_session": False},
        )
        old = update(Notification).where(Notification.created_at < self.now - STILL_NEW, Notification.read_at.is_(None))
        db.session.execute(
            old.values(read_at=Notification.created_at), execution_options={"synchronize_session": False}
        )


def _address(lead: Lead, channel: str) -> str:
    kind = "email" if channel == "email" else "phone"
    return next(point.value for point in lead.contact_points if point.kind == kind)
