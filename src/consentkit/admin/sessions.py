"""Signing in and out, and the cookie between the two. The host application's session has no part in it."""

from __future__ import annotations

import secrets
import urllib.parse

import flask

from ..consent.devices import device_of
from ..cookies.attributes import ADMIN_DEVICE_COOKIE
from ..cookies.attributes import ADMIN_SESSION_COOKIE
from ..cookies.attributes import ADMIN_STEP_COOKIE
from ..errors import BadCookie
from ..i18n.catalog import N_
from ..ledger.events import Result
from ..ledger.events import What
from ..operations.resume_session import is_token
from ..operations.resume_session import resume_session
from ..operations.sign_in import SESSION_LIFETIME
from ..operations.sign_in import STEP_LIFETIME
from ..operations.sign_in import HalfSignedIn
from ..operations.sign_in import SignedIn
from ..operations.sign_in import sign_in
from ..runtime import current_runtime
from ..storage.accounts import normal_email
from ..storage.accounts import token_hash
from . import host_users
from .access_events import keep
from .access_events import keep_attempt
from .rendering import chosen_locale
from .rendering import current_session
from .rendering import current_words
from .rendering import redirect
from .rendering import remember_session
from .rendering import render
from .rendering import render_message
from .throttle import current_throttle

_AT_THE_HOST = (
    N_("You are not signed in"),
    N_("Sign in to the site, then open this page again. If you are signed in there, ask whoever runs it for a role."),
)
_STEP_SALT = "consentkit.admin.step.v1"
_DEVICE_SALT = "consentkit.admin.device.v1"
_DEVICE_SECONDS = 90 * 86400
_MAX_EMAIL = 254
#: The longest address that is gone back to.
MAX_NEXT = 2000


def load_session() -> None:
    """Find out who is signed in, and take note of a language that was chosen."""
    runtime = current_runtime()
    chosen = chosen_locale()
    if host_users.in_use():
        session = host_users.current_user()
        remember_session(session)
        if session is not None and chosen is not None and chosen != session.account.locale:
            with runtime.database.unit_of_work() as uow:
                zone = session.account.time_zone
                uow.accounts.set_preferences(session.account.id, locale=chosen, time_zone=zone)
        return
    session = resume_session(runtime.database, flask.request.cookies.get(ADMIN_SESSION_COOKIE), clock=runtime.clock)
    remember_session(session)
    if session is not None and chosen is not None and chosen != session.locale:
        with runtime.database.unit_of_work() as uow:
            uow.accounts.set_session_locale(session.token_hash, chosen)


def ask_to_sign_in() -> flask.Response:
    """Lead who is not signed in to the form, and from there back to where they wanted to go."""
    if host_users.in_use():
        return render_message(403, *_AT_THE_HOST)
    target = flask.request.full_path.rstrip("?") if flask.request.method == "GET" else ""
    came_from = flask.request.script_root + target if target and len(target) <= MAX_NEXT else None
    if came_from == admin_path() + "/":
        came_from = None
    response = redirect(flask.url_for(".sign_in", next=came_from))
    if ADMIN_SESSION_COOKIE in flask.request.cookies:
        # It stands for nothing any more.
        delete_cookie(response)
    return response


def show_sign_in() -> flask.Response:
    """Answer ``GET sign-in``."""
    if current_session() is not None:
        return redirect(target_of(flask.request.args.get("next")))
    if host_users.in_use():
        return ask_to_sign_in()
    return _form(200, email="", target=flask.request.args.get("next", ""))


def post_sign_in() -> flask.Response:
    """Answer ``POST sign-in``."""
    runtime = current_runtime()
    throttle = current_throttle()
    form = flask.request.form
    email, password, target = form.get("email", ""), form.get("password", ""), form.get("next", "")
    if not email.strip() or not password:
        return _form(400, email=email, target=target, error=N_("Enter your e-mail address and your password."))
    account = normal_email(email)[:_MAX_EMAIL]
    device = device_of_account(account)
    wait = throttle.attempt(account, address=flask.request.remote_addr, device=device)
    if wait:
        response = _form(429, email=email, target=target, wait=-(-wait // 60))
        response.headers["Retry-After"] = str(wait)
        return response
    signed_in = sign_in(
        runtime.database,
        account,
        password,
        locale=chosen_locale(),
        replaces=flask.request.cookies.get(ADMIN_SESSION_COOKIE),
        device=browser(),
        clock=runtime.clock,
    )
    if signed_in is None:
        keep_attempt(account, Result.REFUSED)
        return _form(403, email=email, target=target, error=N_("E-mail address or password is wrong. Try again."))
    throttle.succeeded(account, address=flask.request.remote_addr, device=device)
    if isinstance(signed_in, HalfSignedIn):
        keep_attempt(account, Result.DONE, step="password")
        response = redirect(flask.url_for(".sign_in_code", next=target if 0 < len(target) <= MAX_NEXT else None))
        set_cookie(response, ADMIN_STEP_COOKIE, step_token(signed_in), int(STEP_LIFETIME.total_seconds()))
        return response
    remember_session(signed_in.session)
    keep_attempt(account, Result.DONE)
    response = redirect(target_of(target))
    set_cookies(response, signed_in, device)
    return response


def post_sign_out() -> flask.Response:
    """Answer ``POST sign-out``: the session ends here and on the server."""
    token = flask.request.cookies.get(ADMIN_SESSION_COOKIE)
    if current_session() is not None:
        keep(What.SIGN_OUT, Result.DONE)
    if is_token(token):
        with current_runtime().database.unit_of_work() as uow:
            uow.accounts.end_session(token_hash(token))
    response = redirect(flask.url_for(".sign_in"))
    delete_cookie(response)
    # What the browser's memory still holds of our pages goes too.
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def admin_path() -> str:
    """Return the path of the audit view, without a slash at its end."""
    return flask.url_for(".index").rstrip("/")


def _form(status: int, *, email: str, target: str, error: str | None = None, wait: int | None = None) -> flask.Response:
    words = current_words()
    return render(
        "sign_in.html",
        status=status,
        email=email[:_MAX_EMAIL],
        target=target if len(target) <= MAX_NEXT else "",
        error=words.gettext(error) if error else None,
        wait=wait,
    )


def target_of(wanted: str | None) -> str:
    """Return where to go after signing in: a page of the audit view, never anything else."""
    home = flask.url_for(".index")
    if not wanted or len(wanted) > MAX_NEXT or not wanted.isprintable() or "\\" in wanted:
        return home
    try:
        parts = urllib.parse.urlsplit(wanted)
    except ValueError:
        return home
    # Browsers take %2e for a dot where it makes a dot segment (URL standard, 4.1).
    climbs = "/.." in urllib.parse.unquote(parts.path)
    if parts.scheme or parts.netloc or climbs or not parts.path.startswith(home):
        return home
    return urllib.parse.urlunsplit(("", "", parts.path, parts.query, ""))


def browser() -> str:
    """Return what the browser says of itself, in two words: a list of sessions shows it."""
    device = device_of(flask.request.headers.get("User-Agent", ""))
    return f"{device.family} {device.kind}"


def step_token(half: HalfSignedIn) -> str:
    """Return what a browser shows at the second step."""
    expires = int((current_runtime().clock.now() + STEP_LIFETIME).timestamp())
    return current_runtime().codec.sign_token(_STEP_SALT, f"{half.account.id} {expires} {half.mark}")


def read_step() -> tuple[str, str] | None:
    """Return whose password this browser gave, and the password's mark, as long as that holds."""
    runtime = current_runtime()
    try:
        text = runtime.codec.read_token(_STEP_SALT, flask.request.cookies.get(ADMIN_STEP_COOKIE, ""))
    except BadCookie:
        return None
    account_id, expires, mark = text.split(" ")
    return (account_id, mark) if runtime.clock.now().timestamp() < int(expires) else None


def device_of_account(email: str) -> str | None:
    """Return what names this browser, if it has signed in to that account before."""
    try:
        name, _, account = (
            current_runtime()
            .codec.read_token(_DEVICE_SALT, flask.request.cookies.get(ADMIN_DEVICE_COOKIE, ""))
            .partition(" ")
        )
    except BadCookie:
        return None
    return name if account == _account_mark(email) else None


def _account_mark(email: str) -> str:
    # Enough to tell accounts apart; the signature says that it is ours.
    return token_hash(email)[:16]


def set_cookies(response: flask.Response, signed_in: SignedIn, device: str | None) -> None:
    """Give the browser its session, and a name for the next time."""
    email = signed_in.session.account.email
    set_cookie(response, ADMIN_SESSION_COOKIE, signed_in.token, int(SESSION_LIFETIME.total_seconds()))
    value = f"{device or secrets.token_urlsafe(9)} {_account_mark(email)}"
    set_cookie(response, ADMIN_DEVICE_COOKIE, current_runtime().codec.sign_token(_DEVICE_SALT, value), _DEVICE_SECONDS)


def set_cookie(response: flask.Response, name: str, value: str, max_age: int) -> None:
    """Set a cookie of the audit view's own."""
    response.set_cookie(
        name,
        value,
        max_age=max_age,
        path=admin_path(),
        secure=flask.request.is_secure,
        httponly=True,
        samesite="Strict",
    )


def delete_cookie(response: flask.Response, name: str = ADMIN_SESSION_COOKIE) -> None:
    """Take a cookie of the audit view's own away."""
    response.delete_cookie(name, path=admin_path(), secure=flask.request.is_secure, httponly=True, samesite="Strict")
