"""The limit: bare Flask, Jinja and SQLAlchemy answering with the same rows from the same indexed query.

No sign-in, no tenancy, no forms: what is left when everything a product adds is taken away.
"""

from flask import Flask, render_template, request
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from leadcrm.core import tenancy
from leadcrm.core.models import EventRow
from leadcrm.leads.models import Lead
from leadcrm.leads.search import matching

LIST = """<!doctype html><title>Leads</title><table>{% for lead in leads %}<tr id="lead-{{ lead.id }}">
<td><a href="/leads/{{ lead.id }}">{{ lead.name }}</a></td><td>{{ lead.interest }}</td><td>{{ lead.status }}</td>
<td>{{ lead.score }}</td><td>{{ lead.source }}</td><td>{{ lead.owner.name if lead.owner }}</td>
<td>{{ lead.last_activity_at }}</td></tr>{% endfor %}</table>"""
DETAIL = """<!doctype html><title>{{ lead.name }}</title><h1>{{ lead.name }}</h1><dl>
{% for point in lead.contact_points %}<dt>{{ point.kind }}</dt><dd>{{ point.value }}</dd>{% endfor %}</dl>
<ol>{% for fact in facts %}<li>{{ fact.name }} {{ fact.at }}</li>{% endfor %}</ol>"""
PAGE = 50


def create_bare_app(product: Flask, organization_id: str) -> Flask:
    """Routes with the product's queries; its own engine on the same database."""
    app = Flask("bare")
    list_page, detail_page = app.jinja_env.from_string(LIST), app.jinja_env.from_string(DETAIL)
    with product.app_context():
        from leadcrm.core.db import db

        engine = db.engine
    listed = (
        select(Lead)
        .where(Lead.organization_id == organization_id, Lead.archived_at.is_(None))
        .options(joinedload(Lead.owner))
        .limit(PAGE)
    )

    @app.get("/leads")
    def leads():
        statement = listed.order_by(Lead.last_activity_at.desc(), Lead.id.desc())
        if status := request.args.get("status"):
            statement = statement.where(Lead.status == status)
        if term := request.args.get("q"):
            found, newest = matching(listed, term)
            statement = found.order_by(newest.desc())
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

    return app
