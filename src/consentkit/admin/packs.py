"""The audit pack, streamed from the audit view."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import itertools

import flask

from ..operations.audit_pack import Period
from ..operations.audit_pack import audit_pack
from ..runtime import current_runtime
from ..storage.unit_of_work import Database
from .audit import refuse_filter
from .filters import parse_filter
from .rendering import current_words
from .rights import configured_sites
from .rights import require_site
from .roles import Right

_LOCALES = ("en", "ru", "kk", "ar")


def audit_pack_zip() -> flask.Response:
    """Answer ``GET admin/audit-pack.zip``: ``site``, and the days ``since`` to ``until``, both of them included.

    Without pictures: a web process starts no browser.

    :raises NotFound: there is nothing of that site.
    """
    asked = parse_filter(flask.request.args)
    runtime = current_runtime()
    if asked.errors:
        return refuse_filter(asked)
    site = asked.which.site or next(iter(configured_sites(Right.EXPORT)), "")
    require_site(site, Right.EXPORT)
    now = runtime.clock.now()
    until = asked.which.until or now
    since = asked.which.since or until - dt.timedelta(days=30)
    words = current_words()
    locale = words.tag if words.tag in _LOCALES else "en"
    pieces = _pieces(runtime.database, Period(site=site, since=since, until=until), locale, runtime.settings.url_prefix)
    # The first piece is made before the answer begins: a store that does not answer is still a 503.
    first = next(pieces, b"")
    response = flask.Response(_Stream(first, pieces), content_type="application/zip")
    name = f"consent-{site}-{since:%Y-%m-%d}-{until:%Y-%m-%d}.zip"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


class _Stream:
    """The body. Closed by the server, however far it was read, and its transaction with it."""

    def __init__(self, first: bytes, rest: cabc.Generator[bytes, None, None]) -> None:
        self._rest = rest
        self._pieces = itertools.chain((first,), rest)

    def __iter__(self) -> cabc.Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        self._rest.close()


def _pieces(database: Database, period: Period, locale: str, prefix: str) -> cabc.Generator[bytes, None, None]:
    with database.unit_of_work(read_only=True) as uow:
        yield from audit_pack(uow, period, locale=locale, prefix=prefix)
