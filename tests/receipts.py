"""Receipts for tests, made without a database: ``python -m tests.receipts`` writes those in ``tests/vectors``."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import pathlib
import typing as t

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consentkit import demo
from consentkit.consent.decisions import Action
from consentkit.consent.decisions import Layer
from consentkit.consent.decisions import Record
from consentkit.consent.evidence import StoredNotice
from consentkit.consent.load import load_site
from consentkit.consent.site import Site
from consentkit.ledger import notes
from consentkit.ledger import receipts
from consentkit.ledger import tree
from consentkit.ledger.checkpoints import Checkpoint
from consentkit.ledger.iso27560 import Background
from consentkit.ledger.iso27560 import consent_record
from consentkit.ledger.records import entry_of
from consentkit.ledger.records import fields_of
from consentkit.notice.model import PolicyLink
from consentkit.notice.model import compose
from consentkit.notice.render import render
from consentkit.web.assets import stylesheet
from tests.factories import NOON
from tests.factories import make_record

ORIGIN = "www.steppe-herald.example/consent/log/steppe-herald"
BASE = "https://www.steppe-herald.example/consent/"
#: Entries in the log, and which of them is the record's.
SIZE, INDEX = 300, 70

VECTORS = pathlib.Path(__file__).parent / "vectors"


def signer(name: str = ORIGIN, seed: str = "receipt") -> notes.LocalSigner:
    """Return a key that is always the same, for everybody to know: it protects nothing."""
    return notes.LocalSigner(name, Ed25519PrivateKey.from_private_bytes(_bytes(seed)))


def site() -> Site:
    """Return the demo newsroom's configuration."""
    return load_site(pathlib.Path(demo.__file__).parent / "steppe-herald.toml")


def notice(locale: str = "ru") -> StoredNotice:
    """Return its notice."""
    links = {
        kind: PolicyLink(
            f"%BASE%{kind}?site=steppe-herald&locale={locale}", hashlib.sha256(kind.encode()).hexdigest()[:16]
        )
        for kind in ("privacy", "terms", "cookies")
    }
    content = compose(site(), locale, revision=1, history=[], policies=links)
    return render(content, stylesheet("bar")).stored(NOON)


def background(shown: StoredNotice) -> Background:
    """Return what was in force with that notice."""
    return Background(
        notice=shown, content=json.loads(shown.content), configuration=json.loads(site().canonical()), base=BASE
    )


def record(shown: StoredNotice, **changes: t.Any) -> Record:
    """Return a decision on that notice: some of it agreed to."""
    configured = site()
    choice = configured.choose({"preferences": True, "analytics": True}, {"steppe-video": True})
    fields = {
        "id": "019ab0f2-6a80-7c3e-9d51-4b1f0c7e2a94",
        "decided_at": dt.datetime(2025, 11, 23, 12, 0, 0, 123456, tzinfo=dt.UTC),
        "subject_id": "q83vEjRWeJCrze8SNFZ4kA",
        "action": Action.SAVE,
        "layer": Layer.SECOND,
        "purposes": choice.purposes,
        "services": choice.services,
        "locale": shown.locale,
        "notice_version": shown.version,
        "config_version": configured.version,
        "policy_versions": {k: v["version"] for k, v in json.loads(shown.content)["policies"].items()},
        **changes,
    }
    return make_record(**fields)


def receipt(state: str = "published", locale: str = "ru", **changes: t.Any) -> dict[str, t.Any]:
    """Return a receipt that holds, as JSON has it; *changes* are of the record."""
    shown = notice(locale)
    of = record(shown, **changes)
    salt = _bytes("salt")
    entry = bytes(entry_of(fields_of(of), salt))
    published = state == "published"
    key = signer()
    return receipts.build(
        fields_of(of),
        consent=consent_record(of, background(shown)),
        notice=shown,
        log=receipts.LogPart(
            state=receipts.State(state),
            origin=ORIGIN,
            salt=salt,
            entry=entry,
            by=None if published else of.decided_at + dt.timedelta(days=1),
            place=place(entry, key) if published else None,
            keys=(str(key.verifier),),
        ),
        issued_at=of.decided_at + dt.timedelta(seconds=30),
        signer=key,
    )


def place(entry: bytes, *signers: notes.Signer, size: int = SIZE, index: int = INDEX) -> receipts.Place:
    """Return the place of *entry* among others in a log, under a checkpoint."""
    leaves = [tree.hash_leaf(b"\x01\x01" + _bytes(f"entry {number}")) for number in range(size)]
    leaves[index] = tree.hash_leaf(entry)

    def read(node: tree.Node) -> bytes:
        return tree.hash_all(leaves[node.number << node.height : (node.number + 1) << node.height])

    text = Checkpoint(ORIGIN, size, tree.root(size, read)).text
    note = notes.Note(text, tuple(notes.sign(text, one) for one in signers))
    return receipts.Place(index, size, tuple(tree.inclusion_proof(index, size, read)), str(note))


def encoded(body: object) -> bytes:
    """Return the file of a receipt."""
    return json.dumps(body, ensure_ascii=False, indent=2).encode() + b"\n"


def sign_again(body: dict[str, t.Any], key: notes.Signer | None = None) -> dict[str, t.Any]:
    """Return the receipt as its site would have signed it after a change."""
    rest = {name: value for name, value in body.items() if name != "signature"}
    payload = receipts.canonical(rest)
    return {**rest, "signature": receipts.jws.sign(payload, key or signer(), kind="consent-receipt+jws", detached=True)}


def _bytes(name: str) -> bytes:
    return hashlib.sha256(f"consentkit test {name}".encode()).digest()


if __name__ == "__main__":
    (VECTORS / "receipt.json").write_bytes(encoded(receipt()))
    (VECTORS / "receipt-recorded.json").write_bytes(encoded(receipt("recorded")))
    (VECTORS / "receipt.key").write_text(f"{signer().verifier}\n", encoding="utf-8")
