"""Who gets into the audit view, for how long, and how little a stranger can do about it."""

from __future__ import annotations

import datetime as dt

import argon2
import pytest

from consentkit.operations.passwords import hash_password

ADMIN = "/consent/admin"
ORIGIN = "http://localhost"
EMAIL = "anna@steppe-herald.example"
PASSWORD = "a reading room in Akzhar"


def sign_in(client, *, email=EMAIL, password=PASSWORD, target="", headers=None, **more):
    """Send the form."""
    form = {"email": email, "password": password, "next": target}
    return client.post(f"{ADMIN}/sign-in", data=form, headers=headers or {"Origin": ORIGIN}, **more)


def cookies(answer):
    """Return the cookies that an answer sets, each name with the whole header."""
    return {header.partition("=")[0]: header for header in answer.headers.getlist("Set-Cookie")}


@pytest.mark.parametrize("path", ["/", "/records", "/records.csv", "/records/x", "/notices/a/b/1"])
def test_nothing_is_shown_to_who_is_not_signed_in(visitor, path):
    """Every page leads to the form, and from there back."""
    answer = visitor.get(ADMIN + path)
    assert answer.status_code == 303
    assert answer.location.startswith(f"{ADMIN}/sign-in")
    assert path == "/" or path.replace("/", "%2F") in answer.location.replace("next=/", "next=%2F").replace("/", "%2F")


def test_a_session_has_a_cookie_of_its_own(visitor, account):
    """HttpOnly, SameSite=Strict, for the audit view's own path; the host's session is not touched."""
    found = cookies(sign_in(visitor))
    assert set(found) == {"consentkit_admin", "consentkit_admin_device"}
    for header in found.values():
        assert {"HttpOnly", "SameSite=Strict", "Path=/consent/admin"} <= set(header.split("; "))
        assert "Secure" not in header
        assert "Domain" not in header
    assert visitor.get(f"{ADMIN}/records").status_code == 200


def test_on_https_the_cookies_are_secure(visitor, account):
    """They never travel in the clear."""
    answer = sign_in(visitor, headers={"Origin": "https://localhost"}, base_url="https://localhost")
    assert all("Secure" in header.split("; ") for header in cookies(answer).values())


def test_the_address_may_be_written_in_any_case(visitor, account):
    """An address is one account, however it is typed."""
    assert sign_in(visitor, email=f"  {EMAIL.upper()} ").status_code == 303


def test_only_a_hash_of_the_token_is_stored(visitor, account, runtime, tmp_path):
    """Who reads the database cannot take over a session."""
    token = cookies(sign_in(visitor))["consentkit_admin"].partition("=")[2].partition(";")[0]
    runtime.database.dispose()
    assert all(token.encode() not in path.read_bytes() for path in tmp_path.glob("consentkit.db*"))


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (EMAIL, "another reading room"),
        ("nobody@steppe-herald.example", PASSWORD),
        ("\x00", "\x00"),
        ("x" * 5_000, "y" * 5_000),
        ("' OR 1=1 --", "' OR 1=1 --"),
        ("<script>alert(1)</script>", "x"),
        ("a@b.c\ud800".encode("utf-8", "surrogatepass"), "x"),
    ],
)
def test_what_does_not_fit_is_told_in_the_same_words(visitor, account, email, password):
    """Neither the words nor the status tell which of the two was wrong."""
    answer = sign_in(visitor, email=email, password=password)
    assert answer.status_code == 403
    assert "E-mail address or password is wrong" in answer.text
    assert "<script>alert" not in answer.text
    assert "consentkit_admin" not in cookies(answer)


def test_an_empty_form_says_what_is_missing(visitor):
    """It is no attempt."""
    answer = sign_in(visitor, email=" ", password="")
    assert answer.status_code == 400
    assert "Enter your e-mail address" in answer.text


def test_a_planted_token_is_replaced_and_ended(visitor, account, runtime):
    """Whatever session the browser had, signing in gives it another one, and the old one is over."""
    first = cookies(sign_in(visitor))["consentkit_admin"].partition("=")[2].partition(";")[0]
    second = cookies(sign_in(visitor))["consentkit_admin"].partition("=")[2].partition(";")[0]
    assert first != second
    visitor.set_cookie("consentkit_admin", first, path=ADMIN)
    assert visitor.get(f"{ADMIN}/records").status_code == 303


@pytest.mark.parametrize("value", ["", "x", "A" * 43, "A" * 4_000, "../../etc/passwd", "%00", "'; DROP TABLE x"])
def test_a_forged_cookie_is_nobodys(visitor, account, value):
    """It leads to the form like no cookie at all."""
    visitor.set_cookie("consentkit_admin", value, path=ADMIN)
    assert visitor.get(f"{ADMIN}/records").status_code == 303


def test_signing_out_ends_the_session_on_the_server(officer):
    """The token is worth nothing afterwards, even where it was kept."""
    token = officer.get_cookie("consentkit_admin", path=ADMIN).value
    assert officer.post(f"{ADMIN}/sign-out", headers={"Origin": ORIGIN}).status_code == 303
    assert officer.get_cookie("consentkit_admin", path=ADMIN) is None
    officer.set_cookie("consentkit_admin", token, path=ADMIN)
    assert officer.get(f"{ADMIN}/records").status_code == 303


def test_a_session_that_is_not_used_ends_after_an_hour(officer, clock):
    """Use keeps it alive; an hour without does not."""
    for _ in range(3):
        clock.advance(dt.timedelta(minutes=50))
        assert officer.get(f"{ADMIN}/records").status_code == 200
    clock.advance(dt.timedelta(hours=1))
    assert officer.get(f"{ADMIN}/records").status_code == 303


def test_no_session_lasts_longer_than_twelve_hours(officer, clock):
    """However much it is used."""
    for _ in range(15):
        clock.advance(dt.timedelta(minutes=47))
        assert officer.get(f"{ADMIN}/records").status_code == 200
    clock.advance(dt.timedelta(minutes=15))
    assert officer.get(f"{ADMIN}/records").status_code == 303


def test_a_disabled_account_is_out_at_once(officer, visitor, account, runtime):
    """Its sessions end, and it cannot sign in again."""
    with runtime.database.unit_of_work() as uow:
        uow.accounts.disable(account.id, runtime.clock.now())
    assert officer.get(f"{ADMIN}/records").status_code == 303
    assert sign_in(visitor).status_code == 403


def test_a_hash_of_old_parameters_is_replaced(visitor, account, runtime):
    """When the parameters grow, the next time that somebody signs in their hash grows with them."""
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    with runtime.database.unit_of_work() as uow:
        uow.accounts.set_password_hash(account.id, weak)
    assert sign_in(visitor).status_code == 303
    with runtime.database.unit_of_work(read_only=True) as uow:
        stored = uow.accounts.by_email(EMAIL).password_hash
    assert stored != weak
    assert argon2.extract_parameters(stored) == argon2.extract_parameters(hash_password("x"))


@pytest.mark.parametrize(
    "target",
    [
        "https://elsewhere.example/consent/admin/records",
        "//elsewhere.example/consent/admin/",
        "/\\elsewhere.example",
        "/consent/admin/../../elsewhere",
        "/consent/admin/%2e%2e/%2E%2e/elsewhere",
        "/consent/admin/.%2e/.%2E/elsewhere",
        "/elsewhere",
        "javascript:alert(1)",
        "/consent/admin/records\r\nSet-Cookie: x=y",
        "/consent/admin/" + "x" * 5000,
        "http://[",
    ],
)
def test_the_way_back_never_leads_out(visitor, account, target):
    """Only pages of the audit view are gone back to."""
    assert sign_in(visitor, target=target).location == f"{ADMIN}/"


def test_the_way_back_keeps_the_filter(visitor, account):
    """Who followed a link to a filtered list gets that list."""
    asked = visitor.get(f"{ADMIN}/records?action=save&since=2026-11-01")
    form = visitor.get(asked.location)
    target = "/consent/admin/records?action=save&amp;since=2026-11-01"
    assert f'name="next" value="{target}"' in form.text
    assert sign_in(visitor, target=target.replace("&amp;", "&")).location == target.replace("&amp;", "&")


def test_guessing_is_slowed_down(visitor, account):
    """After five wrong passwords not even the right one is looked at, and the answer says how long."""
    for _ in range(5):
        assert sign_in(visitor, password="wrong password").status_code == 403
    answer = sign_in(visitor)
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    assert "Too many attempts. Try again in 15 minutes." in answer.text


def test_a_stranger_cannot_lock_out_a_browser_that_is_known(app, officer, visitor):
    """Guesses from the same address, behind the same proxy, leave the owner's browser alone."""
    sign_in(officer)
    officer.post(f"{ADMIN}/sign-out", headers={"Origin": ORIGIN})
    while sign_in(visitor, password="wrong password").status_code != 429:
        pass
    assert sign_in(officer).status_code == 303


def test_a_stolen_device_cookie_is_slowed_down_too(officer, app):
    """It buys five guesses, like any browser."""
    sign_in(officer)
    device = officer.get_cookie("consentkit_admin_device", path=ADMIN).value
    thief = app.test_client()
    thief.set_cookie("consentkit_admin_device", device, path=ADMIN)
    answers = [sign_in(thief, password="wrong password").status_code for _ in range(6)]
    assert answers == [403] * 5 + [429]


def test_a_known_browser_is_known_for_its_own_account_alone(app, officer, visitor):
    """The device cookie of one account opens no second line to another's."""
    sign_in(officer)
    officer.post(f"{ADMIN}/sign-out", headers={"Origin": ORIGIN})
    while sign_in(visitor, email="other@example.org", password="wrong password").status_code != 429:
        pass
    assert sign_in(officer, email="other@example.org", password="wrong password").status_code == 429


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Referer": "https://elsewhere.example/"},
        {"X-Requested-With": "XMLHttpRequest"},
    ],
)
@pytest.mark.parametrize("path", ["sign-in", "sign-out"])
def test_a_post_from_elsewhere_does_nothing(officer, headers, path):
    """Neither signing in nor signing out can be forced on somebody."""
    answer = officer.post(f"{ADMIN}/{path}", data={"email": EMAIL, "password": PASSWORD}, headers=headers)
    assert answer.status_code == 403
    assert not cookies(answer)
    assert officer.get(f"{ADMIN}/records").status_code == 200


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Referer": "http://localhost/consent/admin/"}])
def test_a_post_of_our_own_is_taken(visitor, account, headers):
    """Each of the three headers that browsers send will do."""
    assert sign_in(visitor, headers=headers).status_code == 303


def test_behind_a_proxy_that_ends_tls_the_form_works(visitor, account):
    """The page was https though this side sees http."""
    assert sign_in(visitor, headers={"Origin": "https://localhost"}).status_code == 303


def test_a_body_that_is_too_large_is_refused(visitor):
    """Before it is read."""
    answer = sign_in(visitor, email="x" * 20_000)
    assert answer.status_code == 413
    assert "too large" in answer.text


def test_the_language_is_chosen_once(visitor, account):
    """By the browser's wish first, then by a click, which the session remembers."""
    assert "Вход" in visitor.get(f"{ADMIN}/sign-in", headers={"Accept-Language": "ru"}).text
    assert 'lang="kk"' in visitor.get(f"{ADMIN}/sign-in?lang=kk", headers={"Accept-Language": "ru"}).text
    answer = visitor.post(
        f"{ADMIN}/sign-in?lang=kk", data={"email": EMAIL, "password": PASSWORD}, headers={"Origin": ORIGIN}
    )
    assert answer.status_code == 303
    assert '<html lang="kk"' in visitor.get(f"{ADMIN}/records", headers={"Accept-Language": "ru"}).text
    assert '<html lang="ru"' in visitor.get(f"{ADMIN}/records?lang=ru").text
    assert '<html lang="ru"' in visitor.get(f"{ADMIN}/records").text
    assert '<html lang="ru"' in visitor.get(f"{ADMIN}/records?lang=%00").text
