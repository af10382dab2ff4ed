"""Mail as bytes: `build` for what leaves, `parse` for what comes in."""

from leadcrm.adapters.mime.outgoing import build

__all__ = ["build"]
