"""The consent log for everybody to read, in the layout of C2SP tlog-tiles: what a CDN can carry.

A tile that is out never changes, so it may be kept for good. A log that goes on under another name (``log/SITE/2``)
has addresses of its own, for after a restored backup its tiles are others than those that caches may hold of the first.
"""

from __future__ import annotations

import hashlib
import json
import re

import flask

from ..consent.site import LogAccess
from ..errors import NotFound
from ..ledger.tiles import Tile
from ..ledger.tiles import entries_path
from ..ledger.tiles import parse_level
from ..ledger.tiles import parse_number
from ..ledger.tiles import tile_path
from ..operations.read_log import newest_shown
from ..operations.read_log import read_keys
from ..operations.read_log import read_statements
from ..operations.read_log import read_tile
from ..runtime import current_runtime
from ..storage.log_tree import ENTRIES
from .negotiation import as_asked
from .origin import allow_everybody

_TEXT = "text/plain; charset=utf-8"
_YEAR = 31_536_000
#: How long a checkpoint may be kept, in seconds: as often as there are new ones, and, where all of it is old, longer.
_FRESH = {LogAccess.PUBLIC: 5, LogAccess.DELAYED: 60, LogAccess.OFF: 0}
_KEY_SECONDS = 300
_ENTRIES = "entries"
_NUMBER = re.compile(r"[2-9]|[1-9][0-9]{1,8}", re.ASCII)


def checkpoint(site_id: str, number: str | None = None) -> flask.Response:
    """Answer ``GET log/SITE/checkpoint`` with the newest signed note that may be seen."""
    runtime = current_runtime()
    site = runtime.site(site_id).site
    with runtime.database.unit_of_work(read_only=True) as uow:
        found = newest_shown(uow, site, clock=runtime.clock, number=_number(number))
    return _send(found.note.encode(), _TEXT, f"public, max-age={_FRESH[site.site.log]}")


def tile(site_id: str, rest: str, number: str | None = None) -> flask.Response:
    """Answer ``GET log/SITE/tile/L/N[.p/W]`` and ``GET log/SITE/tile/entries/N[.p/W]``."""
    runtime = current_runtime()
    site = runtime.site(site_id).site
    wanted, width = _place(rest)
    with runtime.database.unit_of_work(read_only=True) as uow:
        data = read_tile(uow, site, wanted, width, clock=runtime.clock, number=_number(number))
    return _send(data, "application/octet-stream", f"public, max-age={_YEAR}, immutable")


def key(site_id: str) -> flask.Response:
    """Answer ``GET log/SITE/key`` with the verifier key lines, the one that signs first."""
    runtime = current_runtime()
    site = runtime.site(site_id).site
    with runtime.database.unit_of_work(read_only=True) as uow:
        lines = read_keys(uow, site)
    return _send("".join(f"{line}\n" for line in lines).encode(), _TEXT, f"public, max-age={_KEY_SECONDS}")


def statements(site_id: str) -> flask.Response:
    """Answer ``GET log/SITE/statements`` with what the log says of its keys and names: a JSON object a line."""
    runtime = current_runtime()
    site = runtime.site(site_id).site
    with runtime.database.unit_of_work(read_only=True) as uow:
        found = read_statements(uow, site, clock=runtime.clock)
    lines = [json.dumps({"index": index, "note": one.note}, ensure_ascii=False) for one, index in found]
    body = "".join(f"{line}\n" for line in lines).encode()
    return _send(body, "application/x-ndjson; charset=utf-8", f"public, max-age={_KEY_SECONDS}")


def _number(text: str | None) -> int:
    if text is None:
        return 1
    if _NUMBER.fullmatch(text) is None:
        raise NotFound("There is no such log.")
    return int(text)


def _place(rest: str) -> tuple[Tile, int]:
    """Return the tile that an address names, in the one spelling that there is, and how much of it."""
    level, _, number = rest.partition("/")
    place = parse_number(number)
    height = ENTRIES if level == _ENTRIES else parse_level(level)
    if place is None or height is None:
        raise NotFound("The log has no such tile.")
    wanted = Tile(height, place[0])
    path = entries_path(*place) if height == ENTRIES else tile_path(wanted, place[1])
    if not flask.request.path.endswith(f"/{path}"):
        # With a slash behind it, say: a cache would keep it twice.
        raise NotFound("The log has no such tile.")
    return wanted, place[1]


def _send(body: bytes, media: str, cache: str) -> flask.Response:
    response = flask.Response(body, content_type=media)
    response.headers["Cache-Control"] = cache
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    return allow_everybody(as_asked(response))
