"""Owners say who may do what; nobody gets more than an owner of the place gives, and somebody always owns it."""

from __future__ import annotations

import concurrent.futures
import re
import uuid

import pytest

from consentkit.admin.roles import Right
from consentkit.admin.roles import allows
from consentkit.errors import LastOwner
from consentkit.errors import NotFound
from consentkit.errors import RightMissing
from consentkit.operations import people
from consentkit.operations.invite import invite
from consentkit.storage.accounts import Account
from consentkit.storage.accounts import Role
from consentkit.storage.second_factors import SecondFactor

from .conftest import ADMIN
from .conftest import signed_in

OURS = {"Sec-Fetch-Site": "same-origin"}
SITE = "steppe-herald"
PASSWORD = "a lamp in the archive"


@pytest.fixture
def app(app_on_both):
    """On both databases."""
    return app_on_both


@pytest.fixture
def make(runtime):
    """Makes an account with these grants."""

    def make(grants, email=None):
        account = Account(
            id=str(uuid.uuid4()),
            email=email or f"{uuid.uuid4()}@people.example",
            role=Role.AUDITOR,
            grants=grants,
            password_hash="none",
            created_at=runtime.clock.now(),
        )
        with runtime.database.unit_of_work() as uow:
            assert uow.accounts.add(account)
        return now(runtime, account)

    return make


@pytest.fixture
def owner(make):
    """An owner of all sites."""
    return make({"*": Role.OWNER}, "owner@people.example")


@pytest.fixture
def boss(app, runtime, owner):
    """Their browser."""
    return signed_in(app, owner, runtime)


def now(runtime, account):
    """Return the account as it is stored."""
    with runtime.database.unit_of_work(read_only=True) as uow:
        return uow.accounts.get(account.id)


def post(client, path, **form):
    """Send a form of the page."""
    return client.post(f"{ADMIN}/people/{path}", data=form, headers=OURS)


def grant(client, account, site, role):
    """Send the form that changes a role, and return the status."""
    return post(client, f"{account.id}/grant", site=site, role=role).status_code


def link_of(answer):
    """Return the path of the link that a page shows."""
    found = re.search(r">(https?://[^<]*?)(/consent/admin/invitations/[A-Za-z0-9_-]{43})<", answer.text)
    return found and found[2]


def test_an_owner_sees_who_may_do_what(boss, runtime, make):
    """Each account with its role on each site, the last sign-in, and whether it has a second factor."""
    officer = make({SITE: Role.EDITOR}, "officer@people.example")
    with runtime.database.unit_of_work() as uow:
        uow.accounts.note_sign_in(officer.id, at=runtime.clock.now())
        at = runtime.clock.now()
        uow.second_factors.put(
            SecondFactor(account_id=officer.id, secret="x", created_at=at, confirmed_at=at, last_step=1)
        )
    text = boss.get(f"{ADMIN}/people").text
    entry = text[text.index(f'id="account-{officer.id}"') :]
    assert "officer@people.example" in entry
    assert '<option value="editor" selected>' in entry
    assert "Last signed in" in entry
    assert "Has a second factor." in entry
    assert 'href="/consent/admin/people" aria-current="page"' in text
    assert " style=" not in text


@pytest.mark.parametrize(
    "mine", [{place: role} for place in ("*", SITE) for role in (Role.AUDITOR, Role.EDITOR)], ids=str
)
def test_only_owners_get_there(app, runtime, make, owner, mine):
    """Neither the page nor any of its forms, by whatever address; and no entry leads there."""
    [site] = mine
    mine = make(mine)
    client = signed_in(app, mine, runtime)
    assert client.get(f"{ADMIN}/people").status_code == 403
    assert "/people" not in client.get(f"{ADMIN}/records").text
    for path in ("invite", "withdraw", *(f"{owner.id}/{what}" for what in WHAT)):
        form = {"email": "x@people.example", "site": site, "role": "owner"}
        assert post(client, path, **form).status_code == 403, path
    assert grant(client, mine, site, "owner") == 403
    assert now(runtime, mine) == mine
    assert now(runtime, owner) == owner


WHAT = ("grant", "disable", "enable", "reset-second-factor")


def test_a_role_is_given_changed_and_taken_away(boss, runtime, make):
    """Each is of one site and leaves the others."""
    officer = make({"*": Role.AUDITOR})
    assert grant(boss, officer, SITE, "editor") == 303
    assert now(runtime, officer).grants == {"*": Role.AUDITOR, SITE: Role.EDITOR}
    assert grant(boss, officer, SITE, "owner") == 303
    assert grant(boss, officer, "*", "") == 303
    assert now(runtime, officer).grants == {SITE: Role.OWNER}
    assert grant(boss, officer, SITE, "") == 303
    assert now(runtime, officer).grants == {}


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"site": SITE, "role": "emperor"}, 400),
        ({"site": SITE}, 400),
        ({"site": "nowhere", "role": "editor"}, 404),
        ({"role": "editor"}, 404),
        ({"site": "\x00", "role": "editor"}, 404),
        ({"site": "*'; DROP TABLE x", "role": "owner"}, 404),
    ],
    ids=["no role", "nothing", "no site", "empty", "nul", "sql"],
)
def test_what_cannot_be_given_is_refused(boss, runtime, make, form, status):
    """And changes nothing."""
    officer = make({SITE: Role.AUDITOR})
    assert post(boss, f"{officer.id}/grant", **form).status_code == status
    assert now(runtime, officer).grants == officer.grants


@pytest.mark.parametrize("account_id", ["x", "00000000-0000-4000-8000-000000000000", "%00", "..%2f", "A" * 4000])
@pytest.mark.parametrize("what", WHAT)
def test_nobodys_account_is_not_there(boss, account_id, what):
    """Whatever the id looks like."""
    answer = post(boss, f"{account_id}/{what}", site=SITE, role="editor")
    assert answer.status_code == 404


def test_an_owner_of_one_site_sees_that_site_alone(app, runtime, make, owner):
    """Other accounts, and what others may do elsewhere, are not on the page."""
    make({SITE: Role.OWNER}, "chief@people.example")
    shared = make({SITE: Role.AUDITOR, "elsewhere": Role.EDITOR}, "shared@people.example")
    make({"elsewhere": Role.AUDITOR}, "stranger@people.example")
    with runtime.database.unit_of_work() as uow:
        invite(uow, "theirs@people.example", grants={"elsewhere": Role.OWNER}, by="x", clock=runtime.clock)
        invite(uow, "ours@people.example", grants={SITE: Role.OWNER}, by="x", clock=runtime.clock)
        chief = uow.accounts.by_email("chief@people.example")
    text = signed_in(app, chief, runtime).get(f"{ADMIN}/people").text
    for there in ("chief@", "shared@", "ours@"):
        assert there in text
    for hidden in ("stranger@", "theirs@", owner.email, "elsewhere", '<option value="*"'):
        assert hidden not in text
    assert "other sites too" in text
    assert f"{shared.id}/disable" not in text


@pytest.mark.parametrize("what", WHAT)
def test_another_sites_account_is_not_there(app, runtime, make, owner, what):
    """By its id it answers as one that nobody has."""
    chief = signed_in(app, make({SITE: Role.OWNER}), runtime)
    for account in (make({"elsewhere": Role.AUDITOR}), make({}), owner):
        assert post(chief, f"{account.id}/{what}", site=SITE, role="editor").status_code == 404
        assert now(runtime, account) == account


@pytest.mark.parametrize(("site", "status"), [("*", 403), ("elsewhere", 404)])
def test_an_owner_of_one_site_gives_nothing_elsewhere(app, runtime, make, site, status):
    """Not to themselves, not to others, not by an invitation."""
    mine, shared = make({SITE: Role.OWNER}), make({SITE: Role.AUDITOR, "elsewhere": Role.AUDITOR})
    chief = signed_in(app, mine, runtime)
    for account in (mine, shared):
        assert grant(chief, account, site, "owner") == status
        assert now(runtime, account).grants == account.grants
    assert grant(chief, shared, "elsewhere", "") == 404
    assert post(chief, "invite", email="x@people.example", site=site, role="owner").status_code in {400, 403}
    # What would have an effect on the other site is for an owner of both.
    for what in ("disable", "enable", "reset-second-factor"):
        assert post(chief, f"{shared.id}/{what}").status_code == 403
    assert now(runtime, shared) == shared


def test_a_role_elsewhere_gives_no_owner_more(app, runtime, make, owner):
    """Who owns one site and reads another cannot make anybody its owner."""
    mine = make({SITE: Role.OWNER, "*": Role.EDITOR})
    chief = signed_in(app, mine, runtime)
    assert grant(chief, mine, "*", "owner") == 403
    assert grant(chief, owner, "*", "") == 404
    assert post(chief, "invite", email="x@people.example", site="*", role="auditor").status_code == 403
    assert now(runtime, mine).grants == mine.grants


def test_the_last_owner_stays(boss, runtime, owner, make):
    """Neither demoted nor disabled, by nobody, until there is another one in use."""
    for other in ({"*": Role.EDITOR}, {SITE: Role.OWNER}):
        make(other)
    for role in ("auditor", "editor", ""):
        answer = post(boss, f"{owner.id}/grant", site="*", role=role)
        assert answer.status_code == 409
        assert "Somebody must own this" in answer.text
    assert post(boss, f"{owner.id}/disable").status_code == 409
    second = make({"*": Role.OWNER})
    assert post(boss, f"{second.id}/disable").status_code == 303
    assert grant(boss, owner, "*", "") == 409
    assert post(boss, f"{second.id}/enable").status_code == 303
    assert grant(boss, owner, "*", "") == 303
    assert boss.get(f"{ADMIN}/people").status_code == 403


def test_a_site_keeps_an_owner_where_nobody_owns_all(app, runtime, make):
    """The same holds for one site."""
    mine = make({SITE: Role.OWNER})
    chief = signed_in(app, mine, runtime)
    assert grant(chief, mine, SITE, "editor") == 409
    make({SITE: Role.OWNER})
    assert grant(chief, mine, SITE, "editor") == 303


@pytest.mark.parametrize("what", ["demote", "disable"])
def test_of_two_owners_who_remove_each_other_one_stays(runtime, make, what):
    """However the two transactions fall."""
    for _ in range(8):
        pair = make({"*": Role.OWNER}), make({"*": Role.OWNER})

        def remove(by, account):
            try:
                with runtime.database.unit_of_work() as uow:
                    if what == "demote":
                        people.change_grant(uow, account.id, "*", Role.AUDITOR, by=by.id)
                    else:
                        people.disable_account(uow, account.id, by=by.id, clock=runtime.clock)
            except (LastOwner, NotFound, RightMissing):
                return False
            return True

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            tries = [(pair[0], pair[1]), (pair[1], pair[0]), (pair[0], pair[0]), (pair[1], pair[1])]
            done = [*pool.map(lambda one: remove(*one), tries)]
        stored = [now(runtime, account) for account in pair]
        left = [one for one in stored if one.grants == {"*": Role.OWNER} and one.disabled_at is None]
        assert done.count(True) >= 1
        assert len(left) == 1
        with runtime.database.unit_of_work() as uow:
            # Another pair, nobody else.
            uow.accounts.set_grants(left[0].id, {})


def test_a_disabled_account_is_out_at_once(app, boss, runtime, make):
    """Its browser too; enabled again, it signs in anew."""
    officer = make({SITE: Role.AUDITOR})
    theirs = signed_in(app, officer, runtime)
    assert theirs.get(f"{ADMIN}/records").status_code == 200
    assert post(boss, f"{officer.id}/disable").status_code == 303
    assert theirs.get(f"{ADMIN}/records").status_code == 303
    assert post(boss, f"{officer.id}/enable").status_code == 303
    assert theirs.get(f"{ADMIN}/records").status_code == 303
    assert now(runtime, officer).disabled_at is None


def test_a_role_that_was_taken_is_gone_at_once(app, boss, runtime, make):
    """In a browser that is signed in as well."""
    officer = make({SITE: Role.AUDITOR})
    theirs = signed_in(app, officer, runtime)
    assert theirs.get(f"{ADMIN}/records").status_code == 200
    assert grant(boss, officer, SITE, "") == 303
    assert theirs.get(f"{ADMIN}/records").status_code == 403


def test_resetting_a_second_factor_ends_the_sessions(app, boss, runtime, make):
    """Whoever took the telephone is out as well."""
    officer = make({SITE: Role.AUDITOR})
    theirs = signed_in(app, officer, runtime)
    at = runtime.clock.now()
    with runtime.database.unit_of_work() as uow:
        uow.second_factors.put(
            SecondFactor(account_id=officer.id, secret="x", created_at=at, confirmed_at=at, last_step=1)
        )
        uow.second_factors.put_codes(officer.id, ["a"])
    assert post(boss, f"{officer.id}/reset-second-factor").status_code == 303
    assert theirs.get(f"{ADMIN}/records").status_code == 303
    with runtime.database.unit_of_work(read_only=True) as uow:
        assert uow.second_factors.get(officer.id) is None
        assert uow.second_factors.count_codes(officer.id) == 0


def test_an_invitation_is_shown_once(boss, visitor, runtime):
    """The link makes the account with that role; the page does not show it again."""
    answer = boss.post(
        f"{ADMIN}/people/invite",
        data={"email": "Guest@people.example", "site": SITE, "role": "auditor"},
        headers={"Origin": "https://localhost"},
    )
    assert answer.status_code == 200
    link = link_of(answer)
    assert f"https://localhost{link}" in answer.text
    page = boss.get(f"{ADMIN}/people").text
    assert "guest@people.example" in page
    assert link not in page
    form = {"password": PASSWORD, "again": PASSWORD}
    assert visitor.post(link, data=form, headers=OURS).status_code == 303
    with runtime.database.unit_of_work(read_only=True) as uow:
        assert uow.accounts.by_email("guest@people.example").grants == {SITE: Role.AUDITOR}


def test_an_invitation_is_taken_back(boss, visitor):
    """Its link is worth nothing."""
    link = link_of(post(boss, "invite", email="guest@people.example", site="*", role="editor"))
    assert visitor.get(link).status_code == 200
    assert post(boss, "withdraw", email="guest@people.example").status_code == 303
    assert visitor.get(link).status_code == 404
    assert post(boss, "withdraw", email="guest@people.example").status_code == 404


@pytest.mark.parametrize("email", ["", "anna", "a@b", "<script>alert(1)</script>@x.example", "x" * 5000, "\x00@b.cd"])
def test_what_is_no_address_is_not_invited(boss, runtime, email):
    """The page says what is expected."""
    answer = post(boss, "invite", email=email, site=SITE, role="auditor")
    assert answer.status_code == 400
    assert "anna@example.org" in answer.text
    assert "<script>alert" not in answer.text
    with runtime.database.unit_of_work(read_only=True) as uow:
        assert uow.invitations.all() == []


def test_who_has_an_account_gets_the_role(app, boss, runtime, make):
    """There is no second account, and a role that is there is not changed by it."""
    officer = make({"elsewhere": Role.AUDITOR}, "officer@people.example")
    chief = signed_in(app, make({SITE: Role.OWNER}), runtime)
    assert post(chief, "invite", email=officer.email, site=SITE, role="editor").status_code == 303
    assert now(runtime, officer).grants == {"elsewhere": Role.AUDITOR, SITE: Role.EDITOR}
    assert post(chief, "invite", email=officer.email, site=SITE, role="owner").status_code == 400
    assert now(runtime, officer).grants[SITE] is Role.EDITOR


def test_an_invitation_of_other_sites_is_left_alone(app, boss, runtime, make, visitor):
    """An owner of one site neither takes it back nor gets its rights into a link of their own."""
    wide = link_of(post(boss, "invite", email="guest@people.example", site="*", role="owner"))
    chief = signed_in(app, make({SITE: Role.OWNER}), runtime)
    assert "guest@" not in chief.get(f"{ADMIN}/people").text
    assert post(chief, "withdraw", email="guest@people.example").status_code == 404
    narrow = link_of(post(chief, "invite", email="guest@people.example", site=SITE, role="auditor"))
    assert visitor.get(wide).status_code == 200
    visitor.post(narrow, data={"password": PASSWORD, "again": PASSWORD}, headers=OURS)
    with runtime.database.unit_of_work(read_only=True) as uow:
        assert uow.accounts.by_email("guest@people.example").grants == {SITE: Role.AUDITOR}


@pytest.mark.parametrize("how", ["demoted", "disabled"])
def test_who_may_not_invite_any_more_has_invited_nobody(app, boss, runtime, make, how):
    """A link that they kept for later is worth nothing."""
    visitor = app.test_client()
    leaver = make({SITE: Role.OWNER})
    link = link_of(
        post(signed_in(app, leaver, runtime), "invite", email="me.again@people.example", site=SITE, role="owner")
    )
    assert visitor.get(link).status_code == 200
    if how == "demoted":
        assert grant(boss, leaver, SITE, "auditor") == 303
    else:
        assert post(boss, f"{leaver.id}/disable").status_code == 303
    assert visitor.get(link).status_code == 404


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_post_from_elsewhere_changes_nothing(boss, runtime, make, headers):
    """A page that an owner visits cannot act for them."""
    officer = make({SITE: Role.AUDITOR})
    forms = [("invite", {"email": "x@people.example", "site": "*", "role": "owner"})]
    forms += [(f"{officer.id}/{what}", {"site": "*", "role": "owner"}) for what in WHAT]
    for path, form in forms:
        assert boss.post(f"{ADMIN}/people/{path}", data=form, headers=headers).status_code == 403
    assert now(runtime, officer) == officer
    with runtime.database.unit_of_work(read_only=True) as uow:
        assert uow.invitations.all() == []


def test_nothing_is_done_by_get(boss, make):
    """A link cannot do what a form does."""
    officer = make({SITE: Role.AUDITOR})
    for path in ("invite", "withdraw", *(f"{officer.id}/{what}" for what in WHAT)):
        assert boss.get(f"{ADMIN}/people/{path}").status_code == 405


def test_who_manages_is_who_has_the_right():
    """The operation and the table of rights say the same."""
    for role in Role:
        account = Account(id="x", email="x", role=role, grants={SITE: role}, password_hash="", created_at=None)
        assert people.manages(account, SITE) == allows(role, Right.MANAGE_ACCOUNTS)
        assert not people.manages(account, "*")
