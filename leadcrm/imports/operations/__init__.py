"""The verbs of imports."""

from leadcrm.imports.operations.forgetting import forget_person
from leadcrm.imports.operations.reverting import revert_import
from leadcrm.imports.operations.running import resume_import, start_import, stop_import
from leadcrm.imports.operations.uploading import begin_import, choose_plan, discard_import, map_again, read_otherwise

__all__ = [
    "begin_import",
    "choose_plan",
    "discard_import",
    "forget_person",
    "map_again",
    "read_otherwise",
    "resume_import",
    "revert_import",
    "start_import",
    "stop_import",
]
