"""The audit pack: everything that an inspector asks for of one site and period, as one zip file (GDPR Art. 5(2), 7(1)).

It is made as a stream, in memory that does not grow with the period. The same period gives the same bytes as long as
nothing of it was erased: no time of its making is in it, and pictures, which differ from browser to browser, are only
there when asked for. docs/reference/audit-pack.md has what is in it.
"""

from __future__ import annotations

import base64
import collections.abc as cabc
import csv
import dataclasses
import datetime as dt
import difflib
import hashlib
import html
import importlib.resources
import io
import itertools
import json
import typing as t
import zipfile

from ..errors import NotFound
from ..i18n.catalog import catalog
from ..i18n.locales import direction
from ..ledger.checkpoints import Checkpoint
from ..ledger.iso27560 import Background
from ..ledger.iso27560 import consent_record
from ..ledger.notes import Note
from ..ledger.receipts import notice_to_json
from ..ledger.records import fields_of
from ..ledger.statements import Statement
from ..ledger.tiles import HEIGHT
from ..ledger.tiles import Tile
from ..ledger.tiles import tiles_of
from ..ledger.tiles import width_at
from ..ledger.tree import HASH_LENGTH
from ..ledger.tree import nodes_of_root
from ..policies.versions import PolicyKind
from ..storage.log_tree import ENTRIES
from ..storage.records import RecordFilter
from .export import FIELDS
from .export import cell
from .export import record_to_json
from .issue_receipt import background_of
from .pack_texts import article_30
from .pack_texts import read_me

if t.TYPE_CHECKING:
    from ..consent.decisions import Record
    from ..consent.evidence import StoredNotice
    from ..storage.log_checkpoints import StoredCheckpoint
    from ..storage.log_checkpoints import StoredStatement
    from ..storage.unit_of_work import UnitOfWork
    from .camera import Camera

# The first moment that a zip can hold: that of its making would make each one another.
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16
_HOUR = dt.timedelta(hours=1)
_LINES = 500
_TILES = 64
_ENTRY = 36

_Member: t.TypeAlias = tuple[str, cabc.Iterable[bytes]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """One site's records from one moment to before another, both aware."""

    site: str
    since: dt.datetime
    until: dt.datetime


def audit_pack(
    uow: UnitOfWork, period: Period, *, locale: str, prefix: str, camera: Camera | None = None
) -> cabc.Iterator[bytes]:
    """Yield the bytes of the zip file. The *uow* must stay open until the last of them.

    :param locale: the language of what the pack says itself: ``en``, ``ru``, ``kk`` or ``ar``.
    :param prefix: where the readers' routes are, such as ``/consent``.
    :param camera: for pictures of the notices, beside the pages.
    :raises NotFound: the site has no record in the period, and no log: nothing can be shown.
    """
    pack = _Pack(uow, period, locale, prefix, camera)
    sums: list[str] = []
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, pieces in itertools.chain(pack.members(), [("SHA256SUMS", _sums(sums))]):
            info = zipfile.ZipInfo(name, _LONG_AGO)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.create_system = 3
            info.external_attr = _READABLE
            digest = hashlib.sha256()
            with archive.open(info, "w", force_zip64=True) as file:
                for piece in pieces:
                    digest.update(piece)
                    file.write(piece)
                    yield sink.take()
            sums.append(f"{digest.hexdigest()}  {name}\n")
            yield sink.take()
    yield sink.take()


def _sums(sums: list[str]) -> cabc.Iterator[bytes]:
    # When it is read all the others have been written.
    yield "".join(sums).encode()


class _Sink(io.RawIOBase):
    """What the archive writes into: nothing can be changed in what has been taken."""

    def __init__(self) -> None:
        super().__init__()
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: t.Any) -> int:
        self._pieces.append(bytes(data))
        return len(self._pieces[-1])

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


class _Pack:
    def __init__(self, uow: UnitOfWork, period: Period, locale: str, prefix: str, camera: Camera | None) -> None:
        self._uow = uow
        self._period = period
        self._locale = locale
        self._prefix = prefix
        self._camera = camera
        # What the records refer to, found while they are written: notices, configurations and policies are few.
        self._notices: set[str] = set()
        self._configurations: dict[str, None] = {}
        self._locales: set[str] = set()
        self._count = 0
        self._first: int | None = None
        self._last = -1
        self._unplaced = 0
        for record in self._records():
            self._note(record)
        self._checkpoint = self._covering()
        if not self._count and self._checkpoint is None:
            raise NotFound("The site has no record of that time, and no log.")

    def _records(self) -> cabc.Iterator[Record]:
        period = self._period
        which = RecordFilter(site=period.site, since=period.since, until=period.until)
        return (record for record in self._uow.records.stream(which) if not record.sample)

    def _note(self, record: Record) -> None:
        self._count += 1
        self._notices.add(record.notice_version)
        self._configurations[record.config_version] = None
        self._locales.add(record.locale)
        if record.leaf_index is None:
            self._unplaced += 1
            return
        self._first = record.leaf_index if self._first is None else min(self._first, record.leaf_index)
        self._last = max(self._last, record.leaf_index)

    def _covering(self) -> StoredCheckpoint | None:
        """Return the first checkpoint after the period that covers it; of those in its hour the last.

        Only each hour's last one is kept for good, so it is the one that is found again years later.
        """
        found: StoredCheckpoint | None = None
        for checkpoint in self._uow.checkpoints.stream(self._period.site):
            if checkpoint.size <= self._last:
                continue
            if found is not None and (
                checkpoint.published_at >= _hour(found.published_at) + _HOUR
                and found.published_at >= self._period.until
            ):
                break
            found = checkpoint
        return found

    # ── what is in it ──

    def members(self) -> cabc.Iterator[_Member]:
        words = catalog(self._locale)
        configuration = self._configuration()
        origin = self._checkpoint.origin if self._checkpoint else ""
        yield (
            "README.txt",
            [
                read_me(
                    words,
                    site=self._period.site,
                    since=self._period.since,
                    until=self._period.until,
                    records=self._count,
                    unplaced=self._unplaced,
                    origin=origin,
                ).encode()
            ],
        )
        yield "records/records.csv", _batches(self._table())
        yield "records/consent-27560.jsonl", _batches(map(_line, self._consents()))
        yield "log.jsonl", _batches(map(_line, self._log()))
        if self._checkpoint is not None:
            yield "checkpoint.txt", [self._checkpoint.note.encode()]
        yield "keys.txt", ["".join(f"{key.verifier}\n" for key in self._keys()).encode()]
        yield from self._shown()
        yield from self._configured()
        yield from self._published()
        yield "article-30.txt", [article_30(words, configuration, self._locale).encode()]
        verifier = importlib.resources.files("consentkit") / "verifier" / "consentkit_verify.py"
        yield "consentkit_verify.py", [verifier.read_bytes()]

    def _table(self) -> cabc.Iterator[bytes]:
        out = io.StringIO()
        writer = csv.writer(out)
        rows = ([cell(value) for value in record_to_json(record).values()] for record in self._records())
        for row in itertools.chain([FIELDS], rows):
            writer.writerow(row)
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()

    def _consents(self) -> cabc.Iterator[object]:
        backgrounds: dict[tuple[str, str], Background] = {}
        for record in self._records():
            key = (record.notice_version, record.config_version)
            if key not in backgrounds:
                backgrounds[key] = background_of(self._uow, record, self._prefix)
            yield consent_record(record, backgrounds[key])

    def _log(self) -> cabc.Iterator[object]:
        """Yield the part of the log that proves the period, in the lines of ``consentkit log dump``."""
        checkpoint = self._checkpoint
        if checkpoint is not None:
            head = Checkpoint.parse(Note.parse(checkpoint.note.encode()).text)
            yield {
                "type": "log",
                "site": self._period.site,
                "origin": head.origin,
                "size": head.size,
                "root": _base64(head.root),
                "first": self._first,
                "last": self._last if self._first is not None else None,
            }
        for key in self._keys():
            yield {"type": "key", "verifier": key.verifier, "since": _time(key.since), "retired_at": None}
        if checkpoint is not None:
            published_at = _time(checkpoint.published_at)
            yield {"type": "checkpoint", "note": checkpoint.note, "published_at": published_at}
        for statement in self._statements():
            index = self._uow.log_tree.index_of(statement.id)
            yield {"type": "statement", "index": index, "note": statement.note}
        yield from self._tiles()
        for version in sorted(self._notices):
            notice = self._uow.notices.get(self._period.site, version)
            if notice is not None:
                yield {"type": "notice", **notice_to_json(notice)}
        for record in self._records():
            salt = None if record.salt is None else _base64(record.salt)
            yield {"type": "record", "index": record.leaf_index, "salt": salt, "record": fields_of(record)}

    def _keys(self) -> cabc.Iterator[t.Any]:
        end = self._checkpoint.published_at if self._checkpoint else self._period.until
        return (key for key in self._uow.log_keys.all(self._period.site) if key.since <= end)

    def _statements(self) -> cabc.Iterator[StoredStatement]:
        """Yield what the log says of keys and names until the checkpoint, and of all that is erased of the period."""
        end = self._checkpoint.published_at if self._checkpoint else self._period.until
        for stored in self._uow.statements.stream(self._period.site):
            members = Statement.parse(Note.parse(stored.note.encode()).text).members
            ranges = t.cast("list[list[int]]", members.get("indexes", ()))
            erased = any(first <= self._last and last >= (self._first or 0) for first, last in ranges)
            if erased or (not ranges and stored.created_at <= end):
                yield stored

    def _tiles(self) -> cabc.Iterator[object]:
        """Yield the tiles that the proofs of the period are made from, as far as the checkpoint goes."""
        if self._checkpoint is None or self._first is None:
            return
        size = self._checkpoint.size
        low, high = self._first >> HEIGHT, self._last >> HEIGHT
        wide = [(level, low >> HEIGHT * level, high >> HEIGHT * level) for level in range(_levels(size))]
        wide.append((ENTRIES, low, high))
        every = itertools.chain(
            # Millions of leaves have thousands of tiles: they are named as they are written.
            (Tile(level, number) for level, start, end in wide for number in range(start, end + 1)),
            [
                tile
                for tile in tiles_of(nodes_of_root(size))
                if not wide[tile.level][1] <= tile.number <= wide[tile.level][2]
            ],
        )
        while some := list(itertools.islice(every, _TILES)):
            found = self._uow.log_tree.tiles(self._period.site, some)
            for tile in some:
                width = width_at(tile if tile.level >= 0 else Tile(0, tile.number), size)
                data = found.get(tile, b"")[: width * (HASH_LENGTH if tile.level >= 0 else _ENTRY)]
                if data:
                    yield {"type": "tile", "level": tile.level, "number": tile.number, "data": _base64(data)}

    def _shown(self) -> cabc.Iterator[_Member]:
        for version in sorted(self._notices):
            notice = self._uow.notices.get(self._period.site, version)
            if notice is None:
                continue
            for layer in ("1", "2"):
                page = page_of(notice, layer)
                yield f"notices/{version}-layer-{layer}.html", [page.encode()]
                picture = self._camera(page) if self._camera else None
                if picture is not None:
                    yield f"notices/{version}-layer-{layer}.png", [picture]
            yield f"notices/{version}.json", [notice.content.encode()]

    def _configuration(self) -> dict[str, t.Any]:
        """Return the configuration that the last records refer to; empty where none is stored."""
        for version in reversed(self._configurations):
            content = self._uow.configurations.get(self._period.site, version)
            if content is not None:
                return t.cast("dict[str, t.Any]", json.loads(content))
        return {}

    def _configured(self) -> cabc.Iterator[_Member]:
        """Yield the configurations in the order of the records, and how each differs from the one before."""
        before: tuple[str, list[str]] | None = None
        for version in self._configurations:
            content = self._uow.configurations.get(self._period.site, version)
            if content is None:
                continue
            text = json.dumps(json.loads(content), ensure_ascii=False, indent=2) + "\n"
            yield f"configurations/{version}.json", [text.encode()]
            lines = text.splitlines(keepends=True)
            if before is not None:
                yield _difference("configurations", before, (version, lines))
            before = version, lines

    def _published(self) -> cabc.Iterator[_Member]:
        """Yield the policies that were in force in the period, and how each differs from the one before."""
        for kind, locale in itertools.product(PolicyKind, sorted(self._locales)):
            versions = self._uow.policies.versions(self._period.site, kind, locale)[::-1]
            before: tuple[str, list[str]] | None = None
            for i, policy in enumerate(versions):
                follower = versions[i + 1].effective_on if i + 1 < len(versions) else dt.date.max
                if policy.effective_on > self._period.until.date() or follower < self._period.since.date():
                    continue
                folder = f"policies/{kind.value}/{locale}"
                yield f"{folder}/{policy.effective_on}-{policy.version}.md", [policy.source.encode()]
                lines = policy.source.splitlines(keepends=True)
                if before is not None:
                    yield _difference(folder, before, (policy.version, lines))
                before = policy.version, lines


def page_of(notice: StoredNotice, layer: str) -> str:
    """Return one layer of a notice as a page of its own, which loads nothing and runs nothing."""
    body = notice.html if layer == "1" else f'<div class="consentkit-dialog">{notice.preferences_html}</div>'
    # In CSS `<\/` is `</`: whatever the stylesheet holds, it does not end its element.
    style = notice.style.replace("</", "<\\/")
    locale = html.escape(notice.locale)
    return (
        f'<!doctype html>\n<html lang="{locale}" dir="{direction(notice.locale)}">\n<head>\n<meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        "form-action 'none'\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(notice.version)}</title>\n<style>body {{ margin: 0 }}</style>\n<style>{style}</style>\n"
        f"</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _levels(size: int) -> int:
    return next(level for level in itertools.count() if not width_at(Tile(level, 0), size))


def _difference(folder: str, old: tuple[str, list[str]], new: tuple[str, list[str]]) -> _Member:
    lines = difflib.unified_diff(old[1], new[1], old[0], new[0])
    return f"{folder}/{old[0]}-to-{new[0]}.diff", ["".join(lines).encode()]


def _batches(lines: cabc.Iterable[bytes]) -> cabc.Iterator[bytes]:
    iterator = iter(lines)
    while piece := b"".join(itertools.islice(iterator, _LINES)):
        yield piece


def _line(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _time(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _hour(at: dt.datetime) -> dt.datetime:
    return at.replace(minute=0, second=0, microsecond=0)
