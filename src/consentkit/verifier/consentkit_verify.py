#!/usr/bin/env python3
"""Checks what a consent log hands out: a receipt, a dump of the log, or an audit pack. It asks nobody.

    python3 consentkit_verify.py --key KEY FILE

One file, Python 3.8 or newer, nothing but its standard library: copy it, read it, run it anywhere. KEY is a verifier
key line of the site's log, or a file with one a line; it can be given several times. Take it from a place that you
trust, not from the file that is checked. Exit status: 0 everything holds, 1 something does not, 2 wrong use.

The formats: C2SP signed-note, tlog-checkpoint, tlog-tiles and tlog-cosignature; RFC 6962 and RFC 9162 (the tree), RFC
7515 (the receipt's signature), RFC 8032 (Ed25519), RFC 8785 (canonical JSON).
"""

from __future__ import annotations

import argparse
import base64
import binascii
import bisect
import datetime
import hashlib
import json
import os
import re
import sys
import zipfile
from typing import Any
from typing import Callable
from typing import Dict
from typing import Iterable
from typing import Iterator
from typing import List
from typing import NamedTuple
from typing import NoReturn
from typing import Optional
from typing import Sequence
from typing import Tuple

Json = Dict[str, Any]

MAX_RECEIPT = 4 * 2**20
#: The longest line of a dump: the notice of a site with thousands of services is shorter.
MAX_LINE = 16 * 2**20
MAX_NOTE = 65_536
MAX_SIGNATURES = 100
MAX_NUMBER = 2**53 - 1
MAX_DEPTH = 40
WIDTH = 256
RECORD, ERASURE, ROTATION, CONTINUATION = 1, 2, 3, 4
TYPES = {"erasure": ERASURE, "rotation": ROTATION, "continuation": CONTINUATION}
STATEMENT = "consentkit/statement/v1"
#: How far the clocks of two machines may be apart.
TOLERANCE = datetime.timedelta(minutes=10)
#: So many findings of one kind are told one by one.
TOLD = 20


class Invalid(Exception):
    """Something is not as it must be. The message says what, for people."""


# ── Ed25519, verifying only (RFC 8032, 5.1) ──

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)

#: A point in extended coordinates: X, Y, Z, T with x = X/Z, y = Y/Z, x * y = T/Z.
Point = Tuple[int, int, int, int]


def _add(a: Point, b: Point) -> Point:
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    x, y, z, t = f - e, h + g, h - g, f + e
    return x * z % P, y * t % P, z * y % P, x * t % P


def _times(number: int, point: Point) -> Point:
    found: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = _add(found, point)
        point = _add(point, point)
        number >>= 1
    return found


def _decode_point(data: bytes) -> Optional[Point]:
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if len(data) != 32 or y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return x, y, 1, x * y % P


def _find_base() -> Point:
    found = _decode_point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))
    if found is None:
        raise AssertionError
    return found


BASE = _find_base()


def verify_ed25519(key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether *signature* is that of *key* over *message*."""
    point, commitment = _decode_point(key), _decode_point(signature[:32])
    scalar = int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or point is None or commitment is None or scalar >= ORDER:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % ORDER
    left, right = _times(scalar, BASE), _add(commitment, _times(challenge, point))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# ── texts and bytes ──


def decode(text: Any, length: Optional[int] = None) -> bytes:
    """Return the bytes that *text* is the one base64 of."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        data = b""
    if base64.b64encode(data).decode() != text or (length is not None and len(data) != length):
        raise Invalid("This is no base64 of the length that is needed.")
    return data


def decode_url(text: str) -> bytes:
    """Return the bytes that *text* is the one base64url of, without padding."""
    if re.fullmatch(r"[A-Za-z0-9_-]*", text, re.ASCII) is None:
        raise Invalid("This is no base64url.")
    return decode((text + "=" * (-len(text) % 4)).replace("-", "+").replace("_", "/"))


def parse(raw: bytes) -> Any:
    """Return what JSON says, refusing what two readers could take for different things."""
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_unique,
            parse_float=_refuse,
            parse_constant=_refuse,
            parse_int=_whole,
        )
        _limit(value, MAX_DEPTH)
        canonical(value)
    except (ValueError, RecursionError):
        raise Invalid("This is no JSON of the form that is needed.") from None
    return value


def _refuse(text: str) -> NoReturn:
    raise ValueError(text)


def _whole(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > MAX_NUMBER or text == "-0":
        raise ValueError(text)
    return int(text)


def _unique(pairs: List[Tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) != len(pairs) or not all(name.isascii() for name in found):
        raise ValueError
    return found


def _limit(value: Any, left: int) -> None:
    if not left:
        raise ValueError
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _limit(inner, left - 1)


def canonical(value: Any) -> bytes:
    """Return the one way to write *value* (RFC 8785, for names in ASCII and whole numbers)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def shape(value: Any, **types: Any) -> Any:
    """Return *value*, an object whose members are of these types."""
    for name, kind in types.items():
        found = value.get(name) if isinstance(value, dict) else value
        if not isinstance(found, kind) or (isinstance(found, bool) and kind is int):
            raise Invalid(f"'{name}' is missing, or of the wrong type.")
    return value


def read_time(text: Any) -> datetime.datetime:
    """Return a time as the log writes it: ISO 8601, UTC, microseconds."""
    try:
        return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)
    except (ValueError, TypeError):
        raise Invalid("This is no time in UTC to the microsecond.") from None


# ── keys, notes, checkpoints ──


class Key(NamedTuple):
    """A verifier key. ``kind``: 1 Ed25519, 4 the cosignature of a witness."""

    name: str
    id: bytes
    kind: int
    key: bytes

    def holds(self, text: str, data: bytes) -> bool:
        """Whether *data*, what a note's line holds behind the key's id, is this key's signature of *text*."""
        if self.kind == 1:
            return verify_ed25519(self.key, text.encode(), data)
        seconds = int.from_bytes(data[:8], "big")
        return verify_ed25519(self.key, f"cosignature/v1\ntime {seconds}\n{text}".encode(), data[8:])


def parse_key(line: str) -> Key:
    """Read a verifier key line."""
    name, _, rest = line.strip().partition("+")
    identity, _, encoded = rest.partition("+")
    data = decode(encoded, 33)
    found = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
    if not name or found.hex() != identity or data[0] not in (1, 4):
        raise Invalid("This is no verifier key.")
    return Key(name, found, data[0], data[1:])


class Note(NamedTuple):
    """A text, and the lines that sign it: name, id, data."""

    text: str
    lines: List[Tuple[str, bytes, bytes]]

    def signers(self, keys: Iterable[Key]) -> List[Key]:
        """Return those of *keys* that signed. A line that names one and does not hold is an error."""
        known = {(key.name, key.id): key for key in keys}
        found = []
        for name, identity, data in self.lines:
            key = known.get((name, identity))
            if key is not None and not key.holds(self.text, data):
                raise Invalid(f"A signature of {name} does not hold.")
            if key is not None:
                found.append(key)
        return found


def parse_note(whole: Any) -> Note:
    """Read a signed note."""
    if not isinstance(whole, str) or len(whole) > MAX_NOTE or re.search(r"[\0-\x09\x0b-\x1f\x7f]", whole):
        raise Invalid("This is no signed note.")
    text, found, tail = whole.rpartition("\n\n")
    lines = []
    for line in tail[:-1].split("\n"):
        match = re.fullmatch("\u2014 ([^ +]+) ([A-Za-z0-9+/=]+)", line)
        data = decode(match.group(2)) if match else b""
        if match is None or len(data) < 5:
            raise Invalid("This is no signed note.")
        lines.append((match.group(1), data[:4], data[4:]))
    if not found or not tail.endswith("\n") or len(lines) > MAX_SIGNATURES:
        raise Invalid("This is no signed note.")
    return Note(text + "\n", lines)


class Checkpoint(NamedTuple):
    """The head of a log."""

    origin: str
    size: int
    root: bytes


def parse_checkpoint(text: str) -> Checkpoint:
    """Read the text of a note. Lines behind the third are passed over."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]) or not re.fullmatch("0|[1-9][0-9]{0,15}", lines[1], re.ASCII):
        raise Invalid("This is no checkpoint.")
    return Checkpoint(lines[0], int(lines[1]), decode(lines[2], 32))


def check_checkpoint(whole: Any, keys: Iterable[Key], origin: str) -> Tuple[Checkpoint, List[Key]]:
    """Return a checkpoint that the log *origin* has signed, and who did."""
    note = parse_note(whole)
    head = parse_checkpoint(note.text)
    if head.origin != origin:
        raise Invalid("The checkpoint is of another log.")
    signers = note.signers(key for key in keys if key.kind == 4 or key.name == origin)
    if not any(key.kind == 1 for key in signers):
        raise Invalid("None of the given keys of this log signed the checkpoint.")
    return head, signers


# ── the tree ──


def hash_leaf(entry: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\0" + entry).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Return the hash of what has these two below it."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """Return the root that *proof* leads to (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        raise Invalid("The log has no such entry.")
    at, last, found = index, size - 1, leaf
    for hashed in proof:
        if not last:
            raise Invalid("The proof is too long.")
        if at & 1 or at == last:
            found = hash_node(hashed, found)
            while at and not at & 1:
                at, last = at >> 1, last >> 1
        else:
            found = hash_node(found, hashed)
        at, last = at >> 1, last >> 1
    if last:
        raise Invalid("The proof is too short.")
    return found


def roots(leaves: Iterable[bytes], sizes: Iterable[int]) -> Dict[int, bytes]:
    """Return the roots over the first *sizes* leaves, in one go."""
    wanted = set(sizes)
    found = {0: hashlib.sha256(b"").digest()} if 0 in wanted else {}
    peaks: List[bytes] = []
    for count, leaf in enumerate(leaves, 1):
        peaks.append(leaf)
        rest = count
        while not rest & 1:
            right, left = peaks.pop(), peaks.pop()
            peaks.append(hash_node(left, right))
            rest >>= 1
        if count in wanted:
            root = peaks[-1]
            for left in reversed(peaks[:-1]):
                root = hash_node(left, root)
            found[count] = root
    return found


def commitment(record: Json, salt: bytes) -> bytes:
    """Return the entry of a record: what is null is left out."""
    given = {name: value for name, value in record.items() if value is not None}
    return bytes((1, RECORD)) + hashlib.sha256(salt + canonical(given)).digest()


# ── receipts ──


def notice_version(notice: Json) -> str:
    """Return the version of a notice: 80 bits of the hash of all that was shown."""
    shape(notice, version=str, html=str, preferences_html=str, style=str)
    content = notice.get("content")
    found = parse(content.encode()) if isinstance(content, str) else content
    if not isinstance(found, dict):
        raise Invalid("The notice has no content.")
    rest = dict(found)
    version = rest.pop("version", notice["version"])
    if version != notice["version"] or re.fullmatch("[a-z2-7]{16}", version) is None:
        raise Invalid("The notice names two versions, or none.")
    evidence = {
        "content": rest,
        "html": notice["html"].replace(version, "%VERSION%"),
        "preferences": notice["preferences_html"].replace(version, "%VERSION%"),
        "style": notice["style"],
    }
    return base64.b32encode(hashlib.sha256(canonical(evidence)).digest()).decode().lower()[:16]


def check_receipt(receipt: Json, keys: Sequence[Key], say: Callable[[str, str, str], None]) -> None:
    """Check the five things of a receipt, and tell each: its name, ``holds``, ``FAILS`` or ``open``, and a sentence."""
    shape(receipt, signature=str, record=dict, log=dict)
    log = shape(receipt["log"], state=str, origin=str, salt=str, entry=str)
    if log["state"] not in ("recorded", "integrated", "published"):
        raise Invalid("The receipt is in no known state.")
    ours = [key for key in keys if key.kind == 1 and key.name == log["origin"]]

    def attempt(name: str, function: Callable[[], str]) -> None:
        try:
            say(name, "holds", function())
        except Invalid as error:
            say(name, "FAILS", str(error))

    attempt("signature", lambda: _receipt_signature(receipt, ours))
    attempt("commitment", lambda: _receipt_commitment(receipt["record"], log))
    if receipt.get("notice") is None:
        say("notice", "open", "The receipt does not hold the notice.")
    else:
        attempt("notice", lambda: _receipt_notice(receipt["record"], receipt["notice"]))
    if log["state"] != "published":
        by = read_time(log.get("by"))
        text = f"Not in a published checkpoint yet: the site promised one by {log['by']}."
        if by < datetime.datetime.now(datetime.timezone.utc):
            text += " That is over. If a newer receipt is not in one either, the site broke its word."
        for name in ("inclusion", "checkpoint"):
            say(name, "open", text)
        return
    attempt("inclusion", lambda: _receipt_inclusion(log))
    attempt("checkpoint", lambda: _receipt_checkpoint(log, keys))


def _receipt_signature(receipt: Json, keys: Sequence[Key]) -> str:
    head, _, encoded = receipt["signature"].partition("..")
    header = shape(parse(decode_url(head)), alg=str, kid=str, typ=str)
    if header != {"alg": "EdDSA", "kid": header["kid"], "typ": "consent-receipt+jws"}:
        raise Invalid("The signature is not of the kind that receipts have.")
    key = next((key for key in keys if f"{key.name}+{key.id.hex()}" == header["kid"]), None)
    if key is None:
        raise Invalid("It names a key that was not given, or that is another log's.")
    payload = canonical({name: value for name, value in receipt.items() if name != "signature"})
    message = head.encode() + b"." + base64.urlsafe_b64encode(payload).rstrip(b"=")
    if not verify_ed25519(key.key, message, decode_url(encoded)):
        raise Invalid("Something in the receipt was changed after it was signed.")
    return f"{header['kid']} signed exactly this."


def _receipt_commitment(record: Json, log: Json) -> str:
    if decode(log["entry"], 34) != commitment(record, decode(log["salt"], 32)):
        raise Invalid("The entry of the log was not made from this record.")
    return "The entry of the log was made from exactly this record."


def _receipt_notice(record: Json, notice: Json) -> str:
    if not notice_version(notice) == notice["version"] == record.get("notice_version"):
        raise Invalid("It is not the notice that the record names.")
    return f"It is the notice {notice['version']} that the record names, to the letter."


def _receipt_inclusion(log: Json) -> str:
    shape(log, index=int, size=int, proof=list, checkpoint=str)
    head = parse_checkpoint(parse_note(log["checkpoint"]).text)
    proof = [decode(one, 32) for one in log["proof"]]
    found = root_of(log["index"], log["size"], hash_leaf(decode(log["entry"], 34)), proof)
    if head.size != log["size"] or found != head.root:
        raise Invalid("The proof does not lead to the checkpoint.")
    return f"It is entry {log['index']} of the first {log['size']}."


def _receipt_checkpoint(log: Json, keys: Sequence[Key]) -> str:
    _, signers = check_checkpoint(log.get("checkpoint"), keys, log["origin"])
    witnesses = [key.name for key in signers if key.kind == 4]
    return f"{log['origin']} signed it" + (f", and {', '.join(witnesses)} as witnesses." if witnesses else ".")


# ── dumps and packs ──


def counted(number: int, noun: str) -> str:
    """Return the number with the noun: 1 record, 2 records, 1 entry, 2 entries."""
    if number == 1:
        return f"{number} {noun}"
    return f"{number} {noun[:-1]}ies" if noun.endswith("y") else f"{number} {noun}s"


class Findings:
    """What is wrong, told as it is found."""

    def __init__(self) -> None:
        self.count = 0
        self._told: Dict[str, int] = {}

    def add(self, kind: str, text: str) -> None:
        """Tell of one thing that is wrong."""
        self.count += 1
        told = self._told[kind] = self._told.get(kind, 0) + 1
        if told <= TOLD:
            print(f"WRONG  {kind}: {text}")
        elif told == TOLD + 1:
            print(f"WRONG  {kind}: and more of this kind")


class Log:
    """The lines of a dump but its records: what is read first, and kept."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self.head: Json = {}
        self.tiles: Dict[int, Dict[int, bytes]] = {}
        self.checkpoints: List[Json] = []
        self.statements: List[Json] = []
        self.notices: Dict[str, str] = {}
        for line in lines:
            found = shape(parse(line), type=str)
            if found["type"] == "log":
                self.head = shape(found, origin=str, size=int, root=str)
            elif found["type"] == "tile":
                shape(found, level=int, number=int, data=str)
                self.tiles.setdefault(found["level"], {})[found["number"]] = decode(found["data"])
            elif found["type"] == "checkpoint":
                self.checkpoints.append(shape(found, note=str))
            elif found["type"] == "statement":
                self.statements.append(shape(found, index=int, note=str))
            elif found["type"] == "notice":
                self.notices[shape(found, version=str)["version"]] = notice_version(found)
        if not self.head:
            raise Invalid("The file does not say of which log it is.")

    def trust(self, keys: Sequence[Key]) -> List[Key]:
        """Return *keys*, and those that stand with one of them in a statement that both signed."""
        found = list(keys)
        for _ in self.statements:
            before = len(found)
            for statement in self.statements:
                try:
                    note = parse_note(statement["note"])
                    body = parse_statement(note)
                    pair = [parse_key(body[name]) for name in ("old", "new")] if body["type"] == "rotation" else []
                    both = len(set(note.signers(pair))) == 2
                except (Invalid, KeyError, AttributeError):
                    continue
                if both and any(key in found for key in pair):
                    found.extend(key for key in pair if key not in found)
            if len(found) == before:
                break
        return found


def parse_statement(note: Note) -> Json:
    """Return what a statement of the log on itself says, with the log's name as ``origin``."""
    kind, _, rest = note.text.partition("\n")
    origin, _, body = rest.partition("\n")
    found = shape(parse(body.encode()), type=str)
    if kind != STATEMENT or found["type"] not in TYPES or canonical(found).decode() + "\n" != body:
        raise Invalid("This is no statement.")
    return dict(found, origin=origin)


def check_dump(read: Callable[[], Iterator[bytes]], given: Sequence[Key]) -> int:
    """Check a dump of a log, and return how many things are wrong. *read* gives its lines, anew each time."""
    log, findings = Log(read()), Findings()
    keys = log.trust(given)
    origins = {log.head["origin"]: MAX_NUMBER}
    entries = _entries(log, findings)
    size = len(entries)
    erased, said = _check_statements(log, entries, keys, origins, findings)
    heads = _check_checkpoints(log, [hash_leaf(entry) for entry in entries], keys, origins, findings)
    seen = bytearray(size)
    records = 0
    published = sorted(heads)
    for line in read():
        found = parse(line)
        if found["type"] != "record":
            continue
        records += 1
        shape(found, index=int, salt=str, record=dict)
        index, name = found["index"], f"record {found['record'].get('id')} at {found['index']}"
        if not 0 <= index < size or seen[index]:
            findings.add("misplaced", f"{name}: there is no such place, or it is another record's")
            continue
        seen[index] = 1
        if entries[index] != commitment(found["record"], decode(found["salt"], 32)):
            findings.add("changed", f"{name}: the entry was not made from this record")
        before = bisect.bisect_right(published, (index, datetime.datetime.max.replace(tzinfo=datetime.timezone.utc)))
        if before and read_time(found["record"].get("decided_at")) + TOLERANCE < published[before - 1][1]:
            findings.add("back_dated", f"{name}: its time is before that of a checkpoint without it")
    starts = [first for first, _ in erased]
    for index, entry in enumerate(entries):
        at = bisect.bisect_right(starts, index) - 1
        gone = at >= 0 and index <= erased[at][1]
        if entry[1] == RECORD and bool(seen[index]) == gone:
            findings.add("missing" if not gone else "not_erased", f"entry {index}")
        elif entry[1] != RECORD and index not in said:
            findings.add("missing", f"the statement at {index}")
    signed = counted(len(log.checkpoints), "checkpoint")
    print(f"{log.head['origin']}: {counted(size, 'entry')}, {counted(records, 'record')}, {signed}")
    return findings.count


def _entries(log: Log, findings: Findings) -> List[bytes]:
    """Return the entries of the bundles, having computed every tile and the root anew."""
    entries: List[bytes] = []
    bundles = log.tiles.get(-1, {})
    for number in range(len(bundles)):
        data, at = bundles.get(number, b""), 0
        while at < len(data):
            end = at + 2 + int.from_bytes(data[at : at + 2], "big")
            entry = data[at + 2 : end]
            if end > len(data) or len(entry) != 34 or entry[0] != 1 or entry[1] not in (1, 2, 3, 4):
                raise Invalid(f"Bundle {number} is damaged.")
            entries.append(entry)
            at = end
        if not data or (len(entries) != (number + 1) * WIDTH and number != len(bundles) - 1):
            raise Invalid(f"Bundle {number} is missing, or has not 256 entries.")
    size = log.head["size"]
    if len(entries) != size:
        findings.add("truncated", f"the log says {size} entries, there are {len(entries)}")
    hashes, level = [hash_leaf(entry) for entry in entries], 0
    if size == len(entries) and roots(hashes, [size])[size] != decode(log.head["root"], 32):
        findings.add("changed", "the root of the log is another one")
    while hashes:
        stored = log.tiles.get(level, {})
        for number in range(-(-len(hashes) // WIDTH)):
            data = b"".join(hashes[number * WIDTH : (number + 1) * WIDTH])
            if stored.get(number) != data:
                findings.add("tile_changed", f"level {level}, number {number}")
        full = len(hashes) // WIDTH
        hashes = [roots(hashes[n * WIDTH : (n + 1) * WIDTH], [WIDTH])[WIDTH] for n in range(full)]
        level += 1
    return entries


def _check_statements(
    log: Log, entries: Sequence[bytes], keys: Sequence[Key], origins: Dict[str, int], findings: Findings
) -> Tuple[List[List[int]], Dict[int, str]]:
    """Return the ranges that were erased and where statements stand. Adds to *origins* what this log continues."""
    erased: List[List[int]] = []
    said: Dict[int, str] = {}
    for statement in sorted(log.statements, key=lambda one: -int(one["index"])):
        index, whole = statement["index"], statement["note"]
        try:
            note = parse_note(whole)
            body = parse_statement(note)
            entry = bytes((1, TYPES[body["type"]])) + hashlib.sha256(bytes(32) + whole.encode()).digest()
            if body["origin"] not in origins or not any(key.name == body["origin"] for key in note.signers(keys)):
                raise Invalid("no given key of this log signed it")
            if not 0 <= index < len(entries) or entries[index] != entry:
                raise Invalid("the entry was not made from it")
            said[index] = body["type"]
            if body["type"] == "continuation":
                origins[shape(body, previous=str, size=int)["previous"]] = body["size"]
            elif body["type"] == "erasure":
                for first, last in shape(body, indexes=list)["indexes"]:
                    if not isinstance(first, int) or not isinstance(last, int) or not 0 <= first <= last < index:
                        raise Invalid("it erases what was not there")
                    erased.append([first, last])
        except (Invalid, TypeError, ValueError) as error:
            findings.add("forged_statement", f"at {index}: {error}")
    merged: List[List[int]] = []
    for first, last in sorted(erased):
        if merged and first <= merged[-1][1] + 1:
            merged[-1][1] = max(merged[-1][1], last)
        else:
            merged.append([first, last])
    return merged, said


def _check_checkpoints(
    log: Log, leaves: Sequence[bytes], keys: Sequence[Key], origins: Dict[str, int], findings: Findings
) -> List[Tuple[int, datetime.datetime]]:
    """Check every checkpoint against the tree; return the sizes of those that hold, with the times of publication."""
    heads: List[Tuple[Checkpoint, datetime.datetime]] = []
    for stored in log.checkpoints:
        try:
            origin = parse_checkpoint(parse_note(stored["note"]).text).origin
            if origin not in origins:
                raise Invalid("it is of another log")
            head, _ = check_checkpoint(stored["note"], keys, origin)
            # What a continued log left behind was never of this tree.
            if head.size <= origins[origin]:
                heads.append((head, read_time(stored.get("published_at"))))
        except Invalid as error:
            findings.add("checkpoint_changed", f"{stored['note'].split(chr(10) * 2)[0]!r}: {error}")
    computed = roots(leaves, [head.size for head, _ in heads])
    held = []
    for head, at in heads:
        if head.size > len(leaves):
            findings.add("truncated", f"a checkpoint covers {head.size} entries, there are {len(leaves)}")
        elif computed[head.size] != head.root:
            findings.add("forked", f"the checkpoint of {head.size} entries has another root")
        else:
            held.append((head.size, at))
    return held


def check_pack(archive: zipfile.ZipFile, given: Sequence[Key]) -> int:
    """Check an audit pack: every file by its hash, every record by the tiles that lead to the checkpoint."""
    findings = Findings()
    sums = {}
    for line in archive.read("SHA256SUMS").decode().splitlines():
        digest, _, name = line.partition("  ")
        sums[name] = digest
    names = {info.filename for info in archive.infolist() if not info.is_dir()} - {"SHA256SUMS"}
    for name in sorted(names | set(sums)):
        if name not in names or name not in sums:
            findings.add("files", f"{name} is missing, or is not in SHA256SUMS")
            continue
        summed = hashlib.sha256()
        with archive.open(name) as file:
            while block := file.read(2**20):
                summed.update(block)
        if summed.hexdigest() != sums[name]:
            findings.add("files", f"{name} was changed")

    def read() -> Iterator[bytes]:
        with archive.open("log.jsonl") as file:
            yield from read_lines(file)

    log = Log(read())
    keys = log.trust(given)
    if len(log.checkpoints) != 1:
        raise Invalid("A pack has exactly one checkpoint.")
    head, _ = check_checkpoint(log.checkpoints[0]["note"], keys, log.head["origin"])
    for version, computed in log.notices.items():
        if version != computed:
            findings.add("notice", f"{version} was changed")
    leaves = _anchored(log, head)
    for statement in log.statements:
        try:
            note = parse_note(statement["note"])
            if not note.signers(keys) or parse_statement(note)["type"] not in TYPES:
                raise Invalid("no given key of this log signed it")
        except Invalid as error:
            findings.add("forged_statement", f"at {statement['index']}: {error}")
    count = waiting = 0
    for each in read():
        found = parse(each)
        if found["type"] != "record":
            continue
        count += 1
        if shape(found, record=dict).get("index") is None:
            waiting += 1
            continue
        shape(found, index=int, salt=str)
        name = f"record {found['record'].get('id')} at {found['index']}"
        if leaves(found["index"]) != hash_leaf(commitment(found["record"], decode(found["salt"], 32))):
            findings.add("changed", f"{name}: the entry was not made from this record")
        if found["record"].get("notice_version") not in log.notices:
            findings.add("notice", f"{name}: its notice is missing")
    files, entries = counted(len(names), "file"), counted(head.size, "entry")
    print(f"{head.origin}: {counted(count, 'record')}, {files}, a checkpoint of {entries}")
    if waiting:
        print(f"{counted(waiting, 'record')} had no place in the log yet: nothing proves them.")
    return findings.count


def _anchored(log: Log, head: Checkpoint) -> Callable[[int], Optional[bytes]]:
    """Check the tiles up to the checkpoint's root: each full one against the one above it, the last ones by the root.

    Returns what gives the hash of a leaf, or ``None`` where its tile is not in the pack.
    """
    tiles: Dict[Tuple[int, int], List[bytes]] = {}
    for level, found in log.tiles.items():
        for number, data in found.items() if level >= 0 else ():
            width = min(WIDTH, (head.size >> 8 * level) - number * WIDTH)
            if width <= 0 or len(data) != width * 32:
                raise Invalid(f"The tile {number} of level {level} is not as long as the checkpoint says.")
            tiles[level, number] = [data[at : at + 32] for at in range(0, len(data), 32)]
    peaks: List[bytes] = []
    for level in reversed(range((head.size.bit_length() + 7) // 8)):
        number, width = divmod(head.size >> 8 * level, WIDTH)
        hashes = tiles.get((level, number), [])
        if len(hashes) < width:
            raise Invalid(f"The last tile of level {level} is missing.")
        at = 0
        for bit in reversed(range(8)):
            if width >> bit & 1:
                peaks.append(roots(hashes[at : at + (1 << bit)], [1 << bit])[1 << bit])
                at += 1 << bit
    root = peaks.pop() if peaks else hashlib.sha256(b"").digest()
    while peaks:
        root = hash_node(peaks.pop(), root)
    if root != head.root:
        raise Invalid("The tiles lead to another root than the checkpoint's.")
    for (level, number), hashes in tiles.items():
        above = tiles.get((level + 1, number // WIDTH), [])
        if len(hashes) == WIDTH and above[number % WIDTH : number % WIDTH + 1] != [roots(hashes, [WIDTH])[WIDTH]]:
            raise Invalid(f"The tile {number} of level {level} is not what the one above it says.")

    def leaf(index: int) -> Optional[bytes]:
        hashes = tiles.get((0, index // WIDTH), [])
        return hashes[index % WIDTH] if 0 <= index < head.size and index % WIDTH < len(hashes) else None

    return leaf


# ── the command ──


def read_lines(file: Any) -> Iterator[bytes]:
    """Yield the lines of a file, none of them longer than memory bears."""
    while True:
        line = file.readline(MAX_LINE + 1)
        if len(line) > MAX_LINE:
            raise Invalid("A line of the file is too long.")
        if not line:
            return
        if line.strip():
            yield line


def read_keys(given: Iterable[str]) -> List[Key]:
    """Return the keys of lines, and of files with one a line."""
    found: List[Key] = []
    for text in given:
        if os.path.exists(text):
            with open(text, encoding="utf-8") as file:
                found.extend(parse_key(line) for line in file if line.strip() and not line.startswith("#"))
        else:
            found.append(parse_key(text))
    return found


def check_file(path: str, keys: Sequence[Key]) -> int:
    """Check a file, whatever of the three it is, and return how many things are wrong."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            return check_pack(archive, keys)

    def read() -> Iterator[bytes]:
        with open(path, "rb") as file:
            yield from read_lines(file)

    # A dump begins with one whole object a line, with its type; a receipt is one object, on however many lines.
    try:
        first = parse(next(read(), b""))
    except Invalid:
        first = None
    if isinstance(first, dict) and "type" in first:
        return check_dump(read, keys)
    with open(path, "rb") as file:
        raw = file.read(MAX_RECEIPT + 1)
    receipt = parse(raw) if len(raw) <= MAX_RECEIPT else None
    if not isinstance(receipt, dict) or receipt.get("receipt_version") != 1:
        raise Invalid("The file is no receipt of version 1, no dump of a log and no audit pack.")
    wrong = waiting = 0

    def say(name: str, outcome: str, text: str) -> None:
        nonlocal wrong, waiting
        wrong += outcome == "FAILS"
        waiting += outcome == "open" and name != "notice"
        print(f"{name:<12} {outcome:<6} {text}")

    check_receipt(receipt, keys, say)
    if waiting and not wrong:
        print("Nothing is wrong so far, and what is open is not shown yet.")
    return wrong


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Run the command, and return its exit status."""
    parser = argparse.ArgumentParser(description="Checks a receipt, a dump of a consent log, or an audit pack.")
    parser.add_argument("file", help="the receipt, the dump or the pack")
    parser.add_argument(
        "--key", action="append", required=True, help="a verifier key line of the log, or a file of them"
    )
    options = parser.parse_args(arguments)
    try:
        keys = read_keys(options.key)
    except (Invalid, OSError, UnicodeDecodeError) as error:
        parser.error(f"--key: {error}")
    try:
        wrong = check_file(options.file, keys)
    except OSError as error:
        parser.error(f"{options.file}: {error.strerror}")
    except (Invalid, KeyError, UnicodeDecodeError, zipfile.BadZipFile) as error:
        print(f"WRONG  the file: {error}")
        wrong = 1
    print("All that was checked holds." if not wrong else f"It does NOT hold: {wrong} wrong.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
