"""Records as a file, streamed: its size does not matter to the server's memory."""

from __future__ import annotations

import collections.abc as cabc
import functools
import itertools

import flask

from ..consent.record_ids import is_record_id
from ..errors import NotFound
from ..operations.export import Format
from ..operations.export import available
from ..operations.export import export_records
from ..runtime import current_runtime
from ..storage.records import RecordFilter
from .access_events import tell
from .audit import of_reader
from .audit import refuse_filter
from .filters import parse_filter
from .roles import Right

_TYPES = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.JSONL: "application/jsonl",
    Format.PARQUET: "application/vnd.apache.parquet",
}


def _export(form: Format) -> flask.Response:
    """Answer ``GET admin/records.FORMAT``: the records of the current filter, oldest first.

    An answer that breaks off has no end that a client would take for one: no last chunk (RFC 9112, 7.1). It goes on
    with ``?after=`` and the id of the last record that came whole.
    """
    if not available(form):
        raise NotFound("There is no such format here.")
    asked = parse_filter(flask.request.args)
    if asked.errors:
        return refuse_filter(asked)
    tell(more={"format": form.value})
    runtime = current_runtime()
    after = flask.request.args.get("after", "").lower()
    with runtime.database.unit_of_work(read_only=True) as uow:
        which = of_reader(uow, asked, Right.EXPORT) or RecordFilter(record_id="")
    pieces = export_records(runtime.database, which, format=form, after=after if is_record_id(after) else None)
    # The first piece is fetched before the answer begins: a store that does not answer is still a 503.
    first = list(itertools.islice(pieces, 2))
    response = flask.Response(_Stream(first, pieces), content_type=_TYPES[form])
    day = runtime.clock.now().date().isoformat()
    name = "-".join(("records", *((asked.which.site,) if asked.which.site else ()), day))
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.{form.value}"'
    return response


records_csv = functools.partial(_export, Format.CSV)
records_jsonl = functools.partial(_export, Format.JSONL)
records_parquet = functools.partial(_export, Format.PARQUET)


class _Stream:
    """The body of an export. Closed by the server, however far it was read."""

    def __init__(self, first: list[bytes], rest: cabc.Generator[bytes, None, None]) -> None:
        self._rest = rest
        self._pieces = itertools.chain(first, rest)

    def __iter__(self) -> cabc.Iterator[bytes]:
        return self._pieces

    def close(self) -> None:
        self._rest.close()
