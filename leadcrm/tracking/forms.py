"""What people type about tracking."""

from collections.abc import Callable, Sequence
from typing import Any

from wtforms import BooleanField, TextAreaField
from wtforms.validators import Length, ValidationError

from leadcrm.core.forms import Form
from leadcrm.tracking.models import TrackedSite
from leadcrm.tracking.sites import origin_of

MOST_LINES = 20
LONGEST_LINE = 200


class MailTrackingForm(Form):
    """What is noted of mails."""

    follows_clicks = BooleanField("Note clicks on links")
    follows_opens = BooleanField("Note opens")
    follows_letters = BooleanField("Also in messages a person wrote")


class SiteForm(Form):
    """The organization's site, and which of its pages mean more than others."""

    is_on = BooleanField("Note visits to your site")
    origins = TextAreaField("Your site", [Length(max=4000)])
    pricing_paths = TextAreaField("Pricing pages", [Length(max=4000)])
    demo_paths = TextAreaField("Demo request pages", [Length(max=4000)])

    @classmethod
    def of(cls, site: TrackedSite) -> "SiteForm":
        """The form filled with what is known."""
        lists = {name: "\n".join(getattr(site, name)) for name in ("origins", "pricing_paths", "demo_paths")}
        return cls(is_on=site.is_on, **lists)

    def validate_origins(self, field: TextAreaField) -> None:
        _each_line(field.data, _is_origin, "is not the address of a site. Type it like https://www.example.com.")
        if self.is_on.data and not _lines(field.data):
            raise ValidationError("Type the address of your site, like https://www.example.com.")

    def validate_pricing_paths(self, field: TextAreaField) -> None:
        _each_line(field.data, _is_path, "is not a path. Begin it with a slash, like /pricing*.")

    validate_demo_paths = validate_pricing_paths

    def values(self) -> dict[str, Any]:
        """The columns of the site, each line once."""
        return {
            "is_on": self.is_on.data,
            "origins": list(dict.fromkeys(filter(None, map(origin_of, _lines(self.origins.data))))),
            "pricing_paths": _lines(self.pricing_paths.data),
            "demo_paths": _lines(self.demo_paths.data),
        }


def _lines(text: str | None) -> list[str]:
    return list(dict.fromkeys(line.strip() for line in (text or "").splitlines() if line.strip()))


def _each_line(text: str | None, is_right: Callable[[str], bool], complaint: str) -> None:
    lines: Sequence[str] = _lines(text)
    if len(lines) > MOST_LINES:
        raise ValidationError(f"At most {MOST_LINES} lines.")
    for line in lines:
        if len(line) > LONGEST_LINE or not is_right(line):
            raise ValidationError(f"“{line[:60]}” {complaint}")


def _is_origin(line: str) -> bool:
    return origin_of(line) is not None


def _is_path(line: str) -> bool:
    return line.startswith("/") and "*" not in line[:-1] and not any(c in line for c in "?# ")
