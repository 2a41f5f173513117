"""What a request's cookies say of its reader, checked by signature, site, revision and last day."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import enum
import functools

import flask

from ..consent.decisions import Choice
from ..cookies.attributes import CLASS_COOKIE
from ..cookies.attributes import STATE_COOKIE
from ..cookies.attributes import SUBJECT_COOKIE
from ..cookies.attributes import domain_for
from ..cookies.attributes import other_variants
from ..cookies.codec import Codec
from ..cookies.codec import State
from ..cookies.codec import class_of
from ..cookies.codec import read_choice
from ..cookies.codec import to_day
from ..errors import BadCookie
from ..operations.publish_site import SiteSnapshot
from ..runtime import Runtime

# More cookies of one name than this are noise or an attack: each costs a signature check.
_MOST_COPIES = 4
# So many verified states are remembered by a process, for each site. Each takes about two kilobytes.
_REMEMBERED = 2048
_DAY = 86400


class Status(enum.StrEnum):
    """What has become of a reader's decision."""

    NONE = "none"
    VALID = "valid"
    EXPIRED = "expired"
    OUTDATED = "outdated"
    INVALID = "invalid"


@dataclasses.dataclass(frozen=True, slots=True)
class Reader:
    """A reader as the cookies tell. Whatever does not hold leaves them undecided, with nothing allowed."""

    status: Status
    #: The state, where the signature holds and it is of this site; else ``None``.
    state: State | None
    #: What is allowed now: nothing, unless the status is ``valid``.
    choice: Choice
    #: The purposes that are allowed now as a number: see :func:`~consentkit.cookies.codec.class_of`.
    consent_class: int = 0


class Readers:
    """Tells the readers of one site by their state cookies, and remembers those it has verified.

    One object serves one snapshot, so nothing that is remembered outlives the revision that it was judged by. Only what
    a key of ours signed is remembered: made-up values push nothing out.
    """

    def __init__(self, runtime: Runtime, snapshot: SiteSnapshot) -> None:
        self._runtime = runtime
        self._nothing = snapshot.site.refuse_all()
        # The signature is most of what a response costs, and a reader comes with the same value again and again.
        self._verified = functools.lru_cache(maxsize=_REMEMBERED)(functools.partial(_verify, runtime.codec, snapshot))

    def read(self, values: cabc.Collection[str]) -> Reader:
        """Return who sent these *values* of the state cookie, each of them listed once."""
        if not values:
            return Reader(Status.NONE, None, self._nothing)
        if len(values) > 1:
            # One on the apex and another on www: nobody can say which is the reader's last word, so neither counts.
            return Reader(Status.INVALID, None, self._nothing)
        (value,) = values
        try:
            reader = self._verified(value)
        except BadCookie:
            return Reader(Status.INVALID, None, self._nothing)
        if reader.state is not None and reader.state.last_day < to_day(self._runtime.clock.now()):
            return Reader(Status.EXPIRED, reader.state, self._nothing)
        return reader


def read_reader(runtime: Runtime, snapshot: SiteSnapshot) -> Reader:
    """Return who is asking, as far as the state cookie tells."""
    return Readers(runtime, snapshot).read(set(flask.request.cookies.getlist(STATE_COOKIE)))


def _verify(codec: Codec, snapshot: SiteSnapshot, value: str) -> Reader:
    """Return the reader of a state, up to the last day of it.

    :raises BadCookie: it is not ours, or not of this site.
    """
    state = codec.unseal(value)
    if state.site != snapshot.site.id or not snapshot.published:
        raise BadCookie("The state is of another site.")
    if state.revision < snapshot.revision:
        return Reader(Status.OUTDATED, state, snapshot.site.refuse_all())
    choice = read_choice(state, snapshot.site, snapshot.services_order)
    if state.differing and state.revision != snapshot.revision:
        # Decided on a revision that another process has put into force already: here nobody knows yet which service
        # a bit stands for.
        choice = Choice(choice.purposes, dict.fromkeys(choice.services, False))
    return Reader(Status.VALID, state, choice, class_of(snapshot.site, choice))


def read_subject(runtime: Runtime) -> str | None:
    """Return the subject id from the cookie ``consentkit_id``, or ``None`` if no copy of it holds."""
    for value in flask.request.cookies.getlist(SUBJECT_COOKIE)[:_MOST_COPIES]:
        try:
            return runtime.codec.unseal_subject(value)
        except BadCookie:
            continue
    return None


def forget_subject(response: flask.Response, snapshot: SiteSnapshot) -> None:
    """Take the cookie ``consentkit_id`` away, wherever it lies."""
    domain = domain_for(snapshot.site, flask.request.host)
    for variant in (domain, *other_variants(flask.request.host, domain)):
        _put(response, SUBJECT_COOKIE, "", age=0, under=variant, http_only=True)


def reaches_cookies(snapshot: SiteSnapshot) -> bool:
    """Whether cookies of ours can count for the page that asks: it is of this origin or below the cookie domain.

    For a page of another site browsers block them, and where they do not, one consent would leak into the other site.
    """
    origin = flask.request.headers.get("Origin", "").lower()
    if not origin or origin == "null":
        return True
    host = origin.partition("://")[2]
    own = flask.request.host.lower()
    if host == own:
        return True
    # Whether the origin is one of the site's has been checked before.
    return domain_for(snapshot.site, host) is not None and domain_for(snapshot.site, own) is not None


def set_cookies(
    response: flask.Response,
    runtime: Runtime,
    snapshot: SiteSnapshot,
    *,
    state: State,
    subject_id: str | None,
    at: dt.datetime,
) -> None:
    """Set the cookies of a decision on *response*, and take away copies of them under other domains.

    :param subject_id: the reader's, to be kept or newly given; ``None`` sets no identifier.
    """
    site = snapshot.site
    host = flask.request.host
    domain = domain_for(site, host)
    max_age = site.site.max_age_days * _DAY
    for name in (STATE_COOKIE, SUBJECT_COOKIE, *((CLASS_COOKIE,) if site.site.class_cookie else ())):
        copies = len(flask.request.cookies.getlist(name))
        # Copies that are equal now would differ after this decision; and one alone may be from before the site had a
        # cookie domain, and would stand beside the new one.
        if copies > 1 or (copies and domain is not None):
            for variant in other_variants(host, domain):
                _put(response, name, "", age=0, under=variant, http_only=name == SUBJECT_COOKIE)
    _put(response, STATE_COOKIE, runtime.codec.seal(state), age=max_age, under=domain)
    if subject_id is not None and state.agrees:
        _put(
            response,
            SUBJECT_COOKIE,
            runtime.codec.seal_subject(subject_id, at),
            age=max_age,
            under=domain,
            http_only=True,
        )
    if site.site.class_cookie:
        choice = read_choice(state, site, snapshot.services_order)
        _put(response, CLASS_COOKIE, str(class_of(site, choice)), age=max_age, under=domain)


def _put(
    response: flask.Response, name: str, value: str, *, age: int, under: str | None, http_only: bool = False
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=age,
        expires=dt.datetime(1970, 1, 1, tzinfo=dt.UTC) if age == 0 else None,
        domain=under,
        path="/",
        secure=flask.request.is_secure,
        httponly=http_only,
        samesite="Lax",
    )
