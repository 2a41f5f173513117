"""Signing keys: made once however many begin, found where they lie, never repeated in a message."""

from __future__ import annotations

import base64
import collections.abc as cabc
import logging
import os
import sys
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consentkit.config import Settings
from consentkit.errors import ConfigError
from consentkit.errors import KeyUnavailable
from consentkit.ledger.notes import LocalSigner
from consentkit.ledger.notes import Verifier
from consentkit.operations.signing_keys import SigningKeys

NAME = "news.example/consent/log/herald"
OTHER = "news.example/consent/log/courier"
MESSAGE = b"news.example\n0\n"


@pytest.fixture
def keys(tmp_path: Path) -> cabc.Callable[..., SigningKeys]:
    """Makes the keys of a new process, with the setting as given."""

    def make(given: str = "", database: str = f"sqlite:///{tmp_path}/herald.db") -> SigningKeys:
        config = {"CONSENTKIT_LOG_KEY": given, "CONSENTKIT_DATABASE_URL": database}
        return SigningKeys(Settings.from_mapping(config, root=tmp_path, instance=tmp_path / "instance", environ={}))

    return make


def test_unset_a_key_is_made_beside_the_database(keys, tmp_path, caplog):
    """Once, for its owner alone, and the operator is told where it lies and that it must be kept."""
    with caplog.at_level(logging.WARNING):
        verifier = keys().create("herald", NAME)
    path = tmp_path / "herald.keys" / "herald.key"
    assert str(path) in caplog.text
    assert "copy" in caplog.text
    assert str(verifier) in caplog.text
    assert "PRIVATE" not in caplog.text
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    # Another process finds it, and makes no second one.
    assert keys().create("herald", NAME) == verifier
    assert verifier.holds(MESSAGE, keys().signer(verifier).sign(MESSAGE))
    assert keys(database="postgresql://host/name").place == str(tmp_path / "instance" / "consentkit.keys")


def test_many_processes_at_once_make_one_key(keys):
    """The first one's; the others take it."""
    found: list[Verifier] = []
    ready = threading.Barrier(8)

    def begin() -> None:
        ready.wait()
        found.append(keys().create("herald", NAME))

    threads = [threading.Thread(target=begin) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(found), len(set(found))) == (8, 1)


def test_a_rotation_adds_a_key_and_forgets_the_old_one(keys):
    """A process that runs finds the new one without a restart."""
    running = keys()
    old = running.create("herald", NAME)
    new = keys().create("herald", NAME, known=[old])
    assert new != old
    assert running.at_hand("herald") == [old, new]
    assert new.holds(MESSAGE, running.signer(new).sign(MESSAGE))
    assert keys().forget("herald", old)
    assert not keys().forget("herald", old)
    assert keys().at_hand("herald") == [new]


def test_a_key_that_is_not_here_is_named(keys):
    """By its public half, with what is here instead and what to do; a second one is never made for it."""
    here = keys().create("herald", NAME)
    gone = LocalSigner.generate(NAME)
    with pytest.raises(KeyUnavailable, match="log continue --site herald") as caught:
        keys().signer(gone.verifier)
    assert str(gone.verifier) in str(caught.value)
    assert str(here) in str(caught.value)
    assert keys().at_hand("herald") == [here]


@pytest.mark.parametrize("form", ["lines", "file"])
def test_keys_come_from_lines_or_a_file(keys, tmp_path, form):
    """Of several sites; each site's key has its log's name. A place that cannot be added to says what is missing."""
    herald, courier = LocalSigner.generate(NAME), LocalSigner.generate(OTHER)
    lines = f"\n{herald.private_line}\n{courier.private_line}\n"
    (tmp_path / "log.keys").write_text(f"# two sites{lines}", "utf-8")
    (tmp_path / "log.keys").chmod(0o600)
    found = keys(lines if form == "lines" else "log.keys")
    assert found.create("herald", NAME) == herald.verifier
    assert found.create("courier", OTHER) == courier.verifier
    assert found.signer(courier.verifier).sign(MESSAGE) == courier.sign(MESSAGE)
    if form == "lines":
        with pytest.raises(KeyUnavailable, match="keys generate --name"):
            found.create("herald", NAME, known=[herald.verifier])
        assert not found.forget("herald", herald.verifier)


def test_a_key_is_never_repeated(keys, tmp_path):
    """Neither by what refuses a broken one, nor by what shows an object."""
    line = LocalSigner.generate(NAME).private_line
    secret = line.rpartition("+")[2][4:30]
    with pytest.raises(ConfigError) as caught:
        keys(line[:-6] + "AAAA==")
    assert secret not in str(caught.value)
    (tmp_path / "broken.key").write_text(line[:-2], "utf-8")
    with pytest.raises(KeyUnavailable) as refused:
        keys("broken.key").at_hand("herald")
    assert secret not in str(refused.value)
    assert secret not in repr(LocalSigner.parse(line))


def test_a_place_that_is_not_there_is_an_error_of_the_setting(keys, tmp_path):
    """A folder is told by its slash; what can be a typing error is not made."""
    with pytest.raises(ConfigError, match="keys generate"):
        keys("nowhere.key")
    keys("new/").create("herald", NAME)
    assert (tmp_path / "new" / "herald.key").exists()


def test_a_file_that_others_can_read_is_told_of(keys, tmp_path, caplog):
    """It is used all the same: some platforms mount secrets so."""
    verifier = keys().create("herald", NAME)
    (tmp_path / "herald.keys" / "herald.key").chmod(0o644)
    keys().signer(verifier)
    assert "0600" in caplog.text


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_told_of(keys, tmp_path):
    """As a key that is not available, so that the log stands still and everything else goes on."""
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(KeyUnavailable, match="closed"):
        keys("closed").create("herald", NAME)


# The same in every process of a run: it stands in the names of tests.
OUTSIDE = LocalSigner(NAME, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
PROGRAM = """
import base64, sys
from consentkit.ledger.notes import LocalSigner
print(base64.b64encode(LocalSigner.parse(open(sys.argv[1]).read()).sign(sys.stdin.buffer.read())).decode())
"""


def test_a_command_signs(keys, tmp_path):
    """The message goes in, the signature comes out; the key itself never does."""
    (tmp_path / "hsm key").write_text(OUTSIDE.private_line, "utf-8")
    (tmp_path / "sign.py").write_text(PROGRAM, "utf-8")
    outside = keys(f"command:{OUTSIDE.verifier} {sys.executable} {tmp_path}/sign.py '{tmp_path}/hsm key'")
    assert outside.create("herald", NAME) == OUTSIDE.verifier
    assert outside.signer(OUTSIDE.verifier).sign(MESSAGE) == OUTSIDE.sign(MESSAGE)


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("false", "status 1"),
        ("no-such-program-here", "cannot be run"),
        ("echo nonsense", "no signature"),
        (f"echo {base64.b64encode(OUTSIDE.sign(b'another message')).decode()}", "no signature"),
        ("sleep 5", "takes longer"),
    ],
)
def test_a_command_that_does_not_sign_is_refused(keys, monkeypatch, command, says):
    """Whatever is wrong with it: what it printed is checked before it is used."""
    monkeypatch.setattr("consentkit.operations.signing_keys.COMMAND_SECONDS", 0.2)
    signer = keys(f"command:{OUTSIDE.verifier} {command}").signer(OUTSIDE.verifier)
    with pytest.raises(KeyUnavailable, match=says):
        signer.sign(MESSAGE)


@pytest.mark.parametrize("given", ["command:", "command:nonsense true", f"command:{OUTSIDE.verifier}", "PRIVATE+KEY+x"])
def test_lines_that_are_no_keys_are_an_error_of_the_setting(keys, given):
    """At the start, not when the first reader decides."""
    with pytest.raises(ConfigError, match="CONSENTKIT_LOG_KEY"):
        keys(given)
