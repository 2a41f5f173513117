"""Records as a file, streamed: its size does not matter to the server's memory."""

from __future__ import annotations

import collections.abc as cabc
import itertools

import flask

from ..operations.export import export_records
from ..runtime import current_runtime
from ..storage.records import RecordFilter
from ..storage.unit_of_work import Database
from .audit import of_reader
from .audit import refuse_filter
from .filters import parse_filter
from .roles import Right


def records_csv() -> flask.Response:
    """Answer ``GET admin/records.csv``: the records of the current filter, oldest first."""
    asked = parse_filter(flask.request.args)
    if asked.errors:
        return refuse_filter(asked)
    runtime = current_runtime()
    with runtime.database.unit_of_work(read_only=True) as uow:
        which = of_reader(uow, asked, Right.EXPORT)
    pieces = _pieces(runtime.database, which or RecordFilter(record_id=""))
    # The first piece is fetched before the answer begins: a store that does not answer is still a 503.
    first = next(pieces, "")
    response = flask.Response(_Stream(first, pieces), content_type="text/csv; charset=utf-8")
    day = runtime.clock.now().date().isoformat()
    name = "-".join(("records", *((asked.which.site,) if asked.which.site else ()), day))
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


class _Stream:
    """The body of an export. Closed by the server, however far it was read, and its transaction with it."""

    def __init__(self, first: str, rest: cabc.Generator[str, None, None]) -> None:
        self._rest = rest
        self._pieces = itertools.chain((first,), rest)

    def __iter__(self) -> cabc.Iterator[bytes]:
        return (piece.encode() for piece in self._pieces)

    def close(self) -> None:
        self._rest.close()


def _pieces(database: Database, which: RecordFilter) -> cabc.Generator[str, None, None]:
    with database.unit_of_work(read_only=True) as uow:
        yield from export_records(uow, which, format="csv")
