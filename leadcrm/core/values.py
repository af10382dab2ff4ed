"""Values people type, in one shape."""

import uuid_utils


def new_id() -> str:
    """A UUIDv7 string: unique, opaque, sorts by its making."""
    return str(uuid_utils.uuid7())
