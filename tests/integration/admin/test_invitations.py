"""An invitation's link makes one account, once, with the rights that it was given."""

from __future__ import annotations

import concurrent.futures
import datetime as dt

import pytest

from consentkit.errors import AccountRefused
from consentkit.errors import NotFound
from consentkit.operations.invite import accept_invitation
from consentkit.operations.invite import invite
from consentkit.storage.accounts import Role

from .conftest import ADMIN
from .conftest import EMAIL

OURS = {"Sec-Fetch-Site": "same-origin"}
GUEST = "guest@people.example"
PASSWORD = "a lamp in the archive"
FORM = {"password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def token(runtime):
    """The token of an invitation as an auditor of one site."""
    return make(runtime)


def make(runtime, email=GUEST):
    """Invite somebody, and return the token."""
    with runtime.database.unit_of_work() as uow:
        return invite(uow, email, grants={"steppe-herald": Role.AUDITOR}, by="a test", clock=runtime.clock)


def account_of(runtime, email=GUEST):
    """Return the account of that address."""
    with runtime.database.unit_of_work(read_only=True) as uow:
        return uow.accounts.by_email(email)


def test_it_makes_an_account_once(visitor, runtime, token):
    """Whatever the form says besides the password; the same link is nobody's afterwards."""
    page = f"{ADMIN}/invitations/{token}"
    assert GUEST in visitor.get(page).text
    form = {**FORM, "email": "other@people.example", "role": "owner", "site": "*"}
    assert visitor.post(page, data=form, headers=OURS).status_code == 303
    account = account_of(runtime)
    assert account is not None
    assert account.grants == {"steppe-herald": Role.AUDITOR}
    assert account_of(runtime, "other@people.example") is None
    assert visitor.get(page).status_code == 404
    assert visitor.post(page, data=FORM, headers=OURS).status_code == 404
    signed = visitor.post(f"{ADMIN}/sign-in", data={"email": GUEST, "password": PASSWORD}, headers=OURS)
    assert signed.status_code == 303


def test_of_several_at_once_one_gets_it(runtime, token):
    """All others are told that there is no such invitation."""

    def accept(_number):
        try:
            return accept_invitation(runtime.database, token, PASSWORD, clock=runtime.clock).email
        except NotFound:
            return None

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        assert sorted(filter(None, pool.map(accept, range(6)))) == [GUEST]


def test_it_ends_after_seven_days(visitor, runtime, clock, token):
    """To the second."""
    clock.advance(dt.timedelta(days=7) - dt.timedelta(seconds=1))
    assert visitor.get(f"{ADMIN}/invitations/{token}").status_code == 200
    clock.advance(dt.timedelta(seconds=1))
    assert visitor.get(f"{ADMIN}/invitations/{token}").status_code == 404
    assert visitor.post(f"{ADMIN}/invitations/{token}", data=FORM, headers=OURS).status_code == 404
    assert account_of(runtime) is None


def test_a_newer_one_takes_its_place(visitor, runtime, token):
    """There is one link for an address."""
    newer = make(runtime)
    assert visitor.get(f"{ADMIN}/invitations/{token}").status_code == 404
    assert visitor.get(f"{ADMIN}/invitations/{newer}").status_code == 200


def test_who_has_an_account_is_not_invited(runtime, account):
    """Nobody's rights change by it."""
    with pytest.raises(AccountRefused):
        make(runtime, account.email)
    assert account_of(runtime, EMAIL).grants == account.grants


def test_its_token_is_not_stored(runtime, token, tmp_path):
    """A copy of the database invites nobody."""
    stored = b"".join(file.read_bytes() for file in tmp_path.glob("consentkit.db*"))
    assert GUEST.encode() in stored
    assert token.encode() not in stored


@pytest.mark.parametrize(
    "form",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"password": "short", "again": "short"}, id="short"),
        pytest.param({"password": "x" * 300, "again": "x" * 300}, id="long"),
        pytest.param({"password": PASSWORD, "again": "another one of these"}, id="not the same"),
        pytest.param({"password": "\ud800".encode("utf-8", "surrogatepass"), "again": b"\x00"}, id="hostile"),
    ],
)
def test_a_password_that_is_refused_leaves_it(visitor, runtime, token, form):
    """The page says what is wrong, and the link still works."""
    page = f"{ADMIN}/invitations/{token}"
    assert visitor.post(page, data=form, headers=OURS).status_code == 400
    assert account_of(runtime) is None
    assert visitor.get(page).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_post_from_elsewhere_makes_nothing(visitor, runtime, token, headers):
    """Not even with a link that holds."""
    assert visitor.post(f"{ADMIN}/invitations/{token}", data=FORM, headers=headers).status_code == 403
    assert account_of(runtime) is None


@pytest.mark.parametrize("token", ["x", "A" * 43, "%00", "%F0%9F%92%A9", "A" * 5000])
def test_what_is_no_invitation_is_not_there(visitor, token):
    """Whatever it looks like."""
    assert visitor.get(f"{ADMIN}/invitations/{token}").status_code == 404
    assert visitor.post(f"{ADMIN}/invitations/{token}", data=FORM, headers=OURS).status_code == 404
