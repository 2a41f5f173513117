"""Setting a second factor up: the picture for the telephone, the first code, the recovery codes; and removing it."""

from __future__ import annotations

import io
import typing as t

import flask
import segno

from ..errors import AccountRefused
from ..errors import WrongPassword
from ..i18n.catalog import N_
from ..operations.change_password import confirm_password
from ..operations.second_factor import SALT
from ..operations.second_factor import begin_second_factor
from ..operations.second_factor import confirm_second_factor
from ..operations.second_factor import new_recovery_codes
from ..operations.second_factor import pending_secret
from ..operations.second_factor import provisioning_uri
from ..runtime import current_runtime
from .account import WRONG_PASSWORD
from .account import confirmed
from .account import own_session
from .account import page
from .account import waiting
from .rendering import current_words
from .rendering import redirect
from .rendering import render

if t.TYPE_CHECKING:
    from ..storage.unit_of_work import UnitOfWork

_GROUP = 4


def show() -> flask.Response:
    """Answer ``GET admin/account/second-factor``: the picture, the secret in letters, the field for a code.

    :raises NotFound: none is being set up.
    """
    return _form(200)


def picture() -> flask.Response:
    """Answer ``GET admin/account/second-factor.svg``.

    :raises NotFound: none is being set up. One that is in use is never shown again.
    """
    with current_runtime().database.unit_of_work(read_only=True) as uow:
        secret = _secret(uow)
    uri = provisioning_uri(secret, email=own_session().account.email, issuer=_issuer())
    svg = io.BytesIO()
    # Dark on light in a dark scheme as well, with the margin that the standard asks for (ISO/IEC 18004, 5.3.8).
    segno.make_qr(uri, error="m").save(svg, kind="svg", scale=5, border=4, dark="#000", light="#fff", xmldecl=False)
    return flask.Response(svg.getvalue(), mimetype="image/svg+xml")


def post_begin() -> flask.Response:
    """Answer ``POST admin/account/second-factor``: make a secret, for who gives the password again."""
    refused = _not_confirmed("begin")
    if refused is not None:
        return refused
    runtime = current_runtime()
    try:
        with runtime.database.unit_of_work() as uow:
            begin_second_factor(uow, own_session().account.id, safe=runtime.codec.safe(SALT), clock=runtime.clock)
    except AccountRefused:
        return page(409, wrong="begin", error=N_("You have a second factor. Remove it before you set up another one."))
    return redirect(flask.url_for(".second_factor"))


def post_confirm() -> flask.Response:
    """Answer ``POST admin/account/second-factor/confirm``: the page with the recovery codes, shown this once.

    :raises NotFound: none is being set up.
    """
    runtime, session = current_runtime(), own_session()
    with runtime.database.unit_of_work() as uow:
        codes = confirm_second_factor(
            uow,
            session.account.id,
            flask.request.form.get("code", ""),
            keep=session.token_hash,
            safe=runtime.codec.safe(SALT),
            clock=runtime.clock,
        )
    if codes is None:
        return _form(
            400, error=N_("This is not the code of now. Wait for the next one, and see that the clock is right.")
        )
    return render("recovery_codes.html", codes=codes, is_new=True)


def post_codes() -> flask.Response:
    """Answer ``POST admin/account/second-factor/codes``: new recovery codes, for who gives the password again."""
    refused = _not_confirmed("codes")
    if refused is not None:
        return refused
    session = own_session()
    with current_runtime().database.unit_of_work() as uow:
        uow.accounts.hold()
        factor = uow.second_factors.get(session.account.id)
        codes = new_recovery_codes(uow, session.account.id) if factor and factor.confirmed_at else None
    if codes is None:
        return redirect(flask.url_for(".account"))
    return render("recovery_codes.html", codes=codes, is_new=False)


def post_remove() -> flask.Response:
    """Answer ``POST admin/account/second-factor/remove``, for who gives the password again."""
    refused = _not_confirmed("remove")
    if refused is not None:
        return refused
    with current_runtime().database.unit_of_work() as uow:
        uow.second_factors.remove(own_session().account.id)
    return redirect(flask.url_for(".account", done="removed"))


def _not_confirmed(field: str) -> flask.Response | None:
    """Return what to answer to who did not give the password of the account."""
    session = own_session()
    if wait := waiting(session):
        return page(429, wait=wait)
    try:
        confirm_password(session, flask.request.form.get("current", ""))
    except WrongPassword:
        return page(403, wrong=field, error=WRONG_PASSWORD)
    confirmed(session)
    return None


def _secret(uow: UnitOfWork) -> str:
    runtime = current_runtime()
    return pending_secret(uow, own_session().account.id, safe=runtime.codec.safe(SALT), clock=runtime.clock)


def _issuer() -> str:
    # A colon would end it (the form of the address that authenticators read).
    return f"consentkit {flask.request.host.replace(':', ' ')}"


def _form(status: int, *, error: str | None = None) -> flask.Response:
    with current_runtime().database.unit_of_work(read_only=True) as uow:
        secret = _secret(uow)
    groups = " ".join(secret[i : i + _GROUP] for i in range(0, len(secret), _GROUP))
    return render(
        "second_factor.html",
        status=status,
        secret=groups,
        error=current_words().gettext(error) if error else None,
    )
