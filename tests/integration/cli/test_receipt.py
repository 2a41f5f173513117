"""``consentkit receipt``, as somebody at a terminal uses it, far from any site."""

from __future__ import annotations

import json
import pathlib

import pytest
from click.testing import CliRunner
from click.testing import Result

from consentkit.cli import consentkit_cli
from consentkit.ledger import jws
from tests import receipts as made

LINE = str(made.signer().verifier)
PUBLISHED = str(made.VECTORS / "receipt.json")


@pytest.fixture(autouse=True)
def nowhere(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    """A folder without a site."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, sent: bytes | None = None) -> Result:
    """Run it."""
    return CliRunner().invoke(consentkit_cli, ["receipt", "verify", *arguments], input=sent)


def test_one_that_holds() -> None:
    """By a line or a file of lines; from a file or the standard input."""
    for arguments in (
        (PUBLISHED, "--key", LINE),
        (PUBLISHED, "--key", str(made.VECTORS / "receipt.key")),
        ("-", "--key", LINE),
    ):
        result = run(*arguments, sent=pathlib.Path(PUBLISHED).read_bytes())
        assert result.exit_code == 0, result.output
        assert "The receipt holds." in result.output
        assert "analytics, preferences" in result.output


def test_one_that_does_not() -> None:
    """It names the check, and exits with 1."""
    changed = pathlib.Path(PUBLISHED).read_bytes().replace(b'"analytics": true', b'"analytics": false')
    result = run("-", "--key", LINE, "--format", "json", sent=changed)
    assert result.exit_code == 1
    told = json.loads(result.output)
    assert told["holds"] is False
    assert [one["check"] for one in told["checks"] if one["outcome"] == "fails"] == ["signature", "commitment"]


def test_a_promise_that_was_not_kept() -> None:
    """What it promised is long over: who checks is told what to do."""
    result = run(str(made.VECTORS / "receipt-recorded.json"), "--key", LINE)
    assert result.exit_code == 0
    assert "That time is over." in result.output


def test_what_it_holds_gives_no_orders_to_the_terminal() -> None:
    """Escape sequences and right-to-left marks are shown as question marks."""
    body = made.receipt()
    body["record"]["action"] = "\x1b]0;x\x07\u202eaccept"
    result = run("-", "--key", LINE, sent=made.encoded(body))
    assert "?]0;x??accept" in result.output
    assert "\x1b" not in result.output


@pytest.mark.parametrize("raw", [b"", b"{}", b"\xff\xfe", b"eyJ.x", b"eyJ..", b"[" * 9000])
def test_what_is_no_receipt(raw: bytes) -> None:
    """One sentence, exit 1."""
    result = run("-", "--key", LINE, sent=raw)
    assert result.exit_code == 1
    assert "The receipt does not hold." in result.output


def test_wrong_use(nowhere: pathlib.Path) -> None:
    """Exit 2 for what is no key, no file, or a file without a key."""
    (nowhere / "empty").write_text("# no key\n")
    for arguments in (
        (PUBLISHED,),
        (PUBLISHED, "--key", "x"),
        ("absent.json", "--key", LINE),
        (PUBLISHED, "--key", "empty"),
    ):
        assert run(*arguments).exit_code == 2


def test_the_kantara_form(nowhere: pathlib.Path) -> None:
    """Its signature, by the same key, and for this use alone."""
    token = jws.sign(b'{"consentReceiptID":"019a"}', made.signer(), kind=jws.KANTARA, detached=False)
    (nowhere / "receipt.jwt").write_text(token + "\n")
    assert "The receipt holds." in run("receipt.jwt", "--key", LINE).output
    for wrong in (
        token[:-4] + "AAAA",
        jws.sign(b"{}", made.signer(), kind=jws.RECEIPT, detached=False),
        jws.sign(b"{}", made.signer(seed="x"), kind=jws.KANTARA, detached=False),
        jws.sign(b"[", made.signer(), kind=jws.KANTARA, detached=False),
    ):
        assert run("-", "--key", LINE, sent=wrong.encode()).exit_code == 1
