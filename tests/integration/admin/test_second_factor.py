"""Who has a second factor signs in with a code of it, each of which works once."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import datetime as dt
import re

import pyotp
import pytest
import sqlalchemy as sa

from consentkit.cookies.codec import Codec
from consentkit.cookies.keyring import Keyring
from consentkit.operations.second_factor import SALT
from consentkit.operations.sign_in import SignedIn
from consentkit.operations.sign_in import finish_sign_in
from consentkit.operations.sign_in import sign_in as begin
from consentkit.storage.accounts import token_hash

from .conftest import ADMIN
from .conftest import EMAIL
from .conftest import PASSWORD
from .conftest import signed_in

OURS = {"Sec-Fetch-Site": "same-origin"}
PAGE = f"{ADMIN}/account/second-factor"


@pytest.fixture
def app(app_on_both):
    """On both databases."""
    return app_on_both


@dataclasses.dataclass
class Telephone:
    """What shows the codes."""

    totp: pyotp.TOTP
    clock: object
    recovery: list[str]

    def code(self, **off: int) -> str:
        """Return the code of now, or of another time."""
        return self.totp.at(self.clock.now() + dt.timedelta(**off))


def post(client, path="", **form):
    """Send a form of the account's page."""
    return client.post(PAGE + path, data=form, headers=OURS)


def secret_of(client):
    """Return the secret that the page shows."""
    return re.search(r"<code [^>]*>([A-Z2-7 ]+)</code>", client.get(PAGE).text)[1].replace(" ", "")


@pytest.fixture
def telephone(officer, clock):
    """The telephone of the officer, whose second factor is set up."""
    assert post(officer, current=PASSWORD).status_code == 303
    telephone = Telephone(pyotp.TOTP(secret_of(officer)), clock, [])
    answer = post(officer, "/confirm", code=telephone.code())
    assert answer.status_code == 200
    telephone.recovery = re.findall(r"<code>([a-z2-9-]{19})</code>", answer.text)
    # The code of now was used.
    clock.advance(dt.timedelta(seconds=30))
    return telephone


def give_password(client, password=PASSWORD, **form):
    """Take the first step."""
    return client.post(f"{ADMIN}/sign-in", data={"email": EMAIL, "password": password, **form}, headers=OURS)


def give_code(client, code, **form):
    """Take the second step."""
    return client.post(f"{ADMIN}/sign-in/code", data={"code": code, **form}, headers=OURS)


def is_in(client):
    """Whether somebody is signed in."""
    return client.get(f"{ADMIN}/records").status_code == 200


def test_signing_in_takes_two_steps(visitor, telephone):
    """After the password there is no session yet, whatever address is tried."""
    answer = give_password(visitor)
    assert answer.location == f"{ADMIN}/sign-in/code"
    assert visitor.get_cookie("consentkit_admin", path=ADMIN) is None
    for path in ("/", "/records", "/account", "/people", "/records.csv"):
        assert visitor.get(ADMIN + path).status_code == 303
    assert visitor.get(f"{ADMIN}/sign-in/code").status_code == 200
    assert give_code(visitor, telephone.code()).location == f"{ADMIN}/"
    assert is_in(visitor)
    assert visitor.get_cookie("consentkit_admin_step", path=ADMIN) is None


def test_the_cookie_of_the_first_step_is_strict(visitor, telephone):
    """For the audit view's path alone, out of any script's reach."""
    [header] = give_password(visitor).headers.getlist("Set-Cookie")
    assert header.startswith("consentkit_admin_step=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/consent/admin", "Max-Age=300"} <= set(header.split("; "))


def test_a_code_is_taken_once(app, visitor, telephone):
    """Not in another browser, not in the same one, not by whoever looked over a shoulder."""
    give_password(visitor)
    code = telephone.code()
    assert give_code(visitor, code).status_code == 303
    other = app.test_client()
    give_password(other)
    answer = give_code(other, code)
    assert answer.status_code == 403
    assert "used before" in answer.text
    assert not is_in(other)
    # Nor one from before the one that was used.
    assert give_code(other, telephone.code(seconds=-30)).status_code == 403
    assert give_code(other, telephone.code(seconds=30)).status_code == 303


def test_of_several_at_once_one_gets_in(runtime, telephone):
    """The same code in many browsers at the same moment."""
    half = begin(runtime.database, EMAIL, PASSWORD, locale=None, replaces=None, clock=runtime.clock)
    code, safe = telephone.code(), runtime.codec.safe(SALT)

    def enter(_number):
        return finish_sign_in(
            runtime.database,
            half.account.id,
            half.mark,
            code,
            safe=safe,
            locale=None,
            replaces=None,
            clock=runtime.clock,
        )

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        done = [*pool.map(enter, range(4))]
    assert sum(isinstance(one, SignedIn) for one in done) == 1


@pytest.mark.parametrize("off", [-90, -60, 60, 90, 3600])
def test_a_code_of_another_time_is_none(visitor, telephone, off):
    """A telephone's clock may be off by half a minute."""
    give_password(visitor)
    assert give_code(visitor, telephone.code(seconds=off)).status_code == 403


@pytest.mark.parametrize(
    "spell",
    [
        lambda code: f" {code[:3]} {code[3:]} ",
        lambda code: f"{code[:3]}-{code[3:]}",
        lambda code: code.translate({ord("0") + n: 0x0660 + n for n in range(10)}),
        lambda code: code.translate({ord("0") + n: 0xFF10 + n for n in range(10)}),
    ],
    ids=["spaces", "dash", "arabic", "wide"],
)
def test_a_code_may_be_written_as_keyboards_do(visitor, telephone, spell):
    """With spaces, and in other digits."""
    give_password(visitor)
    assert give_code(visitor, spell(telephone.code())).status_code == 303


@pytest.mark.parametrize(
    "code", ["000000", "x", "\x00", "1" * 5000, "' OR 1=1 --", "<script>alert(1)</script>", "½½½½½½"]
)
def test_what_is_no_code_is_refused(visitor, telephone, code):
    """Whatever it looks like."""
    give_password(visitor)
    answer = give_code(visitor, code)
    assert answer.status_code == 403
    assert "<script>alert" not in answer.text
    assert not is_in(visitor)


def test_a_recovery_code_works_once(app, visitor, telephone):
    """There are ten; the others stay."""
    assert len(set(telephone.recovery)) == 10
    code = telephone.recovery[3]
    give_password(visitor)
    assert give_code(visitor, code.upper().replace("-", " ")).status_code == 303
    assert "9 recovery codes are left" in visitor.get(f"{ADMIN}/account").text
    other = app.test_client()
    give_password(other)
    assert give_code(other, code).status_code == 403
    assert give_code(other, telephone.recovery[0]).status_code == 303


def test_recovery_codes_are_stored_as_hashes(runtime, account, telephone):
    """Neither they nor the secret can be read in the database."""
    with runtime.database.unit_of_work(read_only=True) as uow:
        factor = uow.second_factors.get(account.id)
        rows = str(uow.session.execute(text_of_all()).all())
    for code in telephone.recovery:
        assert code not in rows
        assert code.replace("-", "") not in rows
    assert telephone.totp.secret not in factor.secret
    assert factor.secret not in repr(factor)


def text_of_all():
    """Return the statement for all recovery codes."""
    return sa.text("SELECT * FROM consentkit_recovery_codes")


def test_new_recovery_codes_replace_those_of_before(app, officer, visitor, telephone):
    """For who gives the password."""
    assert post(officer, "/codes", current="not this one").status_code == 403
    answer = post(officer, "/codes", current=PASSWORD)
    codes = re.findall(r"<code>([a-z2-9-]{19})</code>", answer.text)
    assert len(codes) == 10
    give_password(visitor)
    assert give_code(visitor, telephone.recovery[0]).status_code == 403
    assert give_code(visitor, codes[0]).status_code == 303


def test_guessing_codes_is_slowed_down(visitor, telephone):
    """And giving the password again does not begin the count anew."""
    give_password(visitor)
    for number in range(5):
        assert give_code(visitor, f"00000{number}").status_code == 403
        give_password(visitor)
    answer = give_code(visitor, telephone.code())
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900
    assert not is_in(visitor)


def test_there_is_no_second_step_without_a_first(app, visitor, telephone):
    """Nor with a cookie that somebody made, or of another use."""
    assert give_code(visitor, telephone.code()).location == f"{ADMIN}/sign-in"
    device = app.extensions["consentkit"].codec.sign_token("consentkit.admin.device.v1", "x 9999999999 y")
    for value in ("x", "x.y", device, "A" * 4000):
        visitor.set_cookie("consentkit_admin_step", value, path=ADMIN)
        assert give_code(visitor, telephone.code()).location == f"{ADMIN}/sign-in"
    assert visitor.get(f"{ADMIN}/sign-in/code").location == f"{ADMIN}/sign-in"
    assert not is_in(visitor)


def test_the_first_step_holds_five_minutes(visitor, telephone, clock):
    """Then the password is asked for again."""
    give_password(visitor)
    clock.advance(dt.timedelta(minutes=5))
    assert give_code(visitor, telephone.code()).location == f"{ADMIN}/sign-in"
    assert not is_in(visitor)


def test_a_new_password_voids_the_first_step(officer, visitor, telephone):
    """Who gave the old one in time is out."""
    give_password(visitor)
    form = {"current": PASSWORD, "password": "a lamp in the archive", "again": "a lamp in the archive"}
    assert officer.post(f"{ADMIN}/account/password", data=form, headers=OURS).status_code == 303
    assert give_code(visitor, telephone.code()).location == f"{ADMIN}/sign-in"


def test_a_disabled_account_takes_no_second_step(visitor, telephone, account, runtime):
    """Disabled between the two steps, it stays out."""
    give_password(visitor)
    with runtime.database.unit_of_work() as uow:
        uow.accounts.disable(account.id, runtime.clock.now())
    assert give_code(visitor, telephone.code()).location == f"{ADMIN}/sign-in"
    assert not is_in(visitor)


def test_a_planted_session_is_replaced(app, officer, account, runtime, telephone):
    """Whatever token the browser had, it gets another one, and that session is over."""
    planted = signed_in(app, account, runtime)
    token = planted.get_cookie("consentkit_admin", path=ADMIN).value
    give_password(planted)
    assert give_code(planted, telephone.code()).status_code == 303
    assert planted.get_cookie("consentkit_admin", path=ADMIN).value != token
    thief = app.test_client()
    thief.set_cookie("consentkit_admin", token, path=ADMIN)
    assert not is_in(thief)


def test_the_way_back_is_kept_and_never_leads_out(app, visitor, telephone):
    """Over both steps."""
    target = f"{ADMIN}/records?action=save"
    assert "next=" in give_password(visitor, next=target).location
    assert target.replace("&", "&amp;") in visitor.get(give_password(visitor, next=target).location).text
    assert give_code(visitor, telephone.code(), next="https://evil.example/").location == f"{ADMIN}/"
    other = app.test_client()
    give_password(other)
    assert give_code(other, telephone.recovery[0], next=target).location == target


def test_setting_up_asks_for_the_password(officer):
    """Else whoever finds a browser could lock its owner out."""
    assert post(officer, current="not this one").status_code == 403
    assert officer.get(PAGE).status_code == 404
    assert officer.get(f"{PAGE}.svg").status_code == 404


def test_the_picture_is_a_file_that_nobody_keeps(officer):
    """An SVG of our own origin, with no script and no style in it, and gone once a code was shown."""
    post(officer, current=PASSWORD)
    answer = officer.get(f"{PAGE}.svg")
    assert answer.mimetype == "image/svg+xml"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script" not in answer.text
    assert "style=" not in answer.text
    page = officer.get(PAGE)
    assert f'src="{PAGE}.svg"' in page.text
    assert "data:" not in page.text
    assert "img-src 'self'" in page.headers["Content-Security-Policy"]


def test_it_is_not_asked_for_before_a_code_was_shown(officer, visitor, clock):
    """A wrong code sets nothing up, and what was begun is over after half an hour."""
    post(officer, current=PASSWORD)
    secret = secret_of(officer)
    assert post(officer, "/confirm", code="000000").status_code == 400
    assert give_password(visitor).location == f"{ADMIN}/"
    clock.advance(dt.timedelta(minutes=30))
    assert officer.get(PAGE).status_code == 404
    assert post(officer, "/confirm", code=pyotp.TOTP(secret).at(clock.now())).status_code == 404


def test_setting_up_signs_the_others_out(app, account, runtime, officer):
    """Who was in by the password alone is not any more."""
    other = signed_in(app, account, runtime)
    post(officer, current=PASSWORD)
    code = pyotp.TOTP(secret_of(officer)).at(runtime.clock.now())
    assert post(officer, "/confirm", code=code).status_code == 200
    assert not is_in(other)
    assert is_in(officer)


def test_the_code_that_set_it_up_does_not_sign_in(officer, visitor, runtime):
    """It was used."""
    post(officer, current=PASSWORD)
    code = pyotp.TOTP(secret_of(officer)).at(runtime.clock.now())
    post(officer, "/confirm", code=code)
    give_password(visitor)
    assert give_code(visitor, code).status_code == 403


def test_one_in_use_is_neither_shown_nor_replaced(officer, visitor, telephone):
    """Not without removing it, for which the password is needed."""
    assert officer.get(PAGE).status_code == 404
    assert officer.get(f"{PAGE}.svg").status_code == 404
    assert post(officer, current=PASSWORD).status_code == 409
    assert post(officer, "/remove", current="not this one").status_code == 403
    assert give_password(visitor).location == f"{ADMIN}/sign-in/code"
    assert post(officer, "/remove", current=PASSWORD).status_code == 303
    assert give_password(visitor).location == f"{ADMIN}/"


def with_keys(app, runtime, *keys):
    """Let the application run with other secret keys."""
    app.extensions["consentkit"] = dataclasses.replace(runtime, codec=Codec(Keyring(keys)))


def test_the_secret_survives_a_rotation_of_keys(app, visitor, runtime, telephone, account):
    """Used under both keys, it is encrypted with the new one, and the old one can go."""
    with_keys(app, runtime, "the host's", "a new one")
    give_password(visitor)
    assert give_code(visitor, telephone.code()).status_code == 303
    with_keys(app, runtime, "a new one")
    other = app.test_client()
    give_password(other)
    assert give_code(other, telephone.code(seconds=30)).status_code == 303


def test_without_its_key_the_recovery_codes_are_left(app, visitor, runtime, telephone):
    """No code of the telephone is taken, and nothing fails."""
    with_keys(app, runtime, "another one")
    give_password(visitor)
    assert give_code(visitor, telephone.code()).status_code == 403
    assert give_code(visitor, telephone.recovery[0]).status_code == 303


def test_a_secret_is_of_one_account(runtime, account, telephone):
    """Copied to another account's row it cannot be read."""
    with runtime.database.unit_of_work(read_only=True) as uow:
        locked = uow.second_factors.get(account.id).secret
    safe = runtime.codec.safe(SALT)
    assert safe.unlock(locked, of=account.id)[0] == telephone.totp.secret
    for of, other in ((account.id[::-1], safe), (account.id, runtime.codec.safe("another use"))):
        with pytest.raises(Exception, match="None of the secret keys"):
            other.unlock(locked, of=of)
    for broken in ("", "x", "!", locked[:-4], "A" * 5000):
        with pytest.raises(Exception, match=r"encrypted"):
            safe.unlock(broken, of=account.id)


def test_signing_in_and_being_reset_do_not_wait_for_each_other(runtime, account, telephone):
    """Both lock the account first, so neither has to give way."""
    half = begin(runtime.database, EMAIL, PASSWORD, locale=None, replaces=None, clock=runtime.clock)
    codes, safe = telephone.recovery[:6], runtime.codec.safe(SALT)

    def enter(code):
        done = finish_sign_in(
            runtime.database,
            half.account.id,
            half.mark,
            code,
            safe=safe,
            locale=None,
            replaces=None,
            clock=runtime.clock,
        )
        return isinstance(done, SignedIn)

    def put_anew(_code):
        with runtime.database.unit_of_work() as uow:
            uow.accounts.hold()
            uow.second_factors.put_codes(account.id, [token_hash(code.replace("-", "")) for code in telephone.recovery])
            uow.accounts.end_sessions(account.id)
        return True

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        both = [pool.submit(work, one) for one in codes for work in (enter, put_anew)]
        assert all(done.result() for done in both)
