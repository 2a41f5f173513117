"""The page behind an invitation's link: who follows it chooses a password and has an account."""

from __future__ import annotations

import flask

from ..errors import AccountRefused
from ..errors import PasswordCommon
from ..i18n.catalog import N_
from ..ledger.events import Result
from ..ledger.events import What
from ..operations.invite import accept_invitation
from ..operations.invite import find_invitation
from ..operations.passwords import MIN_PASSWORD_LENGTH
from ..runtime import current_runtime
from .access_events import keep
from .access_events import tell
from .rendering import current_words
from .rendering import redirect
from .rendering import render


def show_invitation(token: str) -> flask.Response:
    """Answer ``GET invitations/TOKEN``.

    :raises NotFound: the invitation does not hold.
    """
    return _form(token)


def post_invitation(token: str) -> flask.Response:
    """Answer ``POST invitations/TOKEN``: make the account.

    :raises NotFound: the invitation does not hold.
    """
    form = flask.request.form
    password = form.get("password", "")
    if password != form.get("again", ""):
        return _form(token, error=N_("The two passwords are not the same. Enter it again."))
    runtime = current_runtime()
    try:
        account = accept_invitation(runtime.database, token, password, clock=runtime.clock)
    except AccountRefused as error:
        if isinstance(error, PasswordCommon):
            return _form(token, error=N_("This password is one of those that are tried first. Choose another one."))
        if error.field == "password":
            return _form(token, error=N_("A password has 12 to 128 characters. Choose another one."))
        return _form(token, error=N_("There is an account of this address already. Sign in with its password."))
    tell(sites=account.grants, about=account.id, more={"person": account.email})
    keep(What.PERSON_JOIN, Result.DONE)
    return redirect(flask.url_for(".sign_in"))


def _form(token: str, *, error: str | None = None) -> flask.Response:
    runtime = current_runtime()
    with runtime.database.unit_of_work(read_only=True) as uow:
        invitation = find_invitation(uow, token, clock=runtime.clock)
    return render(
        "invitation.html",
        status=400 if error else 200,
        invitation=invitation,
        token=token,
        error=current_words().gettext(error) if error else None,
        least=MIN_PASSWORD_LENGTH,
    )
