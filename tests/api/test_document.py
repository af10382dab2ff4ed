"""The OpenAPI document is true: valid, whole, and nothing the API answers is missing from it."""

import itertools
import re
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from jsonschema_rs import Draft202012Validator, meta
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks
from sqlalchemy import select

from leadcrm.accounts import operations as accounts
from leadcrm.accounts.data import AccountData, ContactData, OpportunityData
from leadcrm.bookings import operations as bookings
from leadcrm.bookings.queries import next_free
from leadcrm.core import tenancy
from leadcrm.core.db import db, perform
from leadcrm.flows import operations as flows
from leadcrm.flows.models import Flow
from leadcrm.identity import operations as identity
from leadcrm.identity.models import User
from leadcrm.leads import operations as leads
from leadcrm.leads.data import LeadData
from leadcrm.tasks import operations as tasks

TRUE_ANSWERS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]
CALLS_PER_ENDPOINT = 20


@pytest.fixture
def document(anyone) -> dict:
    return anyone.get("/openapi.json").json


def test_every_route_is_in_the_document_and_no_other(app, document):
    routes = {
        (re.sub(r"<\w+:(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and rule.endpoint != "openapi"
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert routes == {(path, method) for path, method, _ in _operations(document)}


def test_the_document_is_openapi_with_valid_schemas_and_no_dead_reference(document):
    assert document["openapi"].startswith("3.1")
    for schema in document["components"]["schemas"].values():
        assert meta.is_valid(schema)
        Draft202012Validator({**schema, "components": document["components"]})
    for reference in _references(document):
        target = document
        for step in reference.removeprefix("#/").split("/"):
            target = target[step]


def _operations(document: dict) -> Iterator[tuple[str, str, dict]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield path, method, operation


def _references(part) -> list[str]:
    if isinstance(part, dict):
        own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
        return own + [reference for value in part.values() for reference in _references(value)]
    if isinstance(part, list):
        return [reference for value in part for reference in _references(value)]
    return []


def test_each_operation_says_who_may_call_and_what_may_go_wrong(document):
    for path, method, operation in _operations(document):
        where = (method, path)
        assert operation["summary"], where
        assert operation["security"], where
        assert {"400", "401", "403", "422", "429", "500"} <= set(operation["responses"]), where
        assert any(status.startswith("2") for status in operation["responses"]), where
        if method == "post":
            assert "Idempotency-Key" in {parameter.get("name") for parameter in operation["parameters"]}, where
            assert "example" in operation["requestBody"]["content"]["application/json"], where


def test_examples_are_what_they_exemplify(document):
    for _, _, operation in _operations(document):
        for body in operation.get("requestBody", {}).get("content", {}).values():
            schema = {**body["schema"], "components": document["components"]}
            assert Draft202012Validator(schema).is_valid(body["example"])


@pytest.mark.timeout(240)
def test_no_generated_call_finds_a_server_error_or_an_undocumented_answer(app, document, ada, rita, cast, acme):
    houses = [_furnished(cast.ada, cast.rosa)]
    with tenancy.organization(cast.rival.id):
        person = {"email": "rio@rival.test", "name": "Rio", "role": "rep", "realtor": True}
        rio = perform(identity.create_user, organization_id=cast.rival.id, **person)
        houses.append(_furnished(cast.rita, rio))
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", app)
    for operation in schema.get_all_operations():
        answers = _call_often(operation.ok(), [ada.token, rita.token], houses)
        # what a POST makes needs words that nobody generates; every other one finds the row that it names
        assert operation.ok().method == "post" or min(answers) < 300, (operation.ok().label, answers)


def _furnished(by: User, realtor: User) -> dict[str, str]:
    """One row of each kind that a path, a query or a body can name, and a time that is free."""
    perform(flows.ensure_default_flow)
    lead = perform(leads.create_lead, LeadData(first_name="Jo", email="jo@example.com"), by=by)
    account = perform(accounts.create_account, AccountData(name="Jo's"))
    contact = perform(accounts.add_contact, account, ContactData(first_name="Jo"))
    deal = perform(accounts.create_opportunity, account, OpportunityData(name="Flats"))
    task = perform(tasks.create_task, lead, title="Call")
    first, *_, last = next_free(realtor)
    booking, _ = perform(bookings.book, lead, realtor, first.start)
    return {
        "lead_id": lead.id,
        "account_id": account.id,
        "contact_id": contact.id,
        "opportunity_id": deal.id,
        "task_id": task.id,
        "booking_id": booking.id,
        "flow_id": db.session.scalars(select(Flow.id).order_by(Flow.id).limit(1)).one(),
        "owner_id": by.id,
        "assignee_id": by.id,
        "realtor_id": realtor.realtor_id,
        "start": last.start.isoformat(),
        "date": f"{last.start:%Y-%m-%d}",
    }


def _call_often(operation, tokens: list[str], houses: list[dict[str, str]]) -> list[int]:
    """Generated calls; every other one about rows that exist, of one organization and the other by turns, every third
    with Rival's token. Returns what was answered.
    """
    turns, answers = itertools.count(), []

    @given(case=operation.as_strategy())
    @settings(
        max_examples=CALLS_PER_ENDPOINT,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def call(case) -> None:
        turn = next(turns)
        if turn % 2:
            ids = houses[turn // 2 % 3 == 2]
            for part in (case.path_parameters, case.query, case.body):
                if isinstance(part, dict):
                    part.update({name: ids[name] for name in part if name in ids})
        response = case.call(headers={"Authorization": f"Bearer {tokens[turn % 3 == 2]}"})
        case.validate_response(response, checks=TRUE_ANSWERS)
        answers.append(response.status_code)

    call()
    return answers
