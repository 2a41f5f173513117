"""The hook of the access log: each query and each action is stored as an event before its answer is given."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import functools
import logging
import re
import typing as t

import flask
from werkzeug.exceptions import HTTPException

from ..errors import ConsentKitError
from ..errors import NotFound
from ..ledger.events import ALL_SITES
from ..ledger.events import Result
from ..ledger.events import What
from ..operations.keep_access import keep_access
from ..runtime import current_runtime
from .rendering import current_session

log = logging.getLogger("consentkit")

_SALT = "consentkit.admin.access.v1"
_G_ABOUT = "_consentkit_admin_about"
_SITE = re.compile(r"[a-z][a-z0-9_-]{0,39}", re.ASCII)
_WORD = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LOCALE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8}){0,3}", re.ASCII)
_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_VERSION = re.compile(r"[0-9a-z]{16}", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,6}", re.ASCII)

#: What of a question is kept, and the form that it must have. What is not named here is said to have been asked
#: for, without its value: it may be an id, a token, or a password that was typed into the wrong field.
FORMS: cabc.Mapping[str, re.Pattern[str]] = {
    "site": _SITE,
    "since": _DATE,
    "until": _DATE,
    "days": _NUMBER,
    "action": _WORD,
    "chart": _WORD,
    "locale": _LOCALE,
    "country": _COUNTRY,
    "regime": _WORD,
    "layout": _WORD,
    "method": _WORD,
    "granted": _WORD,
    "refused": _WORD,
    "gpc": _WORD,
    "sample": _WORD,
    "samples": _WORD,
    "kind": _WORD,
    "standing": _WORD,
    "format": _WORD,
    "notice_version": _VERSION,
    "version": _VERSION,
    "one": _VERSION,
    "other": _VERSION,
    "revision": _NUMBER,
    "layer": _WORD,
    "what": re.compile(r"[a-z]+(\.[a-z_]+)?", re.ASCII),
}
# Where one is in the list, and how the page looks: not what is asked for.
_PLACES = frozenset({"before", "after", "page", "lang", "next"})
_UNTOLD = "(not kept)"
_MOST = 40
# What names somebody, or something of somebody's: kept as a keyed hash, so that two events about one can be told.
_PERSONAL = ("record_id", "record", "reader", "account_id")


@dataclasses.dataclass(slots=True)
class _Told:
    """What a view says of its own event."""

    sites: tuple[str, ...] | None = None
    #: Where the account may do this: what it reaches where nothing narrower is asked for.
    reach: tuple[str, ...] = ()
    more: dict[str, object] = dataclasses.field(default_factory=dict)
    about: str | None = None


def reaches(allowed: cabc.Collection[str] | None) -> None:
    """Say on which sites the account may do this; ``None`` for all."""
    if allowed is None:
        configured = tuple(current_runtime().sites)
        _told().reach = configured if len(configured) == 1 else (ALL_SITES,)
    else:
        _told().reach = tuple(sorted(allowed))


def tell(
    *, sites: cabc.Iterable[str] | None = None, about: str | None = None, more: cabc.Mapping[str, object] | None = None
) -> None:
    """Say more of what is being done than the address does. For the views.

    :param about: the id of what it is about; its keyed hash is kept. :param more: joins what is kept of the address;
        as it was understood, without ids and secrets.
    """
    told = _told()
    if sites is not None:
        told.sites = tuple(sites)
    if about is not None:
        told.about = about
    if more is not None:
        told.more |= more


def keyed_hash(text: str) -> str:
    """Return what stands for an id or an address in the events: nobody without the site's secret key can make it."""
    return current_runtime().codec.sign_token(_SALT, text.lower()).rpartition(".")[2]


def recorded(what: What | None, view: cabc.Callable[..., flask.Response]) -> cabc.Callable[..., flask.Response]:
    """Return *view*, of which each call is an event, stored before the answer is given.

    :param what: ``None`` for what asks nothing new, such as how far a download or a check is.
    """
    if what is None:
        return view

    @functools.wraps(view)
    def kept(**values: t.Any) -> flask.Response:
        flask.g.pop(_G_ABOUT, None)
        try:
            response = view(**values)
        except Exception as error:
            keep(what, _result_of(error))
            raise
        try:
            id_ = keep(what, _result(response.status_code))
        except BaseException:
            # A download that nobody will get has a transaction open.
            response.close()
            raise
        if response.is_streamed and flask.request.method != "HEAD":
            _at_end(response, what, id_)
        return response

    return kept


def keep(what: What, result: Result) -> str:
    """Store the event of this request.

    :raises StoreUnavailable: it is not stored: nothing may be shown.
    """
    told = _told()
    session = current_session()
    runtime = current_runtime()
    values = flask.request.view_args or {}
    about = told.about or _personal(values) or _personal(flask.request.args)
    id_ = keep_access(
        runtime.database,
        what,
        account_id=None if session is None else session.account.id,
        actor="" if session is None else session.account.email,
        sites=_sites(told, values, what),
        filter={**asked_for(flask.request.args, values), **told.more},
        about=None if about is None else keyed_hash(about),
        result=result,
        clock=runtime.clock,
    )
    runtime.log_what_waits()
    return id_


def keep_attempt(account: str, result: Result, *, step: str | None = None) -> None:
    """Store an attempt to sign in. Those that are not even tried, for there were too many, are not stored.

    Not the address as it was typed: people type passwords into that field, and the addresses of others. Of two
    attempts it can be told that they were for one address, and an owner who suspects one can check it.

    :param step: ``password`` or ``code``, where there are two.
    :raises StoreUnavailable: it is not stored: nobody is let in.
    """
    tell(about=account, more={} if step is None else {"step": step})
    keep(What.SIGN_IN, result)


def asked_for(query: cabc.Mapping[str, str], values: cabc.Mapping[str, t.Any]) -> dict[str, object]:
    """Return what of an address is kept: values of a known form, and of all others that there was one."""
    found: dict[str, object] = {}
    for name, value in [*list(query.items())[:_MOST], *values.items()]:
        if name in _PLACES or not value:
            continue
        form = FORMS.get(name)
        if form is not None and isinstance(value, str) and form.fullmatch(value.strip()):
            found[name] = value.strip()
        elif name in FORMS or name in _PERSONAL:
            found[name] = _UNTOLD
        elif "other_fields" not in found:
            # Not even the name: anything can stand before the sign of equality.
            found["other_fields"] = _UNTOLD
    return found


def _told() -> _Told:
    found = flask.g.get(_G_ABOUT)
    if not isinstance(found, _Told):
        found = _Told()
        setattr(flask.g, _G_ABOUT, found)
    return found


def _personal(values: cabc.Mapping[str, t.Any]) -> str | None:
    return next((str(values[name])[:200] for name in _PERSONAL if values.get(name)), None)


def _sites(told: _Told, values: cabc.Mapping[str, t.Any], what: What) -> tuple[str, ...]:
    if told.sites is not None:
        return told.sites
    for asked in (values.get("site"), flask.request.args.get("site")):
        if isinstance(asked, str) and _SITE.fullmatch(asked):
            return (asked,)
    # About people, not about a site's readers.
    return () if what.partition(".")[0] in {"session", "account", "person", "people", "access"} else told.reach


def _result(status: int) -> Result:
    return Result.DONE if status < 400 else Result.REFUSED if status < 500 else Result.FAILED  # noqa: PLR2004 - HTTP


def _result_of(error: Exception) -> Result:
    refused = isinstance(error, NotFound) or (isinstance(error, HTTPException) and (error.code or 500) < 500)  # noqa: PLR2004
    return Result.REFUSED if refused else Result.FAILED


def _at_end(response: flask.Response, what: What, id_: str) -> None:
    """Let the end of a download be an event as well: whether it was fetched whole."""
    runtime, session, told = current_runtime(), current_session(), _told()
    sites = _sites(told, flask.request.view_args or {}, what)
    body = t.cast("cabc.Iterable[bytes]", response.response)
    whole = False

    def pieces() -> cabc.Iterator[bytes]:
        nonlocal whole
        yield from body
        whole = True

    def ended() -> None:
        close = getattr(body, "close", None)
        if close is not None:
            close()
        try:
            keep_access(
                runtime.database,
                what,
                account_id=None if session is None else session.account.id,
                actor="" if session is None else session.account.email,
                sites=sites,
                result=Result.DONE if whole else Result.FAILED,
                part_of=id_,
                clock=runtime.clock,
            )
        except ConsentKitError as error:
            log.error("The end of a download could not be kept: %s", error)  # noqa: TRY400 - the message says all

    response.response = pieces()
    response.call_on_close(ended)
