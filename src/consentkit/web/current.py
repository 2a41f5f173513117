"""``current_consent``: what the reader of this request agreed to, for views and templates."""

from __future__ import annotations

import functools
import logging
import typing as t

import flask
from werkzeug.local import LocalProxy

from ..consent.purposes import NECESSARY
from ..consent.site import Site
from ..cookies.codec import State
from ..errors import NotFound
from ..runtime import current_runtime
from .negotiation import gpc
from .negotiation import page_site
from .reader import Reader
from .reader import Status
from .reader import read_reader

log = logging.getLogger("consentkit")

_KEY = "_consentkit_reader"
_READ = "_consentkit_was_read"
_SIGNAL = "_consentkit_signal_was_read"
_SHARED = "_consentkit_made_for_everybody"


class Consent:
    """What the reader of the current request agreed to.

    Whatever does not hold (no cookie, a forged, expired or outdated one, another site's) allows nothing.

    :param reader: ``None`` where nobody can be known. :param site: the one that the page belongs to, if any.
    """

    def __init__(self, reader: Reader | None, site: Site | None) -> None:
        self._reader = reader
        self._site = site

    def allows(self, name: str) -> bool:
        """Whether the purpose, or the service, of that *name* may run.

        ``necessary`` and its services always may; what the site does not have never may.
        """
        if name == NECESSARY:
            return True
        choice = self._reader.choice if self._reader else None
        if choice and name in choice.purposes:
            return choice.purposes[name]
        if choice and name in choice.services:
            return choice.services[name]
        return self._site is not None and any(one.id == name and one.is_necessary for one in self._site.services)

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
    if flask.g.get(_SHARED, False):
        _too_late(str(flask.request.endpoint))
        return Consent(None, None)
    # Whatever is rendered from now on depends on the reader's cookie.
    setattr(flask.g, _READ, True)
    consent = flask.g.get(_KEY)
    if consent is None:
        runtime = current_runtime()
        try:
            snapshot = page_site(runtime)
            consent = Consent(read_reader(runtime, snapshot), snapshot.site)
        except NotFound:
            consent = Consent(None, None)
        setattr(flask.g, _KEY, consent)
    return t.cast("Consent", consent)


# Said once a process for each endpoint.
@functools.lru_cache(maxsize=256)
def _too_late(endpoint: str) -> None:
    log.error(
        "'current_consent' was first read after the headers of the response of %r were made, which let shared caches "
        "keep it: it allows nothing there. Read it before you begin to stream, or make the response private.",
        endpoint,
    )


#: The consent of the current reader.
current_consent: Consent = t.cast("Consent", LocalProxy(_load))


def allowed_by_the_view(name: str) -> bool:
    """Whether the page that is being answered was made with the consent in view, and the reader agreed to *name*."""
    consent: Consent | None = flask.g.get(_KEY)
    return bool(flask.g.get(_READ, False)) and consent is not None and consent.allows(name)


def keep_private(response: flask.Response) -> flask.Response:
    """Keep shared caches from a response that was made with the reader's consent in view."""
    if flask.g.get(_READ, False):
        response.cache_control.private = True
        response.cache_control.public = False
        response.vary.add("Cookie")
    elif not (response.cache_control.private or response.cache_control.no_store):
        # What is streamed from now on can no longer say that it is one reader's.
        setattr(flask.g, _SHARED, True)
    if flask.g.get(_SIGNAL, False):
        response.vary.add("Sec-GPC")
    return response
