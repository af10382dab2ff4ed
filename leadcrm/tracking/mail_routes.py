"""Doors for what is in our mails: links that lead on, and the picture that tells of an open. Neither ever fails."""

import base64
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Blueprint, Response, make_response, redirect, request
from sqlalchemy.exc import SQLAlchemyError

from leadcrm.core import clock, tenancy
from leadcrm.core.db import perform
from leadcrm.core.errors import NotFound
from leadcrm.core.mail_links import BadLink, MailMark, read_click, read_open
from leadcrm.core.web import public
from leadcrm.tracking import operations, queries
from leadcrm.tracking.genuineness import why_machine
from leadcrm.tracking.passes import make_pass, with_pass
from leadcrm.tracking.sites import origin_of

log = logging.getLogger(__name__)
blueprint = Blueprint("mail_links", __name__)

PIXEL = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")  # one transparent dot


@blueprint.get("/c/<token>")
@public
def follow(token: str) -> Response:
    """Lead on to where the link was meant to go; a click is noted when a person may have made it."""
    try:
        mark, target = read_click(token)
    except BadLink:
        raise NotFound("This link is not valid. Perhaps it was cut off on its way: copy it whole.") from None
    response = redirect(_note_click(mark, target), 302)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@blueprint.get("/o/<picture>")
@public
def opened(picture: str) -> Response:
    """`<token>.gif`: one transparent dot, whatever the token says."""
    try:
        mark = read_open(picture.removesuffix(".gif"))
    except BadLink:
        log.info("a picture was asked for that is in no mail of ours")
    else:
        _note_open(mark)
    response = make_response(PIXEL)
    response.mimetype = "image/gif"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"  # mailboxes in a browser show it
    return response


def _note_click(mark: MailMark, target: str) -> str:
    """Where to lead on. A person comes to the organization's own site with a pass, which says whose visit it is."""
    if why_machine(request.method, request.headers):
        return target
    with _whatever_happens(mark):
        is_noted, homes = queries.before_following(mark.message_id, "click", target)
        if not is_noted:
            perform(operations.note_engagement, mark, "click", target)
        if origin_of(target) in homes:
            return with_pass(target, make_pass(mark.organization_id, mark.lead_id, clock.now()))
    return target


def _note_open(mark: MailMark) -> None:
    if why_machine(request.method, request.headers):
        return
    with _whatever_happens(mark):
        is_noted, _ = queries.before_following(mark.message_id, "open")
        if not is_noted:
            perform(operations.note_engagement, mark, "open")


@contextmanager
def _whatever_happens(mark: MailMark) -> Iterator[None]:
    """A mail outlives its lead, and a busy database must not keep anybody from following a link."""
    try:
        with tenancy.organization(mark.organization_id):
            yield
    except SQLAlchemyError as error:
        log.info("what was done with message %s was not noted: %s", mark.message_id, type(error).__name__)
