"""One's own account: the password, language and time zone, and the browsers that are signed in."""

from __future__ import annotations

import flask

from ..cookies.attributes import ADMIN_SESSION_COOKIE
from ..errors import AccountRefused
from ..errors import NotFound
from ..errors import PasswordCommon
from ..errors import WrongPassword
from ..i18n.catalog import N_
from ..i18n.locales import own_name
from ..operations.change_password import change_password
from ..operations.passwords import MIN_PASSWORD_LENGTH
from ..operations.resume_session import session_holds
from ..runtime import current_runtime
from ..storage.accounts import AccountSession
from . import words as names
from .rendering import LOCALES
from .rendering import current_session
from .rendering import current_words
from .rendering import redirect
from .rendering import render
from .sessions import delete_cookie
from .sessions import device_of_account
from .sessions import set_cookies
from .throttle import current_throttle
from .time_zones import is_time_zone
from .time_zones import time_zones

# Enough of a hash to tell one's sessions apart.
_SHORT = 16

_DONE = {
    "password": N_("The password was changed. All other browsers were signed out."),
    "preferences": N_("Saved."),
    "ended": N_("The browser was signed out."),
    "others": N_("All other browsers were signed out."),
    "removed": N_("The second factor was removed. Sign-in takes the password alone."),
}

WRONG_PASSWORD = N_("This is not your password.")


def own_session() -> AccountSession:
    """Return who is signed in.

    :raises NotFound: nobody is.
    """
    session = current_session()
    if session is None:
        raise NotFound("Nobody is signed in.")
    return session


def waiting(session: AccountSession) -> int:
    """Count an attempt to give the password again, and return for how many seconds none is looked at.

    A browser that was left alone must not be a place to guess it.
    """
    email = session.account.email
    return current_throttle().attempt(
        f"{email}\nagain", address=flask.request.remote_addr, device=device_of_account(email)
    )


def confirmed(session: AccountSession) -> None:
    """Forget what was got wrong before it was got right."""
    email = session.account.email
    current_throttle().succeeded(f"{email}\nagain", address=flask.request.remote_addr, device=device_of_account(email))


def account() -> flask.Response:
    """Answer ``GET admin/account``."""
    return page(200, done=_DONE.get(flask.request.args.get("done", "")))


def post_password() -> flask.Response:
    """Answer ``POST admin/account/password``: a new one, and a new session in the place of all that there were."""
    session, form = own_session(), flask.request.form
    new = form.get("password", "")
    if new != form.get("again", ""):
        return page(400, wrong="again", error=N_("The two passwords are not the same. Enter it again."))
    if wait := waiting(session):
        return page(429, wait=wait)
    runtime = current_runtime()
    try:
        signed_in = change_password(runtime.database, session, form.get("current", ""), new, clock=runtime.clock)
    except WrongPassword:
        return page(403, wrong="current", error=WRONG_PASSWORD)
    except PasswordCommon:
        confirmed(session)
        error = N_("This password is one of those that are tried first. Choose another one.")
        return page(400, wrong="password", error=error)
    except AccountRefused:
        confirmed(session)
        return page(400, wrong="password", error=N_("A password has 12 to 128 characters. Choose another one."))
    confirmed(session)
    response = redirect(flask.url_for(".account", done="password"))
    set_cookies(response, signed_in, device_of_account(session.account.email))
    return response


def post_preferences() -> flask.Response:
    """Answer ``POST admin/account/preferences``: language and time zone; empty ones are the browser's, and UTC."""
    session, form = own_session(), flask.request.form
    locale, zone = form.get("locale", ""), form.get("time_zone", "")
    if (locale and locale not in LOCALES) or (zone and not is_time_zone(zone)):
        return page(400, wrong="preferences", error=N_("Choose a language and a time zone from the lists."))
    with current_runtime().database.unit_of_work() as uow:
        uow.accounts.set_preferences(session.account.id, locale=locale or None, time_zone=zone or None)
        # What a click chose before goes; an application's user has no session of ours.
        uow.accounts.set_session_locale(session.token_hash, None)
    return redirect(flask.url_for(".account", done="preferences"))


def post_end_sessions() -> flask.Response:
    """Answer ``POST admin/account/sessions/end``: one of one's own, or ``others``."""
    session, which = own_session(), flask.request.form.get("which", "")
    with current_runtime().database.unit_of_work() as uow:
        if which == "others":
            uow.accounts.end_sessions(session.account.id, but=session.token_hash)
            return redirect(flask.url_for(".account", done="others"))
        found = [one for one in uow.accounts.sessions_of(session.account) if one.token_hash[:_SHORT] == which]
        if not found:
            raise NotFound("There is no such session.")
        for one in found:
            uow.accounts.end_session(one.token_hash)
    if session.token_hash not in {one.token_hash for one in found}:
        return redirect(flask.url_for(".account", done="ended"))
    response = redirect(flask.url_for(".sign_in"))
    delete_cookie(response, ADMIN_SESSION_COOKIE)
    return response


def page(
    status: int, *, wrong: str = "", error: str | None = None, done: str | None = None, wait: int | None = None
) -> flask.Response:
    """Return the page.

    :param wrong: the field that *error* is about. :param wait: for how many seconds no password is looked at.
    """
    words, session, runtime = current_words(), own_session(), current_runtime()
    now = runtime.clock.now()
    with runtime.database.unit_of_work(read_only=True) as uow:
        # As it is now, not as it was before what was just done.
        stored = uow.accounts.get(session.account.id)
        sessions = [one for one in uow.accounts.sessions_of(session.account) if session_holds(one, now)]
        factor = uow.second_factors.get(session.account.id)
        codes = uow.second_factors.count_codes(session.account.id)
    response = render(
        "account.html",
        status=status,
        wrong=wrong,
        error=words.gettext(error) if error else None,
        done=words.gettext(done) if done else None,
        wait=-(-wait // 60) if wait else None,
        account=stored or session.account,
        sessions=[
            (one, one.token_hash[:_SHORT], _browser(one.device), one.token_hash == session.token_hash)
            for one in sessions
        ],
        has_second_factor=factor is not None and factor.confirmed_at is not None,
        codes=codes,
        locales=[(tag, own_name(tag)) for tag in LOCALES],
        zones=time_zones(),
        least=MIN_PASSWORD_LENGTH,
    )
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response


def _browser(device: str) -> str:
    words = current_words()
    family, _, kind = device.rpartition(" ")
    name = words.gettext(names.DEVICES.get(kind, names.DEVICES["other"]))
    return f"{family}, {name}" if family and family != "Other" else name
