"""Owners read who did what; nobody else does, and nothing in it can be changed unseen."""

from __future__ import annotations

import json
import uuid

import flask
import flask.testing
import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from consentkit.cli import consentkit_cli
from consentkit.ledger.events import ACCESS_LOG
from consentkit.ledger.events import What
from consentkit.operations.integrate import integrate
from consentkit.operations.keep_access import keep_access
from consentkit.operations.keep_access import keep_command
from consentkit.runtime import Runtime
from consentkit.storage.accounts import Account
from consentkit.storage.accounts import Role
from tests.factories import make_record
from tests.integration.admin.conftest import ADMIN
from tests.integration.admin.conftest import signed_in


def _keep(runtime: Runtime, actor: str, *, site: str = "steppe-herald", what: What = What.RECORD_VIEW) -> str:
    return keep_access(runtime.database, what, actor=actor, sites=[site], clock=runtime.clock)


def test_only_owners_read_it(officer: flask.testing.FlaskClient, visitor: flask.testing.FlaskClient) -> None:
    """An auditor gets no page and no link to one; who is not signed in is led to the sign-in."""
    assert officer.get(f"{ADMIN}/access").status_code == 403
    assert f"{ADMIN}/access" not in officer.get(f"{ADMIN}/log").text
    assert visitor.get(f"{ADMIN}/access").status_code == 303


def test_an_owner_of_one_site_reads_of_that_site_alone(
    app: flask.Flask, runtime: Runtime, password_hash: str, owner: flask.testing.FlaskClient
) -> None:
    """What reached another site too would tell of it."""
    account = Account(
        id=str(uuid.uuid4()),
        email="one@steppe-herald.example",
        role=Role.OWNER,
        grants={"steppe-herald": Role.OWNER},
        password_hash=password_hash,
        created_at=runtime.clock.now(),
    )
    with runtime.database.unit_of_work() as uow:
        assert uow.accounts.add(account)
    _keep(runtime, "here@example.org")
    _keep(runtime, "there@example.org", site="other-paper")
    _keep(runtime, "everywhere@example.org", site="*")
    one = signed_in(app, account, runtime).get(f"{ADMIN}/access").text
    assert "here@example.org" in one
    assert "there@example.org" not in one
    assert "everywhere@example.org" not in one
    everything = owner.get(f"{ADMIN}/access").text
    assert "there@example.org" in everything
    assert "everywhere@example.org" in everything


def test_it_is_narrowed_and_paged(owner: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """By who, what, outcome and day; older and newer lead to the same events, each once."""
    for number in range(70):
        _keep(runtime, f"n{number:02}@example.org")
    _keep(runtime, "anna@example.org", what=What.RECORDS_EXPORT)
    page = owner.get(f"{ADMIN}/access?person=anna@example.org").text
    assert page.count("anna@example.org</bdi>") == 1
    assert "n69@example.org" not in page
    listed = owner.get(f"{ADMIN}/access?what=record.view&result=done").text
    assert listed.count("<bdi>n") == 50
    assert "n69@" in listed
    older = listed.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = owner.get(older).text
    assert second.count("<bdi>n") == 20
    newer = second.split('rel="prev"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert owner.get(newer).text.count("<bdi>n") == 50
    assert 'rel="next"' not in second
    day = f"{runtime.clock.now():%Y-%m-%d}"
    assert "n69@" in owner.get(f"{ADMIN}/access?since={day}&until={day}").text
    assert "n69@" not in owner.get(f"{ADMIN}/access?until=2001-01-01").text


def test_a_record_s_id_finds_who_looked_at_it(owner: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """The events hold a keyed hash alone, and so does the event of this very question."""
    record = make_record(salt=b"s" * 32, site="steppe-herald")
    runtime.recorder.record(record, nonce=None)
    assert owner.get(f"{ADMIN}/records/{record.id}").status_code == 200
    _keep(runtime, "somebody-else@example.org")
    found = owner.get(f"{ADMIN}/access?what=record.view&record={record.id}").text
    assert found.count('<td role="cell" class="what">') == 1
    assert "somebody-else" not in found
    everything = owner.get(f"{ADMIN}/access").text
    assert record.id not in everything


@pytest.mark.parametrize(
    "query",
    [
        "since=2026-02-30",
        "until=9999-12-31",
        "what=x",
        "result=%00",
        "site=other",
        "record=' OR 1=1 --",
        "since=" + "9" * 5000,
    ],
)
def test_nonsense_is_said_to_be_nonsense(owner: flask.testing.FlaskClient, query: str) -> None:
    """With the field marked, and no event shown."""
    answer = owner.get(f"{ADMIN}/access?{query}")
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.text
    assert "<table" not in answer.text


def test_what_somebody_is_called_is_text(owner: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """Markup and marks that turn a line around are shown, not done."""
    _keep(runtime, "<script>x</script>\u202e@example.org")
    page = owner.get(f"{ADMIN}/access").text
    assert "<script>x" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page


def test_people_and_roles_say_of_whom(owner: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """An owner reads who was invited to what."""
    headers = {"Origin": "http://localhost"}
    data = {"email": "new@example.org", "site": "*", "role": "auditor"}
    assert owner.post(f"{ADMIN}/people/invite", data=data, headers=headers).status_code == 200
    page = owner.get(f"{ADMIN}/access?what=person.invite").text
    assert "person=new@example.org" in page
    assert "role=auditor" in page


def test_an_export_says_that_it_ended_or_did_not(owner: flask.testing.FlaskClient, runtime: Runtime) -> None:
    """The end of a download is an event as well: done where it was fetched whole."""
    runtime.recorder.record(make_record(salt=b"s" * 32, site="steppe-herald"), nonce=None)
    whole = owner.get(f"{ADMIN}/records.csv")
    whole.get_data()
    whole.close()
    page = owner.get(f"{ADMIN}/access?what=records.export").text
    assert page.count('<td role="cell" class="what">') == 2
    assert "format=csv" in page
    broken = owner.get(f"{ADMIN}/records.jsonl", buffered=False)
    broken.close()
    assert (
        owner.get(f"{ADMIN}/access?what=records.export&result=failed").text.count('<td role="cell" class="what">') == 1
    )


def test_the_commands_list_and_verify_it(runtime: Runtime, monkeypatch: pytest.MonkeyPatch) -> None:
    """One object a line, newest first; an event that was changed is named, and the command fails."""
    monkeypatch.setenv("CONSENTKIT_DATABASE_URL", str(runtime.settings.database_url))
    _keep(runtime, "anna@example.org")
    id_ = keep_command(runtime.database, What.RECORDS_EXPORT, clock=runtime.clock, sites=['a"b'])
    listed = CliRunner().invoke(consentkit_cli, ["access", "list"])
    events = [json.loads(line) for line in listed.stdout.splitlines()]
    # Listing is an event itself, kept before it lists.
    assert [event["what"] for event in events] == ["access.list", "records.export", "record.view"]
    assert events[1]["actor"].startswith("command ")
    with runtime.database.unit_of_work() as uow:
        uow.log_tree.begin(ACCESS_LOG, origin="localhost/consent/log/@access", at=runtime.clock.now())
    integrate(runtime.database, ACCESS_LOG, fence=0)
    fine = CliRunner().invoke(consentkit_cli, ["access", "verify"])
    assert fine.exit_code == 0, fine.output
    with runtime.database.unit_of_work() as uow:
        uow.session.execute(
            sa.text("UPDATE consentkit_access_events SET actor = 'nobody' WHERE id = :id"), {"id": id_.replace("-", "")}
        )
    wrong = CliRunner().invoke(consentkit_cli, ["access", "verify"])
    assert wrong.exit_code == 1
    assert id_ in wrong.output
