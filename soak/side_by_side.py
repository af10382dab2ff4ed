"""Several workers on one database (P8), and twins of one request at the same moment (P10)."""

import os
import signal
import threading
from collections import Counter

from soak.backlog import pile_up
from soak.kills import wait_until_settled
from soak.places import Office, Place
from soak.verdicts import Verdict, measured, verdict_on
from tests.installation import Api

WORKERS = 3
WANTED_DUE = 1_000  # of P8
TWINS = 20
CAPTURES_AT_ONCE = 4
LEADS = 50
SETTLING_SECONDS = 240


def attack(place: Place, due: int) -> list[Verdict]:
    """So many messages are due at the same moment while that many workers run."""
    with place.office() as office:
        office.start_all()
        return work_side_by_side(office, place, due)


def work_side_by_side(office: Office, place: Place, due: int) -> list[Verdict]:
    """The same in an office with web and a worker, which is ended."""
    for number in range(2, WORKERS + 1):
        office.start(f"worker {number}", "worker.py")
    leads = capture_many(office, LEADS)
    subjects = [f"Side by side {n}" for n in range(due // LEADS)]
    pile_up(office, leads, subjects)
    wait_until_settled(office, SETTLING_SECONDS)
    arrived = Counter((mail["rcpt"], mail["subject"]) for mail in office.mails() if mail["rcpt"] in leads)
    wrong = [
        f"{key} arrived {arrived[key]} times"
        for key in ((email, subject) for email in leads for subject in subjects)
        if arrived[key] != 1
    ]
    greetings = Counter(mail["rcpt"] for mail in office.mails() if mail["subject"] not in subjects)
    wrong += [f"{email} was greeted {greetings[email]} times" for email in leads if greetings[email] != 1]
    figure = f"{WORKERS} workers, {due} due at once, {LEADS} greetings; {arrived.total()} mails in the sink's log"
    return [
        measured(verdict_on("P8 many workers, one effect", place.name, wrong, figure), due, WANTED_DUE, "due"),
        verdict_on("P15 nothing left running", place.name, office.end_all(), "5 s after SIGTERM"),
    ]


def capture_many(office: Office, count: int) -> dict[str, str]:
    """E-mail → lead id."""
    leads: dict[str, str] = {}

    def capture(first: int) -> None:
        api = office.open_api()
        for n in range(first, count, CAPTURES_AT_ONCE):
            email = f"side-{n}@soak.test"
            leads[email] = api.post("/api/leads", key=email, first_name="Sid", email=email).json()["id"]

    _all_at_once([threading.Thread(target=capture, args=(first,)) for first in range(CAPTURES_AT_ONCE)])
    return leads


def ask_as_twins(place: Place, rounds: int) -> list[Verdict]:
    """P10: the same key from many at once, and again after the web has been killed and started."""
    with place.office() as office:
        office.start_web()
        return answer_twins(office, place, rounds)


def answer_twins(office: Office, place: Place, rounds: int) -> list[Verdict]:
    """The same in an office whose web runs."""
    wrong, bodies = [], {}
    for n in range(rounds):
        answers = _twins(office, n)
        if len(set(answers)) != 1 or answers[0][0] != 201:
            wrong.append(f"round {n}: {Counter(status for status, _ in answers)}")
        bodies[n] = answers[0]
    os.killpg(office.processes.pop("web").pid, signal.SIGKILL)
    office.start_web()
    wrong += [f"replay {n} differs" for n, body in bodies.items() if _ask(office, n) != body]
    leads = office.open_api().all("/api/leads", q="twin-")
    if len(leads) != rounds:
        wrong.append(f"{len(leads)} leads of {rounds} keys")
    return [verdict_on("P10 same key, same answer", place.name, wrong, f"{rounds} × {TWINS} twins, then replayed")]


def _twins(office: Office, n: int) -> list[tuple[int, bytes]]:
    barrier, answers = threading.Barrier(TWINS), []

    def ask() -> None:
        barrier.wait(20)
        answers.append(_ask(office, n))

    _all_at_once([threading.Thread(target=ask) for _ in range(TWINS)])
    return answers


def _ask(office: Office, n: int) -> tuple[int, bytes]:
    email = f"twin-{n}@soak.test"
    answer = Api(office.url, office.token).post("/api/leads", key=email, first_name="Twin", email=email)
    return answer.status_code, answer.content


def _all_at_once(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
