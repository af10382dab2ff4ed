"""The HTML edge: fragments, pages, times. Our thin layer over htmx-flask; docs/htmx4.md tells htmx's traps."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import cached_property, lru_cache, partial
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from flask import Flask, abort, current_app, g, redirect, render_template, request, url_for
from flask_login import current_user
from htmx_flask import Htmx
from markupsafe import Markup, escape
from werkzeug.wrappers import Response

from leadcrm.core import clock, money, static_files
from leadcrm.core.errors import DomainError

REMEMBERED_PARTS = 1024  # of pages; the sidebar is the largest, with some 5 KB
ICONS = "vendor/lucide-static-1.62.0/icons.svg"
_ICON = Markup('<svg class="glyph %s" aria-hidden="true" focusable="false"><use href="%s#%s"></use></svg>')


def public(view):
    """Mark a view that needs no sign-in; every other endpoint needs one (identity.guard)."""
    view.is_public = True
    return view


def is_partial() -> bool:
    """Whether htmx asks for a fragment: not a full page, not a boosted link, not a history restore."""
    return bool(request.headers.get("HX-Request")) and not (
        request.headers.get("HX-Boosted") or request.headers.get("HX-History-Restore-Request")
    )


def target_id() -> str:
    """The id of the element htmx will swap (htmx 4 sends `div#id`)."""
    return request.headers.get("HX-Target", "").rpartition("#")[2]


def render(page: str, fragment: str, *, status: int = 200, **context: Any) -> Response:
    """The fragment for htmx, the page that includes it for everyone else."""
    template = fragment if is_partial() else page
    return current_app.make_response((render_template(template, **context), status))


def fragment(
    template: str,
    *,
    status: int = 200,
    toast: str | None = None,
    undo: str | None = None,
    undo_values: Mapping[str, str] | None = None,
    **context: Any,
):
    """One fragment; with a toast (and the address its Undo posts to, and what) as an out-of-band part."""
    html = render_template(template, **context)
    if toast:
        html += toast_partial(toast, undo=undo, undo_values=undo_values)
    return current_app.make_response((html, status))


def toast_partial(
    text: str, *, undo: str | None = None, undo_values: Mapping[str, str] | None = None, tone: str = "info"
) -> str:
    """An `<hx-partial>` that adds a toast, applied whatever the status."""
    return render_template("layout/_toast.swap.html", text=text, undo=undo, undo_values=undo_values, tone=tone)


@lru_cache(maxsize=REMEMBERED_PARTS, typed=True)  # typed: a text and the same text as Markup are equal
def remembered(template: str, macro: str, *arguments: Any) -> Markup:
    """What a macro gives for these arguments, written once. It may depend on nothing else: no time, no current_user."""
    return getattr(current_app.jinja_env.get_template(template).module, macro)(*arguments)


def go(url: str) -> Response:
    """Send the browser to a page: HX-Redirect for htmx, 303 for a plain form."""
    if is_partial():
        response = current_app.make_response("")
        response.headers["HX-Redirect"] = url
        return response
    return redirect(url, 303)


def add_errors(form: Any, error: DomainError) -> None:
    """Put a verb's refusal beside the field it names, else above the form (`form.form_errors`)."""
    field = getattr(form, error.field or "", None)
    if field is not None and hasattr(field, "errors"):
        field.errors = [*field.errors, error.message]
    else:
        form.form_errors.append(error.message)


def local_path(target: str | None, default: str = "/") -> str:
    """`target` when it is a path of ours, else `default`: no redirect leaves the house."""
    if not target or "\\" in target or not target.isprintable():  # browsers drop some blanks, and turn backslashes
        return default
    if not target.startswith("/") or target.startswith("//"):
        return default
    parts = urlsplit(target)
    return default if parts.scheme or parts.netloc else target


def user_zone() -> ZoneInfo:
    """The zone times are shown in: the person's, else the organization's."""
    if "zone" not in g:
        name = None
        if current_user and current_user.is_authenticated:
            name = current_user.timezone or current_user.organization.timezone
        g.zone = ZoneInfo(name or "UTC")
    return g.zone


def user_locale() -> str:
    if current_user and current_user.is_authenticated:
        return (current_user.locale or current_user.organization.locale).replace("-", "_")
    return "en"


@dataclass(frozen=True)
class TimeWriter:
    """How one reader has moments written; dates of `year` go without it."""

    zone: ZoneInfo
    locale: str
    year: int

    def moment(self, moment: datetime) -> str:
        """Date and time: `Wed, 25 Nov, 14:00`."""
        local = moment.astimezone(self.zone)
        day = _day_words(local.date(), "EEE, d MMM" if local.year == self.year else "d MMM y", self.locale)
        return f"{day}, {_clock_words(local.hour, local.minute, self.locale)}"

    def clock(self, moment: datetime) -> str:
        """The time of day."""
        local = moment.astimezone(self.zone)
        return _clock_words(local.hour, local.minute, self.locale)

    def tag(self, moment: datetime, style: str, words: str) -> Markup:
        """`<time>` that says `words`, which a script keeps fresh in that style (see TimeTeller.tag)."""
        # escaped by hand: a list shows a hundred of these, and % on Markup costs five times as much
        return Markup(  # noqa: S704
            f'<time datetime="{moment.isoformat(timespec="seconds")}" title="{escape(self.moment(moment))}"'
            f' data-style="{style}">{escape(words)}</time>'
        )


@dataclass(frozen=True)
class TimeTeller:
    """Words for moments in one reader's zone and locale. A list makes one for all its rows."""

    zone: ZoneInfo
    locale: str
    now: datetime

    @cached_property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    @cached_property
    def writer(self) -> TimeWriter:
        return TimeWriter(self.zone, self.locale, self.today.year)

    def ago(self, moment: datetime) -> str:
        """`now`, `12 min`, `3 h`, `Yesterday`, `4 d`, then the date."""
        minutes = int((self.now - moment).total_seconds() // 60)
        if minutes < 0:
            return self.moment(moment)
        if minutes < 1:
            return "now"
        if minutes < 60:
            return f"{minutes} min"
        day = moment.astimezone(self.zone).date()
        days = (self.today - day).days
        if days == 0 or minutes < 240:
            return f"{minutes // 60} h"
        if days == 1:
            return "Yesterday"
        return f"{days} d" if days < 7 else _day_words(day, "d MMM y", self.locale)

    def moment(self, moment: datetime) -> str:
        """Date and time: `Wed, 25 Nov, 14:00`."""
        return self.writer.moment(moment)

    def clock(self, moment: datetime) -> str:
        """The time of day."""
        return self.writer.clock(moment)

    def tag(self, moment: datetime, style: str = "ago") -> Markup:
        """`<time>` that a script keeps fresh: `ago`, `moment` or `clock`."""
        return self.writer.tag(moment, style, getattr(self, style)(moment))


@lru_cache(maxsize=4096)
def _day_words(day: date, pattern: str, locale: str) -> str:
    return format_date(day, pattern, locale=locale)


@lru_cache(maxsize=4096)
def _clock_words(hour: int, minute: int, locale: str) -> str:
    return format_time(time(hour, minute), "short", locale=locale).replace("\u202f", " ")


def time_teller() -> TimeTeller:
    """For the person who reads this page, as of now."""
    return TimeTeller(user_zone(), user_locale(), clock.now())


def ago(moment: datetime) -> str:
    """`now`, `12 min`, `3 h`, `Yesterday`, `4 d`, then the date."""
    return time_teller().ago(moment)


def moment_text(moment: datetime) -> str:
    """Date and time in the reader's zone and locale: `Wed, 25 Nov, 14:00`."""
    return time_teller().moment(moment)


def clock_text(moment: datetime) -> str:
    """The time of day in the reader's zone and locale."""
    return time_teller().clock(moment)


def day_text(day: date) -> str:
    """A day in the reader's locale: `25 Nov 2026`."""
    return _day_words(day, "d MMM y", user_locale())


def money_text(amount: Decimal) -> str:
    """An amount in the organization's currency, as the reader writes it: `$12,500`."""
    return money.with_currency(amount, current_user.organization.currency, user_locale())


def brief_money_text(amount: Decimal) -> str:
    """The same in a few letters: `$1.5M`."""
    return money.briefly(amount, current_user.organization.currency, user_locale())


def time_tag(moment: datetime, style: str = "ago") -> Markup:
    """`<time>` that a script keeps fresh: `ago`, `moment` or `clock`."""
    return time_teller().tag(moment, style)


def init_app(app: Flask) -> None:
    static_files.init_app(app)
    sprite = app.jinja_env.globals["asset"](ICONS)
    app.jinja_env.globals["glyph"] = lru_cache(maxsize=1024)(partial(_glyph, sprite))
    app.before_request(_refuse_nul_in_address)
    Htmx(app)  # replaces app.request_class by its own subclass of Flask's
    app.jinja_env.filters.update(
        ago=ago, moment=moment_text, clock=clock_text, day=day_text, money=money_text, brief_money=brief_money_text
    )
    app.jinja_env.globals.update(
        remembered=remembered, time_tag=time_tag, time_teller=time_teller, is_partial=is_partial
    )
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def _refuse_nul_in_address() -> None:
    """No address of ours holds a NUL, and PostgreSQL cannot even be asked for one."""
    if "\x00" in request.path:
        abort(404)


def _glyph(sprite: str, name: str, css_class: str = "") -> Markup:
    """One icon of the sprite. A page shows dozens, so each is written once (a macro took a fifth of the shell)."""
    return _ICON % (css_class, sprite, name)


def home_url() -> str:
    """Where a signed-in person starts."""
    return url_for("leads.index")
