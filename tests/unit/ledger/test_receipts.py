"""Receipts: what holds, and what every change of one does."""

from __future__ import annotations

import base64
import collections.abc as cabc
import copy
import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.errors import ProofInvalid
from consentkit.ledger import jws
from consentkit.ledger import notes
from consentkit.ledger.receipts import MAX_LENGTH
from consentkit.ledger.receipts import Check
from consentkit.ledger.receipts import Outcome
from consentkit.ledger.receipts import check
from consentkit.ledger.receipts import holds
from consentkit.ledger.receipts import parse
from tests import receipts as made

KEYS = [made.signer().verifier]
Body: t.TypeAlias = dict[str, t.Any]


@pytest.fixture(scope="module")
def published() -> Body:
    """A receipt with its place in the log."""
    return made.receipt()


@pytest.fixture(scope="module")
def recorded() -> Body:
    """The same, too early for a place."""
    return made.receipt("recorded")


def outcomes(body: object, keys: cabc.Collection[notes.Verifier] = KEYS) -> dict[str, str]:
    """Return what came of each check."""
    return {one.check.value: one.outcome.value for one in check(parse(made.encoded(body)), keys)}


def failing(body: object, keys: cabc.Collection[notes.Verifier] = KEYS) -> set[str]:
    """Return the checks that fail."""
    return {name for name, outcome in outcomes(body, keys).items() if outcome == "fails"}


def test_it_holds(published: Body) -> None:
    """Every check, in the order that is told."""
    findings = check(parse(made.encoded(published)), KEYS)
    assert [one.check for one in findings] == [*Check]
    assert {one.outcome for one in findings} == {Outcome.HOLDS}
    assert holds(findings)


def test_the_kept_ones_hold() -> None:
    """What the page's and the stand-alone verifier's tests check, whatever the format becomes."""
    key = notes.Verifier.parse((made.VECTORS / "receipt.key").read_text())
    for name, absent in (("receipt.json", 0), ("receipt-recorded.json", 2)):
        found = check(parse((made.VECTORS / name).read_bytes()), [key])
        assert holds(found)
        assert [one.outcome for one in found].count(Outcome.ABSENT) == absent


def test_before_it_is_published_it_is_a_promise(recorded: Body) -> None:
    """Signed, with the time until which it must be kept."""
    found = check(parse(made.encoded(recorded)), KEYS)
    assert holds(found)
    assert [one.check.value for one in found if one.outcome is Outcome.ABSENT] == ["inclusion", "checkpoint"]
    assert recorded["log"]["by"] in found[3].text
    assert failing({**recorded, "log": {**recorded["log"], "by": "2031-01-01T00:00:00.000000Z"}}) == {"signature"}


def test_each_part_is_told_by_its_name(published: Body) -> None:
    """Changed by who holds the site's key, so that the signature is right and only the part itself is wrong."""
    changes: dict[str, cabc.Callable[[Body], object]] = {
        "commitment": lambda body: body["record"].update(action="accept_all"),
        "notice": lambda body: body["notice"].update(html="<p>Something else</p>"),
        "inclusion": lambda body: body["log"].update(index=71),
        "checkpoint": lambda body: body["log"].update(checkpoint=_forged(body["log"]["checkpoint"])),
    }
    for name, change in changes.items():
        body = copy.deepcopy(published)
        change(body)
        assert failing(made.sign_again(body)) == {name}
        assert "signature" in failing(body)


def test_a_part_of_another_receipt_is_not_of_this_one(published: Body) -> None:
    """A notice, but not the one that was shown; a checkpoint of the same key, but of another log or size."""
    other = made.receipt(locale="en")
    assert failing(made.sign_again({**published, "notice": other["notice"]})) == {"notice"}
    text = notes.Note.parse(published["log"]["checkpoint"].encode()).text
    text = text.replace("/steppe-herald\n", "/another\n")
    checkpoint = str(notes.Note(text, (notes.sign(text, made.signer()),)))
    assert failing(made.sign_again({**published, "log": {**published["log"], "checkpoint": checkpoint}})) == {
        "checkpoint"
    }
    for size in (made.SIZE - 1, made.SIZE + 1):
        assert failing(made.sign_again({**published, "log": {**published["log"], "size": size}})) == {"inclusion"}


def test_a_signature_for_another_use_is_none(published: Body) -> None:
    """Of the same key, over the same bytes (RFC 8725, 3.11)."""
    rest = {name: value for name, value in published.items() if name != "signature"}
    payload = json.dumps(rest, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    for kind in ("consent-receipt+jwt", "JWT"):
        token = jws.sign(payload, made.signer(), kind=kind, detached=True)
        assert failing({**published, "signature": token}) == {"signature"}
    assert not failing({**published, "signature": jws.sign(payload, made.signer(), kind=jws.RECEIPT, detached=True)})


def test_a_member_stands_once(published: Body) -> None:
    """Or two readers could read two receipts in one file (RFC 8259, 4)."""
    raw = made.encoded(published)
    twice = raw.replace(b'"receipt_version": 1', b'"receipt_version": 1, "receipt_version": 1')
    with pytest.raises(ProofInvalid, match="twice"):
        parse(twice)


def _forged(note: str) -> str:
    """Return the checkpoint with another's signature under the log's name."""
    text = notes.Note.parse(note.encode()).text
    return str(notes.Note(text, (notes.sign(text, made.signer(seed="another")),)))


def test_every_field_of_the_record_counts(published: Body) -> None:
    """The entry commits to each, the absent ones too: one that comes later is a change."""
    for name, value in published["record"].items():
        changed = [value] if isinstance(value, str) else "x" if value is None else not value
        body = {**published, "record": {**published["record"], name: changed if name != "id" else "x"}}
        assert "commitment" in failing(body), name


def test_what_is_null_is_as_if_it_were_not_there(published: Body) -> None:
    """So that an entry stays what it was when a later release adds a field."""
    record = {**published["record"], "of_a_later_release": None}
    assert failing({**published, "record": record}) == {"signature"}


def test_keys_are_those_of_who_checks(published: Body) -> None:
    """Not those that the receipt itself names, nor one of another log, even if it made all signatures."""
    other = made.signer("www.steppe-herald.example/consent/log/another")
    stranger = made.signer(seed="another")
    assert failing(published, [stranger.verifier]) == {"signature", "checkpoint"}
    assert failing(published, []) == {"signature", "checkpoint"}
    assert failing(made.sign_again(published, other), [*KEYS, other.verifier]) == {"signature"}


def test_the_whole_of_another_log_is_refused(published: Body) -> None:
    """Signed by a trusted key of log B, while it says that it is of log A."""
    other = made.signer("www.steppe-herald.example/consent/log/another")
    body = copy.deepcopy(published)
    text = notes.Note.parse(body["log"]["checkpoint"].encode()).text
    body["log"]["checkpoint"] = str(notes.Note(text, (notes.sign(text, other),)))
    assert failing(made.sign_again(body, other), [*KEYS, other.verifier]) == {"signature", "checkpoint"}


def test_witnesses_are_named(published: Body) -> None:
    """Those whose keys were given; a wrong line of theirs is a fault."""
    witness = made.signer("witness.example", "witness")
    key = notes.Verifier(witness.name, witness.verifier.key, notes.COSIGNATURE)
    body = copy.deepcopy(published)
    note = notes.Note.parse(body["log"]["checkpoint"].encode())
    body["log"]["checkpoint"] = str(note.with_signature(notes.cosign(note.text, witness, 1_795_000_000)))
    body = made.sign_again(body)
    found = check(parse(made.encoded(body)), [*KEYS, key])
    assert holds(found)
    assert "witness.example" in found[-1].text
    assert holds(check(parse(made.encoded(body)), KEYS))
    line = notes.cosign("another text\n", witness, 1_795_000_000)
    body["log"]["checkpoint"] = str(note.with_signature(line))
    assert failing(made.sign_again(body), [*KEYS, key]) == {"checkpoint"}


def test_the_header_decides_nothing(published: Body) -> None:
    """Neither the algorithm nor the use: only what this format says is taken (RFC 8725, 3.1 and 3.11)."""
    head, _, signature = published["signature"].split(".")
    header = json.loads(base64.urlsafe_b64decode(head + "=="))
    for change in ({"alg": "none"}, {"typ": "JWT"}, {"crit": ["alg"]}, {"jwk": {}}, {"kid": "x"}):
        changed = base64.urlsafe_b64encode(json.dumps({**header, **change}).encode()).rstrip(b"=").decode()
        assert failing({**published, "signature": f"{changed}..{signature}"}) == {"signature"}
    for token in (
        "",
        "..",
        f"{head}.e30.{signature}",
        f"{head}..",
        f"{head}..{signature}=",
        f"{head}..{signature}.",
        "é..é",
    ):
        assert failing({**published, "signature": token}) == {"signature"}, token


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("receipt_version", 2),
        ("issued_at", "2026-11-23"),
        ("issued_at", "2026-11-23T12:00:00.000000+00:00"),
        ("record", []),
        ("record.id", None),
        ("notice", "x"),
        ("notice.html", 1),
        ("notice.content", None),
        ("signature", None),
        ("log", None),
        ("log.state", "nowhere"),
        ("log.state", "recorded"),
        ("log.index", True),
        ("log.index", -1),
        ("log.size", "300"),
        ("log.proof", [1]),
        ("log.proof", ["AA=="]),
        ("log.proof", ["A" * 43 + "="] * 64),
        ("log.salt", "AAAA"),
        ("log.entry", "!"),
        ("log.checkpoint", None),
        ("log.keys", "x"),
    ],
)
def test_what_has_not_the_form_is_no_receipt(published: Body, path: str, value: object) -> None:
    """It says which member, and never fails in another way."""
    body = copy.deepcopy(published)
    *way, name = path.split(".")
    inner = body
    for part in way:
        inner = inner[part]
    inner[name] = value
    with pytest.raises(ProofInvalid, match="This is no receipt"):
        parse(made.encoded(body))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"receipt_version":1.0}',
        b'{"receipt_version":1e0}',
        b'{"receipt_version":NaN}',
        b'{"receipt_version":-0}',
        b'{"receipt_version":1,"receipt_version":1}',
        b'{"receipt_version":1,"a":"\\ud800"}',
        b'{"receipt_version":1,"a":' + b"9" * 5000 + b"}",
        b'{"receipt_version":1,"a":9007199254740993}',
        b" " * (MAX_LENGTH + 1),
    ],
)
def test_hostile_files_do_no_harm(raw: bytes) -> None:
    """Too deep, too long, read in two ways by two readers, or no JSON at all."""
    with pytest.raises(ProofInvalid):
        parse(raw)


@given(st.data())
def test_a_changed_byte_never_passes(data: st.DataObject) -> None:
    """Wherever it is, unless it is the space between members."""
    raw = (made.VECTORS / "receipt.json").read_bytes()
    at = data.draw(st.integers(0, len(raw) - 1))
    changed = raw[:at] + data.draw(st.binary(min_size=1, max_size=1)) + raw[at + 1 :]
    try:
        passes = holds(check(parse(changed), KEYS))
    except ProofInvalid:
        passes = False
    assert not passes or json.loads(changed) == json.loads(raw)
