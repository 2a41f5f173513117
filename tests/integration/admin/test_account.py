"""One's own account: the password, the browsers that are signed in, language and time zone."""

from __future__ import annotations

import dataclasses
import re
import uuid

import pytest

from consentkit.operations.passwords import MAX_PASSWORD_LENGTH
from consentkit.operations.passwords import check_password

from .conftest import ADMIN
from .conftest import EMAIL
from .conftest import PASSWORD
from .conftest import signed_in

OURS = {"Sec-Fetch-Site": "same-origin"}
NEW = "a lamp in the archive"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile/15E148 Safari/604.1"


@pytest.fixture
def app(app_on_both):
    """On both databases."""
    return app_on_both


def stored(runtime, email=EMAIL):
    """Return the account as it is stored."""
    with runtime.database.unit_of_work(read_only=True) as uow:
        return uow.accounts.by_email(email)


def change(client, current=PASSWORD, new=NEW, again=None, headers=OURS):
    """Send the form for the password."""
    form = {"current": current, "password": new, "again": new if again is None else again}
    return client.post(f"{ADMIN}/account/password", data=form, headers=headers)


def sign_in(client, password=PASSWORD, **headers):
    """Send the form for signing in."""
    form = {"email": EMAIL, "password": password}
    return client.post(f"{ADMIN}/sign-in", data=form, headers={**OURS, **headers})


def token_of(client):
    """Return the token of a browser's session."""
    return client.get_cookie("consentkit_admin", path=ADMIN).value


def end(client, which):
    """Send the form that ends a session."""
    return client.post(f"{ADMIN}/account/sessions/end", data={"which": which}, headers=OURS)


def listed(client):
    """Return the sessions that the page lists."""
    text = client.get(f"{ADMIN}/account").text
    return re.findall(r'name="which" value="([0-9a-f]{16})"', text)


def test_a_new_password_signs_all_others_out(app, officer, account, runtime, visitor):
    """This browser goes on with a session of its own, and its token of before is worth nothing."""
    other, before = signed_in(app, account, runtime), token_of(officer)
    assert change(officer).status_code == 303
    assert officer.get(f"{ADMIN}/account?done=password").status_code == 200
    assert token_of(officer) != before
    assert other.get(f"{ADMIN}/records").status_code == 303
    visitor.set_cookie("consentkit_admin", before, path=ADMIN)
    assert visitor.get(f"{ADMIN}/records").status_code == 303
    assert sign_in(visitor).status_code == 403
    assert sign_in(visitor, NEW).status_code == 303


@pytest.mark.parametrize(
    ("form", "status", "text"),
    [
        ({"current": "not this one"}, 403, "not your password"),
        ({"current": ""}, 403, "not your password"),
        ({"current": "\x00"}, 403, "not your password"),
        ({"again": "another one of these"}, 400, "not the same"),
        ({"new": "eleven char"}, 400, "12 to 128"),
        ({"new": "x" * (MAX_PASSWORD_LENGTH + 1)}, 400, "12 to 128"),
        ({"new": "Password1234"}, 400, "tried first"),
        ({"new": "PASS WORD 2024!"}, 400, "tried first"),
        ({"new": "Пароль123456"}, 400, "tried first"),
        ({"new": "ｑｗｅｒｔｙ１２３４５６"}, 400, "tried first"),
        ({"new": "aaaaaaaaaaaaaa"}, 400, "tried first"),
    ],
    ids=["wrong", "empty", "nul", "differ", "short", "long", "common", "spaces", "russian", "wide", "one letter"],
)
def test_a_password_that_is_refused_changes_nothing(officer, runtime, form, status, text):
    """The page says why."""
    account = stored(runtime)
    answer = change(officer, **form)
    assert answer.status_code == status
    assert text in answer.text
    assert 'role="alert"' in answer.text
    assert stored(runtime).password_hash == account.password_hash
    assert officer.get(f"{ADMIN}/records").status_code == 200


@pytest.mark.parametrize("password", ["x" * 6 + "y" * 6, "қоңыр күз тау", "1 2 3 4 5 6 seven", "a" * 64 + "b" * 64])
def test_nothing_but_length_and_being_common_counts(officer, runtime, password):
    """No digits, no signs, no capitals are asked for."""
    assert change(officer, new=password).status_code == 303
    assert check_password(stored(runtime).password_hash, password).holds


def test_a_browser_left_alone_is_no_place_to_guess(officer, runtime):
    """After five wrong passwords not even the right one is looked at."""
    for _ in range(5):
        assert change(officer, "not this one").status_code == 403
    answer = change(officer)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert check_password(stored(runtime).password_hash, PASSWORD).holds


def test_the_page_lists_the_browsers(app, account, visitor):
    """Each by its name and its kind of device, and which one this is."""
    other = app.test_client()
    assert sign_in(other, **{"User-Agent": PHONE}).status_code == 303
    assert sign_in(visitor, **{"User-Agent": FIREFOX}).status_code == 303
    text = visitor.get(f"{ADMIN}/account").text
    assert "Firefox, Computer" in text
    assert "Safari, Phone" in text
    assert text.count("this browser") == 1
    assert token_of(visitor) not in text


def test_a_session_ended_elsewhere_is_out_at_once(app, account, runtime, officer):
    """One alone, all others, or this one."""
    second, third = (signed_in(app, account, runtime) for _ in range(2))
    assert len(listed(officer)) == 3
    before = set(listed(officer))
    [gone] = [which for which in before if is_of(second, which)]
    assert end(officer, gone).status_code == 303
    assert second.get(f"{ADMIN}/records").status_code == 303
    assert third.get(f"{ADMIN}/records").status_code == 200
    assert end(officer, "others").status_code == 303
    assert third.get(f"{ADMIN}/records").status_code == 303
    [mine] = listed(officer)
    answer = end(officer, mine)
    assert answer.location == f"{ADMIN}/sign-in"
    assert officer.get(f"{ADMIN}/records").status_code == 303


def is_of(client, which):
    """Whether the page's name of a session is the one of that browser."""
    text = client.get(f"{ADMIN}/account").text
    entry = text[: text.index(f'value="{which}"')]
    return "this browser" in entry[entry.rindex("<li>") :]


@pytest.mark.parametrize("which", ["", "x", "0" * 16, "%", "' OR 1=1 --", "\x00", "OTHERS"])
def test_nobody_elses_session_is_ended(app, account, runtime, officer, which):
    """What is not one's own is not there."""
    second = signed_in(app, account, runtime)
    assert end(officer, which).status_code == 404
    for client in (officer, second):
        assert client.get(f"{ADMIN}/records").status_code == 200


def test_anothers_session_cannot_be_named(app, account, runtime, officer, password_hash):
    """Not even by its real name."""
    with runtime.database.unit_of_work() as uow:
        uow.accounts.add(other := make_other(account, password_hash))
    theirs = signed_in(app, other, runtime)
    [which] = listed(theirs)
    assert end(officer, which).status_code == 404
    assert theirs.get(f"{ADMIN}/records").status_code == 200


def make_other(account, password_hash):
    """Return another account."""
    return dataclasses.replace(account, id=str(uuid.uuid4()), email="other@people.example", password_hash=password_hash)


def test_language_and_zone_are_kept(app, account, runtime, officer, visitor):
    """In this browser and in the next one; a click on a language goes before it, in that browser."""
    form = {"locale": "ru", "time_zone": "Asia/Almaty"}
    assert officer.post(f"{ADMIN}/account/preferences", data=form, headers=OURS).status_code == 303
    account = stored(runtime)
    assert (account.locale, account.time_zone) == ("ru", "Asia/Almaty")
    text = officer.get(f"{ADMIN}/account").text
    assert '<html lang="ru"' in text
    assert '<option value="Asia/Almaty" selected>' in text
    sign_in(visitor)
    assert '<html lang="ru"' in visitor.get(f"{ADMIN}/records", headers={"Accept-Language": "en"}).text
    assert '<html lang="kk"' in visitor.get(f"{ADMIN}/records?lang=kk").text
    assert '<html lang="kk"' in visitor.get(f"{ADMIN}/records").text
    assert '<html lang="ru"' in officer.get(f"{ADMIN}/records").text


@pytest.mark.parametrize(
    "form",
    [{"locale": "tlh"}, {"time_zone": "Mars/Olympus"}, {"time_zone": "../../etc/passwd"}, {"time_zone": "\x00"}],
    ids=str,
)
def test_what_is_not_in_the_lists_is_refused(officer, runtime, form):
    """And changes nothing."""
    assert officer.post(f"{ADMIN}/account/preferences", data=form, headers=OURS).status_code == 400
    assert (stored(runtime).locale, stored(runtime).time_zone) == (None, None)


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_post_from_elsewhere_changes_nothing(officer, runtime, account, headers):
    """A page that somebody visits cannot act for them."""
    assert change(officer, headers=headers).status_code == 403
    for path in ("preferences", "sessions/end", "second-factor", "second-factor/remove", "second-factor/codes"):
        form = {"which": "others", "locale": "ru", "current": PASSWORD}
        assert officer.post(f"{ADMIN}/account/{path}", data=form, headers=headers).status_code == 403
    assert stored(runtime) == account


def test_the_page_holds_nothing_inline(officer):
    """It works under the policy that all pages have."""
    text = officer.get(f"{ADMIN}/account").text
    assert " style=" not in text
    assert text.count("<script") == text.count("<script src=")
