"""What the teams of the demo offices have to do for their leads."""

from dataclasses import dataclass

from leadcrm.demo.threads import When


@dataclass(frozen=True)
class Errand:
    """A task: who gave it to whom and when; due so many minutes after the demo's now, before it when negative."""

    lead: str
    when: When
    giver: str  # first names in lower case
    doer: str
    title: str
    due: int
    kind: str = "call"
    priority: str = "medium"
    note: str = ""
    is_done: bool = False


ACME = (
    Errand("amara", (2, "16:10"), "ada", "ada", "Send Amara the photographer’s dates", -180, "email", "high"),
    Errand("amara", (1, "11:30"), "ada", "ada", "Meet Amara at the brownstone", 1_560, "meeting",
           note="Bring the listing agreement and the key box."),
    Errand("jackson", (1, "14:20"), "max", "ada", "Check the lake house’s flood insurance", 95, "other"),
    Errand("grace", (1, "10:05"), "ada", "ben", "Call Grace about the board interview", 120, "call", "high"),
    Errand("oliver", (1, "09:40"), "ben", "ben", "Send Oliver the floor plan of the mews house", 240, "email"),
    Errand("harper", (4, "11:00"), "ada", "ben", "Ask Harper how the second viewing went", -2_900, is_done=True),
    Errand("naledi", (1, "15:15"), "rosa", "rosa", "Ask about the second parking bay", -45, "call", "high"),
    Errand("tiago", (1, "12:00"), "rosa", "rosa", "Look for another town house in Alfama", 7_200, "other", "low"),
)  # fmt: skip
RIVAL = (Errand("alice", (1, "10:30"), "rita", "rita", "Call Alice about the cottage’s survey", 150, "call", "high"),)
