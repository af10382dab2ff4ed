"""Doors from outside: the mail webhook, the unsubscribe link, and the files of messages."""

import hmac

from flask import Blueprint, abort, current_app, make_response, render_template, request, send_file
from flask_login import current_user
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Response

from leadcrm.conversations import intake, storage, thread_queries, unsubscribing
from leadcrm.conversations.incoming_mail import LARGEST_MAIL, NoSender, read_head
from leadcrm.core import tenancy
from leadcrm.core.db import perform
from leadcrm.core.errors import NotFound
from leadcrm.core.security import csrf_exempt
from leadcrm.core.web import public

blueprint = Blueprint("inbound", __name__)

SIGNATURE = "X-LeadCRM-Signature"
FILE_CSP = "default-src 'none'; frame-ancestors 'none'; sandbox"


@blueprint.post("/webhook/email")
@public
@csrf_exempt
def email():
    """One raw mail, signed over its bytes. 200 once it is kept or was known, 422 when it is nobody's."""
    body = _signed_body()
    try:
        head = read_head(body)
    except NoSender as error:
        return _refusal("no_sender", str(error))
    organization_id = intake.organization_of(head)
    if organization_id is None:
        return _refusal("no_recipient", "This mail is for none of our organizations.")
    with tenancy.organization(organization_id):
        is_new = perform(intake.store, "email", head.message_id, body)
    return {"status": "accepted" if is_new else "known"}


@blueprint.route("/u/<token>", methods=["GET", "POST"])
@public
@csrf_exempt
def unsubscribe(token: str):
    """GET asks, POST does, also as a mail program's one click (RFC 8058); `again=1` takes it back."""
    subscription = unsubscribing.subscription_of(token)
    if subscription is None:
        raise NotFound("This link is not valid. Reply to the mail instead, and we will stop.")
    with tenancy.organization(subscription.organization_id):
        if request.method == "POST":
            verb = unsubscribing.subscribe if request.form.get("again") else unsubscribing.unsubscribe
            perform(verb, subscription)
        page = render_template("public/unsubscribe.html", **unsubscribing.words(subscription))
    response = make_response(page)
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/attachments/<attachment_id>")
def attachment(attachment_id: str) -> Response:
    """A message's file, only ever as a download, for those who may see the lead; a draft's for who writes it."""
    row = thread_queries.attachment(current_user, attachment_id)
    path = storage.path_of(row.stored_as)
    if not path.is_file():
        raise NotFound("This file is no longer kept.")
    response = send_file(path, mimetype="application/octet-stream", as_attachment=True, download_name=row.filename)
    response.headers["Content-Security-Policy"] = FILE_CSP
    return response


def _refusal(code: str, message: str):
    return {"error": {"code": code, "message": message}}, 422


def _signed_body() -> bytes:
    """The request's bytes, proven to come from whoever knows the secret before anything in them is read."""
    secret = current_app.settings.email_webhook_secret
    if not secret:
        abort(403, "This webhook is closed: EMAIL_WEBHOOK_SECRET is not set.")
    if (request.content_length or 0) > LARGEST_MAIL:
        raise RequestEntityTooLarge
    body = request.get_data(cache=False)
    if len(body) > LARGEST_MAIL:
        raise RequestEntityTooLarge
    expected = "sha256=" + hmac.new(secret.encode(), body, "sha256").hexdigest()
    if not hmac.compare_digest(expected.encode(), request.headers.get(SIGNATURE, "").encode()):
        abort(403, "The signature does not fit the body.")
    return body
