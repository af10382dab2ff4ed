"""Back-up and restore of a whole installation: database and uploads, never key material.

A backup is one file (`archive`), made beside a running installation. `check` restores it into a scratch place and looks
at everything. `restore` puts it in the place of an installation whose worker is stopped; what must not happen before
people have looked at it is said by the statements it is given, which take effect together with the data.
"""

from leadcrm.core.backup.archive import Damaged, Manifest
from leadcrm.core.backup.checking import Check
from leadcrm.core.backup.making import make
from leadcrm.core.backup.postgresql_store import ProgramMissing
from leadcrm.core.backup.restoring import Occupied, check, restore

__all__ = ["Check", "Damaged", "Manifest", "Occupied", "ProgramMissing", "check", "make", "restore"]
