"""The limit: bare Flask, Jinja and SQLAlchemy answering with the same rows from the same indexed queries.

No sign-in, no tenancy, no forms, no events: what is left when everything a product adds is taken away.
"""

import json
import os

from flask import Flask, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from leadcrm import create_app
from leadcrm.core import tenancy
from leadcrm.core.db import db, writing
from leadcrm.core.models import EventRow
from leadcrm.leads.models import ContactPoint, Lead
from leadcrm.leads.search import matching

SEARCHED = "son"  # in many names of the demo
LIST = """<!doctype html><title>Leads</title><table>{% for lead in leads %}<tr id="lead-{{ lead.id }}">
<td><a href="/leads/{{ lead.id }}">{{ lead.name }}</a></td><td>{{ lead.interest }}</td><td>{{ lead.status }}</td>
<td>{{ lead.score }}</td><td>{{ lead.source }}</td><td>{{ lead.owner.name if lead.owner }}</td>
<td>{{ lead.last_activity_at }}</td></tr>{% endfor %}</table>"""
DETAIL = """<!doctype html><title>{{ lead.name }}</title><h1>{{ lead.name }}</h1><dl>
{% for point in lead.contact_points %}<dt>{{ point.kind }}</dt><dd>{{ point.value }}</dd>{% endfor %}</dl>
<ol>{% for fact in facts %}<li>{{ fact.name }} {{ fact.at }}</li>{% endfor %}</ol>"""
PAGE = 50


def create() -> Flask:
    """Routes with the product's queries on the product's database, for the organization named in BENCH_ORGANIZATION."""
    organization_id = os.environ["BENCH_ORGANIZATION"]
    product = create_app(pages=False)
    listed = (
        select(Lead)
        .where(Lead.organization_id == organization_id, Lead.archived_at.is_(None))
        .options(joinedload(Lead.owner))
        .limit(PAGE)
    )
    with product.app_context():
        engine = db.engine
        found, newest = matching(listed, SEARCHED)
        searched = found.order_by(newest.desc())

    app = Flask("bare")
    list_page, detail_page = app.jinja_env.from_string(LIST), app.jinja_env.from_string(DETAIL)

    @app.get("/leads")
    def leads():
        statement = searched if "q" in request.args else listed.order_by(Lead.last_activity_at.desc(), Lead.id.desc())
        if status := request.args.get("status"):
            statement = statement.where(Lead.status == status)
        with tenancy.everyone(), Session(engine) as session:
            return render_template(list_page, leads=session.scalars(statement).all())

    @app.get("/leads/<lead_id>")
    def lead(lead_id: str):
        with tenancy.everyone(), Session(engine) as session:
            one = (
                select(Lead)
                .where(Lead.id == lead_id)
                .options(joinedload(Lead.owner), selectinload(Lead.contact_points))
            )
            facts = select(EventRow).where(EventRow.lead_id == lead_id).order_by(EventRow.id.desc()).limit(PAGE)
            return render_template(detail_page, lead=session.scalars(one).one(), facts=session.scalars(facts).all())

    @app.post("/api/leads")
    def capture():
        said = json.loads(request.get_data())
        points = [ContactPoint(kind=kind, value=said[kind]) for kind in ("email", "phone")]
        with product.app_context(), tenancy.organization(organization_id), writing() as session:
            one = Lead(first_name=said["first_name"], name=said["first_name"], timezone="UTC", contact_points=points)
            session.add(one)
        return {"id": one.id}, 201

    return app
