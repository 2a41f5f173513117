"""The verifier that stands alone: it agrees with what others compute, and finds what was changed."""

from __future__ import annotations

import ast
import base64
import collections.abc as cabc
import copy
import datetime as dt
import hashlib
import importlib.util
import json
import pathlib
import subprocess
import sys
import typing as t
import zipfile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consentkit.ledger.checkpoints import Checkpoint
from consentkit.ledger.entries import EntryType
from consentkit.ledger.entries import bundle
from consentkit.ledger.notes import LocalSigner
from consentkit.ledger.notes import Note
from consentkit.ledger.notes import sign
from consentkit.ledger.records import entry_of
from consentkit.ledger.statements import Statement
from consentkit.ledger.statements import entry_of_statement
from consentkit.ledger.statements import sign_statement
from consentkit.ledger.tree import Node
from consentkit.ledger.tree import hash_all
from consentkit.ledger.tree import hash_leaf
from consentkit.ledger.tree import root

ROOT = pathlib.Path(__file__).parents[3]
FILE = ROOT / "src" / "consentkit" / "verifier" / "consentkit_verify.py"
VECTORS = ROOT / "tests" / "vectors"
ORIGIN = "news.example/consent/log/steppe-herald"
ERASED = (3, 4)
OLD, NEW = (LocalSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32)) for n in (1, 2))
START = dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)

#: RFC 8032, 7.1: secret key, public key, message, signature (tests 1, 2, 3 and SHA(abc)).
RFC_8032 = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe2465"
            "5141438e7a100b"
        ),
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00"
            "d291612bb0c00"
        ),
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc02"
            "7beceea1ec40a"
        ),
    ),
    (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        hashlib.sha512(b"abc").hexdigest(),
        (
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9b"
            "ef1177331a704"
        ),
    ),
]


def load() -> t.Any:
    """Return the verifier as a module: it is none of the package's."""
    spec = importlib.util.spec_from_file_location("consentkit_verify", FILE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


verifier = load()


@pytest.mark.parametrize("vector", RFC_8032, ids=["1", "2", "3", "SHA(abc)"])
def test_ed25519_is_that_of_rfc_8032(vector) -> None:
    """Its signatures hold, and with any other bit they do not."""
    _, key, message, signature = map(bytes.fromhex, vector)
    assert verifier.verify_ed25519(key, message, signature)
    assert not verifier.verify_ed25519(key, message + b"x", signature)
    for at in (0, 31, 32, 62):
        changed = bytearray(signature)
        changed[at] ^= 1
        assert not verifier.verify_ed25519(key, message, bytes(changed))
    # The same scalar, a round further: the second way to write a signature is refused (5.1.7).
    scalar = int.from_bytes(signature[32:], "little") + verifier.ORDER
    assert not verifier.verify_ed25519(key, message, signature[:32] + scalar.to_bytes(32, "little"))


def test_what_is_no_point_is_no_key() -> None:
    """Beyond the field, off the curve, too short."""
    for key in (b"\xff" * 32, (2).to_bytes(32, "little"), b"", bytes(31)):
        assert not verifier.verify_ed25519(key, b"", bytes(64))


def b64(data: bytes) -> str:
    """Return base64."""
    return base64.b64encode(data).decode()


def time_of(number: int) -> str:
    """Return the time of record *number*: one a minute."""
    return (START + dt.timedelta(minutes=number)).isoformat(timespec="microseconds").replace("+00:00", "Z")


#: What every record was decided on.
NOTICE = {"type": "notice", "content": {"locale": "ru"}, "html": "<p>", "preferences_html": "", "style": ""}
NOTICE["version"] = verifier.notice_version({**NOTICE, "version": "a" * 16})


class Made(t.NamedTuple):
    """A log as its lines, and what its proofs are made from."""

    lines: list[dict[str, t.Any]]
    read: t.Any
    size: int


def make_log() -> Made:
    """Make a log of 600 entries: records, an erasure, a key that took over, checkpoints by both keys."""
    entries: list[bytes] = []
    lines: list[dict[str, t.Any]] = []

    def record(number: int) -> None:
        fields = {"id": f"r{number}", "previous_id": None, "decided_at": time_of(number)}
        fields["notice_version"] = NOTICE["version"]
        salt = bytes([number % 256]) * 32
        entries.append(bytes(entry_of(fields, salt)))
        if not ERASED[0] <= number <= ERASED[1]:
            lines.append({"type": "record", "index": number, "salt": b64(salt), "record": fields})

    def state(kind: EntryType, signers: tuple[LocalSigner, ...], **members: object) -> None:
        note = sign_statement(
            Statement(kind, ORIGIN, {"site": "steppe-herald", "at": time_of(len(entries)), **members}), *signers
        )
        lines.append({"type": "statement", "index": len(entries), "note": note})
        entries.append(bytes(entry_of_statement(kind, note)))

    def read(node: Node) -> bytes:
        count = 1 << node.height
        return hash_all([hash_leaf(one) for one in entries[node.number * count : (node.number + 1) * count]])

    def checkpoint(signer: LocalSigner) -> None:
        text = Checkpoint(ORIGIN, len(entries), root(len(entries), read)).text
        at = (START + dt.timedelta(minutes=len(entries))).isoformat(timespec="microseconds").replace("+00:00", "Z")
        lines.append(
            {"type": "checkpoint", "note": str(Note(text, (sign(text, signer),))), "published_at": at},
        )

    for number in range(299):
        record(number)
    checkpoint(OLD)
    state(EntryType.ERASURE, (OLD,), reason="reader", indexes=[list(ERASED)], unlogged=0)
    state(EntryType.ROTATION, (OLD, NEW), old=str(OLD.verifier), new=str(NEW.verifier), checkpoint=None)
    for number in range(301, 600):
        record(number)
    checkpoint(NEW)
    hashes = [hash_leaf(entry) for entry in entries]
    tiles = [
        *((-1, n, bundle(entries[n * 256 : n * 256 + 256])) for n in range(3)),
        *((0, n, b"".join(hashes[n * 256 : n * 256 + 256])) for n in range(3)),
        (1, 0, b"".join(hash_all(hashes[n * 256 : n * 256 + 256]) for n in range(2))),
    ]
    lines += [{"type": "tile", "level": level, "number": n, "data": b64(data)} for level, n, data in tiles]
    head = {
        "type": "log",
        "site": "steppe-herald",
        "origin": ORIGIN,
        "size": 600,
        "root": b64(root(600, read)),
    }
    return Made([head, *lines], read, 600)


MADE = make_log()


def run(capsys, path: pathlib.Path, key: str = str(OLD.verifier)) -> tuple[int, list[str]]:
    """Run the verifier: its status, and the kinds of what it found wrong."""
    status = verifier.main(["--key", key, str(path)])
    lines = capsys.readouterr().out.splitlines()
    return status, sorted({line.split()[1].rstrip(":") for line in lines if line.startswith("WRONG")})


def write(path: pathlib.Path, lines: cabc.Iterable[object]) -> pathlib.Path:
    """Write a dump."""
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    return path


def test_a_dump_holds_by_either_key(capsys, tmp_path) -> None:
    """The statement of the key that took over, signed by both, leads from one to the other; a third knows nothing."""
    path = write(tmp_path / "log.jsonl", MADE.lines)
    assert run(capsys, path) == (0, [])
    assert run(capsys, path, str(NEW.verifier)) == (0, [])
    other = LocalSigner(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(32))).verifier
    assert run(capsys, path, str(other)) == (1, ["checkpoint_changed", "forged_statement", "missing"])


def of_kind(lines: list[dict[str, t.Any]], kind: str, number: int = 0) -> dict[str, t.Any]:
    """Return one of the lines of a kind."""
    return [line for line in lines if line["type"] == kind][number]


def change_record(lines):
    """A field."""
    of_kind(lines, "record", 7)["record"]["notice_version"] = "m"


def change_salt(lines):
    """The salt."""
    of_kind(lines, "record", 7)["salt"] = b64(bytes(32))


def drop_record(lines):
    """A row is gone."""
    lines.remove(of_kind(lines, "record", 7))


def bring_back(lines):
    """A record stands where one was erased."""
    lines.append({**of_kind(lines, "record"), "index": ERASED[0]})


def swap(lines):
    """Two records change places."""
    one, two = of_kind(lines, "record", 7), of_kind(lines, "record", 8)
    one["index"], two["index"] = two["index"], one["index"]


def change_tile(lines):
    """A tile of level 1."""
    tile = next(line for line in lines if line["type"] == "tile" and line["level"] == 1)
    tile["data"] = b64(bytes(64))


def change_checkpoint(lines):
    """Its text."""
    line = of_kind(lines, "checkpoint")
    line["note"] = line["note"].replace("\n299\n", "\n298\n")


def fork(lines):
    """A checkpoint of another tree, truly signed."""
    text = Checkpoint(ORIGIN, 299, bytes(32)).text
    of_kind(lines, "checkpoint")["note"] = str(Note(text, (sign(text, OLD),)))


def forge(lines):
    """One more is said to be erased."""
    line = of_kind(lines, "statement")
    line["note"] = line["note"].replace("[[3,4]]", "[[3,5]]")


def truncate(lines):
    """The last entry is gone from its bundle."""
    tile = next(line for line in lines if line["type"] == "tile" and (line["level"], line["number"]) == (-1, 2))
    tile["data"] = b64(base64.b64decode(tile["data"])[:-36])


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        (change_record, ["changed"]),
        (change_salt, ["changed"]),
        (drop_record, ["missing"]),
        (bring_back, ["changed", "not_erased"]),
        (swap, ["changed"]),
        (change_tile, ["tile_changed"]),
        (change_checkpoint, ["checkpoint_changed"]),
        (fork, ["forked"]),
        (forge, ["forged_statement", "missing"]),
        (truncate, ["misplaced", "tile_changed", "truncated"]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_was_changed_in_a_dump_is_named(capsys, tmp_path, change, kinds) -> None:
    """By its kind, and nothing else with it."""
    lines = copy.deepcopy(MADE.lines)
    change(lines)
    assert run(capsys, write(tmp_path / "log.jsonl", lines)) == (1, kinds)


def test_a_record_before_its_time_is_named(capsys, tmp_path) -> None:
    """Its entry came after a checkpoint that is hours younger than the record says to be."""
    lines = copy.deepcopy(MADE.lines)
    of_kind(lines, "checkpoint")["published_at"] = "2026-11-24T10:00:00.000000Z"
    assert run(capsys, write(tmp_path / "log.jsonl", lines)) == (1, ["back_dated"])


def make_pack(path: pathlib.Path, *, change: str = "") -> pathlib.Path:
    """Write a pack with three records, the tiles and the last checkpoint."""
    records = [copy.deepcopy(of_kind(MADE.lines, "record", n)) for n in (0, 100, 500)]
    if change == "record":
        records[1]["record"]["decided_at"] = time_of(7)
    tiles = [copy.deepcopy(line) for line in MADE.lines if line["type"] == "tile"]
    if change == "tile":
        tile = next(line for line in tiles if (line["level"], line["number"]) == (0, 0))
        tile["data"] = b64(bytes(8192))
    lines = [MADE.lines[0], *tiles, of_kind(MADE.lines, "statement", 1), of_kind(MADE.lines, "checkpoint", 1), *records]
    if change != "notice":
        lines.append(NOTICE)
    body = "".join(f"{json.dumps(line)}\n" for line in lines)
    files = {"log.jsonl": body, "README.txt": "For the inspector."}
    sums = "".join(f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n" for name, text in files.items())
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text + ("x" if change == name else ""))
        archive.writestr("SHA256SUMS", sums)
        if change == "more":
            archive.writestr("more.txt", "")
    return path


@pytest.mark.parametrize(
    ("change", "kinds"),
    [
        ("", []),
        ("record", ["changed"]),
        ("tile", ["the"]),
        ("notice", ["notice"]),
        ("README.txt", ["files"]),
        ("more", ["files"]),
    ],
)
def test_a_pack(capsys, tmp_path, change, kinds) -> None:
    """Files by their hashes, records by their tiles, notices by their versions."""
    assert run(capsys, make_pack(tmp_path / "pack.zip", change=change)) == (int(bool(kinds)), kinds)


@pytest.mark.parametrize("name", ["receipt.json", "receipt-recorded.json"])
def test_a_receipt_holds_in_a_bare_python(name) -> None:
    """Without site packages, without the environment: as on an inspector's machine."""
    command = [sys.executable, "-I", "-S", str(FILE), "--key", str(VECTORS / "receipt.key"), str(VECTORS / name)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout


@pytest.mark.parametrize(
    ("path", "value", "failing"),
    [
        ("record.action", "accept_all", ["signature", "commitment"]),
        ("notice.html", "<p>", ["signature", "notice"]),
        ("log.index", 1, ["signature", "inclusion"]),
        ("log.origin", "other.example", ["signature", "checkpoint"]),
        ("log.proof", ["x"], ["signature", "inclusion"]),
        ("log.checkpoint", "x", ["signature", "inclusion", "checkpoint"]),
        ("issued_at", "", ["signature"]),
    ],
)
def test_what_was_changed_in_a_receipt_is_named(capsys, tmp_path, path, value, failing) -> None:
    """Each by the checks that it belongs to."""
    receipt = json.loads((VECTORS / "receipt.json").read_text("utf-8"))
    place = receipt
    *names, last = path.split(".")
    for name in names:
        place = place[name]
    place[last] = value
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(receipt), "utf-8")
    assert verifier.main(["--key", str(VECTORS / "receipt.key"), str(file)]) == 1
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [words[0] for words in lines if words[1] == "FAILS"] == failing


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"receipt",
        b"[" * 100_000,
        b'{"receipt_version":1}',
        b'{"receipt_version":1,"receipt_version":1}',
        b'{"type":"record"}',
        b'{"type":"log","origin":"o","size":1,"root":"x"}',
        b'{"type":"log","origin":1,"size":true}',
        b"\xff\xfe",
        b"PK\x05\x06" + bytes(18),
    ],
    ids=range(10),
)
def test_what_is_nothing_that_it_knows(capsys, tmp_path, data) -> None:
    """It says so in one line, without a trace."""
    file = tmp_path / "file"
    file.write_bytes(data)
    assert run(capsys, file)[0] == 1


def test_wrong_use(capsys, tmp_path) -> None:
    """No key, a key that is none, a file that is not there."""
    for arguments in (["x"], ["--key", "x", "y"], ["--key", str(OLD.verifier), str(tmp_path / "none")]):
        with pytest.raises(SystemExit) as ended:
            verifier.main(arguments)
        assert ended.value.code == 2
    capsys.readouterr()


def test_it_is_written_for_python_3_8_and_imports_nothing_else() -> None:
    """What is not in the standard library then would not be on every machine."""
    tree = ast.parse(FILE.read_text("utf-8"), feature_version=(3, 8))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert imported <= sys.stdlib_module_names
    assert not {"tomllib", "zoneinfo", "graphlib"} & imported
    called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not {"removeprefix", "removesuffix", "bit_count", "fromisoformat", "UTC"} & called
