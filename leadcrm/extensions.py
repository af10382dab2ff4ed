"""Binds the machinery to an application, in the order it depends on itself."""

from flask import Flask

from leadcrm import tables
from leadcrm.automations import queries as automations
from leadcrm.bookings.queries import leads_with_meetings
from leadcrm.conversations import readiness
from leadcrm.core import clock, compression, db, error_answers, events, jobs, security, web
from leadcrm.flows import queries as flows
from leadcrm.identity import queries as identity
from leadcrm.leads.queries import visible_leads
from leadcrm.reactions import REACTIONS
from leadcrm.timetable import LANES, TIMETABLE


def init_app(app: Flask) -> None:
    clock.move(app.settings.clock_offset_seconds)
    db.init_app(app)
    jobs.init_app(app)
    security.init_app(app)
    web.init_app(app)
    compression.init_app(app)
    error_answers.init_app(app)
    events.subscribe(REACTIONS)
    app.extensions["tables"] = tables.__all__
    app.extensions["lanes"] = LANES
    app.extensions["timetable"] = {job.name: job for job in TIMETABLE}
    app.extensions["names"] = {"flow": flows.names_of, "automation": automations.names_of}
    app.extensions["visible_leads"] = visible_leads
    app.extensions["booked_leads"] = leads_with_meetings
    app.extensions["readiness"] = {**readiness.PROBES, "staff_mails_given_up": identity.letters_given_up}
