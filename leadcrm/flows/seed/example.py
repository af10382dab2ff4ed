"""What an example of a flow consists of."""

from dataclasses import dataclass
from datetime import time as WallTime

from leadcrm.core.values import new_id
from leadcrm.flows.document import FlowDocument, StepDocument


@dataclass(frozen=True)
class Step:
    """A step as it is written down; `time` is the lead's wall clock, None sends it immediately."""

    type: str
    name: str
    day: int
    time: WallTime | None
    content: str
    subject: str = ""
    greets: bool = False


@dataclass(frozen=True)
class Example:
    """A flow to start from, under a key that stays."""

    key: str
    name: str
    trigger: str
    purpose: str
    steps: tuple[Step, ...]

    def document(self) -> FlowDocument:
        """The example as a flow of its own: its steps have new ids each time."""
        steps = (
            StepDocument(
                id=new_id(),
                type=step.type,
                name=step.name,
                subject=step.subject,
                content=step.content,
                day=step.day,
                time=step.time,
                greets=step.greets,
            ).checked()
            for step in self.steps
        )
        return FlowDocument(self.name, tuple(steps))
