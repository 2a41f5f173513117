"""What people do in the audit view is stored before they are answered."""

from __future__ import annotations

import json

import flask
import flask.testing
import pytest

from consentkit.admin import blueprint
from consentkit.admin.events import EVENTS
from consentkit.errors import StoreUnavailable
from consentkit.ledger.events import ACCESS_LOG
from consentkit.ledger.events import Event
from consentkit.ledger.events import Result
from consentkit.ledger.events import What
from consentkit.operations.integrate import integrate
from consentkit.runtime import Runtime
from consentkit.storage.access import AccessEvents
from consentkit.storage.access import EventFilter
from tests.integration.admin.conftest import ADMIN
from tests.integration.admin.conftest import EMAIL
from tests.integration.admin.conftest import PASSWORD

_RECORD = "0199aaaa-0000-7000-8000-0000000000aa"
_VALUES = {
    "record_id": _RECORD,
    "site": "steppe-herald",
    "version": "0" * 16,
    "layer": "1",
    "kind": "privacy",
    "account_id": "0" * 8,
}


def _events(runtime: Runtime) -> list[Event]:
    with runtime.database.unit_of_work(read_only=True) as uow:
        return uow.access.page(EventFilter(), limit=1000)


def _path(rule: str) -> str:
    for name, value in {**_VALUES, "locale": "ru", "account_id": "0" * 8}.items():
        rule = rule.replace(f"<{name}>", value)
    return ADMIN + rule


def _routes() -> list[tuple[str, str, str]]:
    """Return every address that needs an account: method, rule, endpoint."""
    pages = [("GET", rule, endpoint) for rule, endpoint, _, _ in blueprint.PAGES]
    posts = [("POST", rule, endpoint) for rule, endpoint, *_ in blueprint.ACTIONS]
    asks = [("GET", rule, endpoint) for rule, endpoint, _, _, view in blueprint.ACTIONS if view is not None]
    return [*pages, *posts, *asks]


def test_each_route_says_what_it_is() -> None:
    """A route without an event would be a way to look that nobody hears of."""
    for method, _, endpoint in _routes():
        assert endpoint in EVENTS, f"{endpoint} has no event: add it to EVENTS"
        what = EVENTS[endpoint][method == "POST"]
        assert what is not What.OTHER
        # What changes something is never passed over.
        assert method == "GET" or what is not None, f"POST of {endpoint} has no event"


@pytest.mark.parametrize(("method", "rule", "endpoint"), _routes())
def test_each_route_makes_exactly_its_event(
    owner: flask.testing.FlaskClient, runtime: Runtime, method: str, rule: str, endpoint: str
) -> None:
    """One event for each query, whatever comes of it; for a download its end as well."""
    before = {event.id for event in _events(runtime)}
    answer = owner.open(_path(rule), method=method, headers={"Origin": "http://localhost"})
    answer.get_data()
    answer.close()
    made = [event for event in _events(runtime) if event.id not in before and event.part_of is None]
    what = EVENTS[endpoint][method == "POST"]
    assert [event.what for event in made] == ([] if what is None else [what])
    assert all(event.actor == EMAIL for event in made)
    assert all((event.result is Result.DONE) == (answer.status_code < 400) for event in made)


def test_nothing_is_shown_that_cannot_be_stored(
    owner: flask.testing.FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the event cannot be stored, the answer is 503 and holds nothing of what was asked for."""

    def down(*_: object) -> None:
        raise StoreUnavailable("The database does not answer.")

    monkeypatch.setattr(AccessEvents, "add", down)
    for path in ("/records", "/records.csv", "/log", "/services"):
        answer = owner.get(ADMIN + path)
        assert answer.status_code == 503
        text = answer.get_data(as_text=True).replace(EMAIL, "")
        assert "steppe-herald" not in text
        assert "facts" not in text


def test_a_filter_never_holds_what_was_pasted(owner: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """Ids, passwords and tokens are not kept, under whatever name they come."""
    secret = "correct horse battery"
    for name in ("record", "site", "locale", "since", "token", "password", secret):
        owner.get(f"{ADMIN}/records", query_string={name: secret if name != "record" else _RECORD})
    kept = [event.filter + event.sites + (event.about or "") for event in _events(runtime)]
    assert len(kept) >= 7
    assert not any(secret in text or "horse" in text or _RECORD in text for text in kept)
    owner.get(f"{ADMIN}/records?site=steppe-herald&action=save&since=2026-11-01")
    event = _events(runtime)[0]
    assert json.loads(event.filter) == {"action": "save", "since": "2026-11-01", "site": "steppe-herald"}
    assert json.loads(event.sites) == ["steppe-herald"]


def test_signing_in_and_failing_to(app: flask.Flask, owner: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """A failed sign-in names nobody: what was typed may be a password, or somebody else's address."""
    assert owner
    client = app.test_client()
    headers = {"Origin": "http://localhost"}
    client.post(f"{ADMIN}/sign-in", data={"email": EMAIL, "password": "not it at all"}, headers=headers)
    failed = _events(runtime)[0]
    assert (failed.what, failed.result, failed.actor) == (What.SIGN_IN, Result.REFUSED, "")
    assert failed.about
    assert EMAIL not in repr(failed)
    client.post(f"{ADMIN}/sign-in", data={"email": EMAIL, "password": PASSWORD}, headers=headers)
    done = _events(runtime)[0]
    assert (done.what, done.result, done.actor) == (What.SIGN_IN, Result.DONE, EMAIL)
    client.post(f"{ADMIN}/sign-out", headers=headers)
    assert (_events(runtime)[0].what, _events(runtime)[0].actor) == (What.SIGN_OUT, EMAIL)


def test_events_get_their_place_in_a_log_that_nobody_else_reads(
    app: flask.Flask, owner: flask.testing.FlaskClient, runtime: Runtime
) -> None:
    """They are integrated like records, into a log whose addresses are not there."""
    owner.get(f"{ADMIN}/records")
    with runtime.database.unit_of_work() as uow:
        uow.log_tree.begin(ACCESS_LOG, origin="localhost/consent/log/@access", at=runtime.clock.now())
    waiting = len(_events(runtime))
    assert integrate(runtime.database, ACCESS_LOG, fence=0) == waiting
    for path in ("checkpoint", "key", "statements", "tile/0/000.p/1", "tile/entries/000.p/1"):
        assert app.test_client().get(f"/consent/log/@access/{path}").status_code == 404
