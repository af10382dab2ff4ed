"""A kill at every system call that writes, of a drain, an inbound mail, a capture, a booking, a conversion (P5).

Each round prepares something fresh, runs the act in a child that is killed at one point, lets the outside repeat what
it got no answer to, lets leases end and one pass run, and asks the three witnesses.
"""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from soak.agreements import Book, Convert
from soak.places import Place
from soak.rounds import Capture, Drain, Inbound, Round, Witnesses
from soak.stage import NotTraceable, Say, Stage, strace_objection
from soak.verdicts import Verdict, measured, verdict_on

SHORTEST_SECONDS = 0.35  # of a round, to plan with before any was run


ROUNDS = (Inbound, Capture, Book, Convert, Drain)  # the longest last: it has what time the others left


@dataclass
class Tally:
    """Of one kind of round: how many points there are, how many were tried, what broke where."""

    calls: Counter
    tried: int = 0
    broken: list[str] = field(default_factory=list)


def attack(place: Place, seconds: float) -> list[Verdict]:
    """All points, or evenly spread ones when time is short."""
    with place.office(REDIS_URL="unix:///nonexistent/soak.sock") as office:
        office.start_sink()
        stage = Stage(office)
        witnesses = Witnesses(office, stage)
        objection = strace_objection()
        verdicts, until = [], time.monotonic() + seconds
        for left, kind in zip(range(len(ROUNDS), 0, -1), ROUNDS, strict=True):
            name = f"P5 killed in one {kind.name}"
            try:
                if objection:
                    raise NotTraceable(objection)
                tally = kill_at_calls(stage, witnesses, kind, (until - time.monotonic()) / left)
            except NotTraceable as error:
                verdicts.append(Verdict(name, place.name, f"not at system calls: {error}", None))
                tally = kill_at_statements(stage, witnesses, kind)
            calls = ", ".join(f"{n} {call}" for call, n in tally.calls.items())
            figure = f"{tally.tried} of {tally.calls.total()} points ({calls})"
            verdict = verdict_on(name, place.name, tally.broken, figure)
            verdicts.append(measured(verdict, tally.tried, tally.calls.total(), "points"))
        return verdicts


def kill_at_calls(stage: Stage, witnesses: Witnesses, kind: type[Round], seconds: float) -> Tally:
    """Count the calls of one undisturbed round, then kill at each. Raises NotTraceable."""
    rounds = _numbered(stage, witnesses, kind)
    first = next(rounds)
    _prepared(stage, first)
    tally = Tally(stage.count_calls(first.act, witnesses.office.folder / "calls.trace"))
    points = [(call, n) for call, count in tally.calls.items() for n in range(1, count + 1)]
    until, stride = time.monotonic() + seconds, max(1, round(len(points) * SHORTEST_SECONDS / seconds))
    for call, n in points[::stride]:
        if time.monotonic() > until:
            break
        one = next(rounds)
        said = _prepared(stage, one)
        ending = stage.run_killed_at_call(one.act, call, n)
        tally.broken += [f"{call} {n}: {what}" for what in _judged(stage, one, said + ending.said)]
        tally.tried += 1
    return tally


def kill_at_statements(stage: Stage, witnesses: Witnesses, kind: type[Round], most: int | None = None) -> Tally:
    """Kill at every statement, commit and network write, or at that many of them, evenly spread."""
    rounds = _numbered(stage, witnesses, kind)
    first = next(rounds)
    _prepared(stage, first)
    count = stage.count_points(first.act)
    tally = Tally(Counter({"statements and sends": count}))
    for point in range(1, count + 1, max(1, count // most) if most else 1):
        one = next(rounds)
        said = _prepared(stage, one)
        ending = stage.run(one.act, kill_at_point=point)
        tally.broken += [f"point {point}: {what}" for what in _judged(stage, one, said + ending.said)]
        tally.tried += ending.killed
    return tally


def _numbered(stage: Stage, witnesses: Witnesses, kind: type[Round]) -> Iterator[Round]:
    """Round after round; the first one is for warming up."""
    stage.warm(lambda say: _whole(kind(witnesses, 0), say))
    number = 0
    while True:
        number += 1
        yield kind(witnesses, number)


def _whole(one: Round, say: Say) -> None:
    said: list = []
    one.prepare(said.append)
    one.act(said.append)
    broken = one.judge(said)
    if broken:
        raise RuntimeError(f"one {one.name} breaks without any kill: {broken}")


def _prepared(stage: Stage, one: Round) -> list:
    return stage.run(one.prepare).said


def _judged(stage: Stage, one: Round, said: list) -> list[str]:
    return stage.run(lambda say: say(one.judge(said))).said[0]
