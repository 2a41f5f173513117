"""What an account may do is said by site: what it may not read is not there, what it may not do is refused."""

from __future__ import annotations

import uuid

import pytest

from consentkit.admin.blueprint import ACTIONS
from consentkit.admin.blueprint import PAGES
from consentkit.runtime import Runtime
from consentkit.storage.accounts import Account
from consentkit.storage.accounts import Role
from tests.factories import make_record

from .conftest import ADMIN
from .conftest import signed_in

OURS = {"Sec-Fetch-Site": "same-origin"}


def browser(app, runtime: Runtime, password_hash: str, grants: dict[str, Role]):
    """Return a browser of an account that has these grants."""
    account = Account(
        id=str(uuid.uuid4()),
        email=f"{uuid.uuid4()}@people.example",
        role=Role.AUDITOR,
        grants=grants,
        password_hash=password_hash,
        created_at=runtime.clock.now(),
    )
    with runtime.database.unit_of_work() as uow:
        assert uow.accounts.add(account)
    return signed_in(app, account, runtime)


@pytest.fixture
def theirs(runtime: Runtime):
    """A record of the configured site, and one of another."""
    own = next(iter(runtime.sites))
    records = (make_record(site=own, sample=True), make_record(site="elsewhere", sample=True))
    with runtime.database.unit_of_work() as uow:
        uow.records.add_samples(records)
    return records


@pytest.mark.parametrize("path", ["", "/erase"])
def test_another_sites_record_is_not_there(app, runtime, password_hash, theirs, path):
    """Its id answers as one that nobody has, whatever the role elsewhere."""
    own, other = theirs
    client = browser(app, runtime, password_hash, {own.site: Role.OWNER})
    assert client.get(f"{ADMIN}/records/{own.id}{path}").status_code == 200
    assert client.get(f"{ADMIN}/records/{other.id}{path}").status_code == 404


@pytest.mark.parametrize("action", ["erase", "hold", "release"])
def test_another_sites_record_is_not_touched(app, runtime, password_hash, theirs, action):
    """Neither where nothing may be read nor where it may only be read."""
    own, other = theirs
    client = browser(app, runtime, password_hash, {own.site: Role.OWNER})
    form = {"what": "record", "reason": "a claim"}
    assert client.post(f"{ADMIN}/records/{other.id}/{action}", data=form, headers=OURS).status_code == 404
    client = browser(app, runtime, password_hash, {own.site: Role.OWNER, other.site: Role.AUDITOR})
    assert client.post(f"{ADMIN}/records/{other.id}/{action}", data=form, headers=OURS).status_code == 403
    with runtime.database.unit_of_work(read_only=True) as uow:
        assert uow.records.get(other.id) is not None
        assert uow.holds.get(other.site, other.id) is None


def test_lists_and_files_hold_ones_own_sites_alone(app, runtime, password_hash, theirs):
    """Without a site in the URL it is all of one's own; another's is not there."""
    own, other = theirs
    client = browser(app, runtime, password_hash, {own.site: Role.AUDITOR})
    for path in ("/records", "/records.csv"):
        answer = client.get(ADMIN + path)
        assert answer.status_code == 200
        assert own.id in answer.text
        assert other.id not in answer.text
    for path in (
        f"/records?site={other.site}",
        f"/records.csv?site={other.site}",
        f"/audit-pack.zip?site={other.site}",
        f"/services?site={other.site}",
        f"/services.json?site={other.site}",
        f"/notices/{other.site}/{other.notice_version}/first",
        f"/configurations/{other.site}/{other.config_version}",
        f"/policies/{other.site}/privacy/en/1",
    ):
        assert client.get(ADMIN + path).status_code == 404, path


def test_evidence_of_a_configured_site_is_not_for_who_may_not_read_it(app, runtime, password_hash, theirs):
    """What is stored answers as what is not."""
    own, other = theirs
    version = runtime.sites[own.site].config_version
    assert (
        browser(app, runtime, password_hash, {own.site: Role.AUDITOR})
        .get(f"{ADMIN}/configurations/{own.site}/{version}")
        .status_code
        == 200
    )
    client = browser(app, runtime, password_hash, {other.site: Role.OWNER})
    assert client.get(f"{ADMIN}/configurations/{own.site}/{version}").status_code == 404
    for path in ("/", "/overview.csv", "/audit-pack.zip"):
        assert client.get(ADMIN + path).status_code == 404, path
    assert own.site not in client.get(f"{ADMIN}/log").text


def test_without_a_grant_nothing_is_allowed(app, runtime, password_hash):
    """No page and no action is open to an account that has no role anywhere."""
    client = browser(app, runtime, password_hash, {})
    values = dict.fromkeys(("record_id", "site", "version", "layer", "kind", "locale", "account_id", "token"), "x")
    with app.test_request_context():
        rules = [rule.replace("<", "{").replace(">", "}").format(**values) for rule, *_ in PAGES]
        actions = [rule.replace("<", "{").replace(">", "}").format(**values) for rule, *_ in ACTIONS]
    for rule in rules:
        assert client.get(ADMIN + rule).status_code == 403, rule
    for rule in actions:
        assert client.post(ADMIN + rule, headers=OURS).status_code == 403, rule


def test_a_role_on_all_sites_is_for_those_of_tomorrow_too(app, runtime, password_hash, theirs):
    """The accounts from before have theirs on all sites."""
    client = browser(app, runtime, password_hash, {"*": Role.AUDITOR})
    for record in theirs:
        assert client.get(f"{ADMIN}/records/{record.id}").status_code == 200
        assert client.get(f"{ADMIN}/records/{record.id}/erase").status_code == 403
