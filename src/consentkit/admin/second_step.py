"""The second step of signing in: the code of who has a second factor."""

from __future__ import annotations

import flask

from ..cookies.attributes import ADMIN_SESSION_COOKIE
from ..cookies.attributes import ADMIN_STEP_COOKIE
from ..i18n.catalog import N_
from ..ledger.events import Result
from ..operations.second_factor import SALT
from ..operations.sign_in import SignedIn
from ..operations.sign_in import finish_sign_in
from ..runtime import current_runtime
from ..storage.accounts import Account
from .access_events import keep_attempt
from .rendering import chosen_locale
from .rendering import current_session
from .rendering import current_words
from .rendering import redirect
from .rendering import remember_session
from .rendering import render
from .sessions import MAX_NEXT
from .sessions import browser
from .sessions import delete_cookie
from .sessions import device_of_account
from .sessions import read_step
from .sessions import set_cookies
from .sessions import target_of
from .throttle import current_throttle


def show_code() -> flask.Response:
    """Answer ``GET sign-in/code``."""
    if current_session() is not None:
        return redirect(target_of(flask.request.args.get("next")))
    target = flask.request.args.get("next", "")
    return _from_the_start(target) if read_step() is None else _form(200, target=target)


def post_code() -> flask.Response:
    """Answer ``POST sign-in/code``."""
    runtime, throttle = current_runtime(), current_throttle()
    step = read_step()
    form = flask.request.form
    code, target = form.get("code", ""), form.get("next", "")
    account = None if step is None else _account(step[0])
    if step is None or account is None:
        return _from_the_start(target)
    if not code.strip():
        return _form(400, target=target, error=N_("Enter the code."))
    device = device_of_account(account.email)
    # Counted apart from passwords, so that giving the right one does not begin the count anew.
    counted = f"{account.email}\ncode"
    wait = throttle.attempt(counted, address=flask.request.remote_addr, device=device)
    if wait:
        response = _form(429, target=target, wait=-(-wait // 60))
        response.headers["Retry-After"] = str(wait)
        return response
    done = finish_sign_in(
        runtime.database,
        account.id,
        step[1],
        code,
        safe=runtime.codec.safe(SALT),
        locale=chosen_locale(),
        replaces=flask.request.cookies.get(ADMIN_SESSION_COOKIE),
        device=browser(),
        clock=runtime.clock,
    )
    if done is None:
        keep_attempt(account.email, Result.REFUSED, step="code")
        return _from_the_start(target)
    if not isinstance(done, SignedIn):
        keep_attempt(account.email, Result.REFUSED, step="code")
        return _form(
            403, target=target, error=N_("This code is wrong, too old or was used before. Enter the next one.")
        )
    remember_session(done.session)
    keep_attempt(account.email, Result.DONE, step="code")
    throttle.succeeded(counted, address=flask.request.remote_addr, device=device)
    response = redirect(target_of(target))
    set_cookies(response, done, device)
    delete_cookie(response, ADMIN_STEP_COOKIE)
    return response


def _account(account_id: str) -> Account | None:
    with current_runtime().database.unit_of_work(read_only=True) as uow:
        return uow.accounts.get(account_id)


def _from_the_start(target: str) -> flask.Response:
    response = redirect(flask.url_for(".sign_in", next=target if 0 < len(target) <= MAX_NEXT else None))
    if ADMIN_STEP_COOKIE in flask.request.cookies:
        delete_cookie(response, ADMIN_STEP_COOKIE)
    return response


def _form(status: int, *, target: str, error: str | None = None, wait: int | None = None) -> flask.Response:
    return render(
        "sign_in_code.html",
        status=status,
        target=target if len(target) <= MAX_NEXT else "",
        error=current_words().gettext(error) if error else None,
        wait=wait,
    )
