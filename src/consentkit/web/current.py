"""``current_consent``: what the reader of this request agreed to, for views and templates."""

from __future__ import annotations

import typing as t

import flask
from werkzeug.local import LocalProxy

from ..consent.purposes import NECESSARY
from ..cookies.codec import State
from ..errors import NotFound
from ..runtime import current_runtime
from .negotiation import gpc
from .negotiation import page_site
from .reader import Reader
from .reader import Status
from .reader import read_reader

_KEY = "_consentkit_reader"
_READ = "_consentkit_was_read"
_SIGNAL = "_consentkit_signal_was_read"


class Consent:
    """What the reader of the current request agreed to.

    Whatever does not hold (no cookie, a forged, expired or outdated one, another site's) allows nothing.
    """

    def __init__(self, reader: Reader | None) -> None:
        self._reader = reader

    def allows(self, name: str) -> bool:
        """Whether the purpose, or the service, of that *name* may run. ``necessary`` always may."""
        if name == NECESSARY:
            return True
        if self._reader is None:
            return False
        choice = self._reader.choice
        return choice.purposes.get(name, choice.services.get(name, False))

    @property
    def decision(self) -> State | None:
        """The decision that is in force, or ``None`` if there is none."""
        if self._reader is None or self._reader.status is not Status.VALID:
            return None
        return self._reader.state

    @property
    def gpc(self) -> bool:
        """Whether the request carries Global Privacy Control (``Sec-GPC: 1``). It changes nothing that is allowed."""
        setattr(flask.g, _SIGNAL, True)
        return gpc()

    @property
    def status(self) -> str:
        """``none``, ``valid``, ``expired``, ``outdated`` or ``invalid``: as ``GET state`` says it."""
        return (self._reader.status if self._reader else Status.NONE).value


def _load() -> Consent:
    if not flask.has_request_context():
        raise RuntimeError(
            "'current_consent' was used outside of a request: it is the consent of the reader who asks. In a task or a "
            "command, read the records instead."
        )
    # Whatever is rendered from now on depends on the reader's cookie.
    setattr(flask.g, _READ, True)
    consent = flask.g.get(_KEY)
    if consent is None:
        runtime = current_runtime()
        try:
            consent = Consent(read_reader(runtime, page_site(runtime)))
        except NotFound:
            consent = Consent(None)
        setattr(flask.g, _KEY, consent)
    return t.cast("Consent", consent)


#: The consent of the current reader.
current_consent: Consent = t.cast("Consent", LocalProxy(_load))


def keep_private(response: flask.Response) -> flask.Response:
    """Keep shared caches from a response that was made with the reader's consent in view."""
    if flask.g.get(_READ, False):
        response.cache_control.private = True
        response.cache_control.public = False
        response.vary.add("Cookie")
    if flask.g.get(_SIGNAL, False):
        response.vary.add("Sec-GPC")
    return response
