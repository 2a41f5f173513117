"""The private halves of the logs' keys: where they lie, how they come to be, and what signs in their place.

``CONSENTKIT_LOG_KEY`` is a folder with a file for each site, one file, the lines themselves, or
``command:<verifier key line> <program and arguments>`` for a key that never comes into this process. Unset, keys are
made when they are first needed, in a folder beside the database.
"""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import logging
import os
import shlex
import stat
import subprocess
import typing as t
from pathlib import Path

from ..errors import ConfigError
from ..errors import KeyUnavailable
from ..errors import Problem
from ..errors import ProofInvalid
from ..ledger.notes import PRIVATE
from ..ledger.notes import LocalSigner
from ..ledger.notes import Verifier
from ..ledger.notes import decode
from ..ledger.origins import site_of
from .durable_files import locked
from .durable_files import replace

if t.TYPE_CHECKING:
    from ..config import Settings
    from ..ledger.notes import Signer

log = logging.getLogger("consentkit")

#: How long a command may take to sign, in seconds. A writer's lease is longer.
COMMAND_SECONDS = 10.0

_SETTING = "CONSENTKIT_LOG_KEY"
_COMMAND = "command:"
_MAX_FILE = 65_536


@dataclasses.dataclass(frozen=True, slots=True)
class CommandSigner:
    """A key outside of this process: a program gets the message on its input and prints the signature in base64.

    :param verifier: the public half. :param command: the program and its arguments; no shell reads them.
    """

    verifier: Verifier
    command: tuple[str, ...]

    def sign(self, message: bytes) -> bytes:
        """Return the signature of *message*, checked against the public half.

        :raises KeyUnavailable: the program cannot be run, takes too long, fails, or prints something else.
        """
        try:
            done = subprocess.run(  # noqa: S603 - what the operator configured, and no shell
                self.command, input=message, stdout=subprocess.PIPE, timeout=COMMAND_SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            raise self._failed(f"takes longer than {COMMAND_SECONDS:g} seconds") from None
        except OSError as error:
            raise self._failed(f"cannot be run ({error.strerror})") from None
        if done.returncode:
            raise self._failed(f"ended with status {done.returncode}")
        signature = decode(done.stdout[:_MAX_FILE].decode("ascii", "replace").strip())
        if not self.verifier.holds(message, signature):
            raise self._failed("printed no signature of this key, in base64")
        return signature

    def _failed(self, what: str) -> KeyUnavailable:
        return KeyUnavailable(f"The command that signs for the key {self.verifier} {what}: '{self.command[0]}'.")


class SigningKeys:
    """The private halves that this process can sign with, read anew when one is missing.

    :param settings: ``CONSENTKIT_LOG_KEY``, and the database beside which keys lie where it is not set.
    :raises ConfigError: the lines of the setting are no keys.
    """

    def __init__(self, settings: Settings) -> None:
        given = settings.log_key.strip()
        self._known: dict[Verifier, Signer] = {}
        self._lines: tuple[Signer, ...] = ()
        self._folder: Path | None = None
        self._file: Path | None = None
        #: Whether the keys lie where nobody said they should.
        self._by_default = not given
        if given.startswith((PRIVATE, _COMMAND)):
            self._lines = tuple(_given(given))
        elif given:
            place = settings.root / given
            if place.is_file():
                self._file = place
            elif place.is_dir() or given.endswith(("/", os.sep)):
                self._folder = place
            else:
                raise ConfigError(
                    Problem(
                        f"'{_SETTING}'",
                        "",
                        f"names neither a file nor a folder: '{given[:200]}'.",
                        "Run 'consentkit keys generate -o FILE', or make the folder.",
                    )
                )
        else:
            self._folder = settings.keys_folder

    @property
    def place(self) -> str:
        """Where the keys lie, for people to read. Never a key."""
        return str(self._folder or self._file or f"the setting {_SETTING}")

    def at_hand(self, site: str) -> list[Verifier]:
        """Return the public halves of the keys that this process can sign with, oldest first.

        :param site: the site's id: a folder has a file for each.
        :raises KeyUnavailable: the file cannot be read, or holds something else.
        """
        return [signer.verifier for signer in self._signers(site)]

    def signer(self, verifier: Verifier) -> Signer:
        """Return what signs for *verifier*.

        :raises KeyUnavailable: its private half is not here.
        """
        # Once read it is kept: a receipt is signed for each reader who asks.
        if verifier not in self._known:
            self._known[verifier] = self._find(verifier)
        return self._known[verifier]

    def _find(self, verifier: Verifier) -> Signer:
        site = site_of(verifier.name)
        signers = self._signers(site)
        for signer in signers:
            if signer.verifier == verifier:
                return signer
        others = f" There is {', '.join(str(signer.verifier) for signer in signers)}." if signers else ""
        raise KeyUnavailable(
            f"The private half of the key {verifier} is not in {self.place}: nothing is signed for '{site}'.{others} "
            f"Put it there, or, if it is lost, begin anew with 'consentkit log continue --site {site}'."
        )

    def create(self, site: str, name: str, *, known: cabc.Collection[Verifier] = ()) -> Verifier:
        """Return a key of that name that is none of *known*: one that is at hand already, else a new one.

        Several processes at once get the same one, if they share the place. It is on the disk when this returns.

        :raises KeyUnavailable: none is at hand, and this is no place to put a new one.
        """
        if self._folder is None and self._file is None:
            return self._waiting(site, name, known) or self._refuse(name)
        path = self._path(site)
        try:
            _make_folder(path.parent)
            with locked(path):
                found = self._waiting(site, name, known)
                if found is not None:
                    return found
                signer = LocalSigner.generate(name)
                _write(path, [*_lines_of(path), signer.private_line])
        except OSError as error:
            raise KeyUnavailable(f"No key can be put into '{path}': {error.strerror}.") from None
        if self._by_default:
            log.warning(
                "A key for the consent log of '%s' was made and lies in %s. Keep a copy of it where the database's "
                "backups are not: without it the log cannot go on. Its public half: %s",
                site,
                path,
                signer.verifier,
            )
        return signer.verifier

    def forget(self, site: str, verifier: Verifier) -> bool:
        """Remove the private half of a key from its file, where this process looks after it.

        :returns: whether it was there, and is not any more.
        :raises KeyUnavailable: the file cannot be written.
        """
        if self._folder is None and self._file is None:
            return False
        path = self._path(site)
        try:
            with locked(path):
                lines = _lines_of(path)
                kept = [line for line in lines if not _is_of(line, verifier)]
                if kept == lines:
                    return False
                _write(path, kept)
        except OSError as error:
            raise KeyUnavailable(f"The key cannot be removed from '{path}': {error.strerror}.") from None
        return True

    def _waiting(self, site: str, name: str, known: cabc.Collection[Verifier]) -> Verifier | None:
        found = [verifier for verifier in self.at_hand(site) if verifier.name == name and verifier not in known]
        return found[-1] if found else None

    def _refuse(self, name: str) -> t.NoReturn:
        raise KeyUnavailable(
            f"'{_SETTING}' has no key named '{name}' that is not in use yet. Add a line to it that "
            f"'consentkit keys generate --name {name} --print' prints."
        )

    def _path(self, site: str) -> Path:
        return self._file or t.cast("Path", self._folder) / f"{site}.key"

    def _signers(self, site: str) -> tuple[Signer, ...]:
        if self._folder is None and self._file is None:
            return self._lines
        path = self._path(site)
        try:
            lines = _lines_of(path)
        except OSError as error:
            raise KeyUnavailable(f"'{path}' cannot be read: {error.strerror}.") from None
        try:
            return tuple(_parse(line) for line in lines)
        except ProofInvalid as error:
            raise KeyUnavailable(f"'{path}' is no file of keys: {error}") from None


def _given(text: str) -> cabc.Iterator[Signer]:
    for line in filter(None, map(str.strip, text.splitlines())):
        try:
            yield _parse(line)
        except ProofInvalid as error:
            # What was found is not repeated: it may be most of a key.
            raise ConfigError(Problem(f"'{_SETTING}'", "", f"has a line that is no key. {error}")) from None


def _parse(line: str) -> Signer:
    if not line.startswith(_COMMAND):
        return LocalSigner.parse(line)
    verifier, _, command = line.removeprefix(_COMMAND).strip().partition(" ")
    try:
        arguments = tuple(shlex.split(command))
    except ValueError:
        arguments = ()
    if not arguments:
        raise ProofInvalid("Expected 'command:<verifier key line> <program and arguments>'.")
    return CommandSigner(Verifier.parse(verifier), arguments)


def _lines_of(path: Path) -> list[str]:
    """Return the lines of a file of keys; none, if it is not there yet."""
    try:
        with path.open(encoding="utf-8") as file:
            if os.name == "posix" and os.fstat(file.fileno()).st_mode & stat.S_IROTH:
                log.warning("Everybody on this machine can read the key in %s: change its mode to 0600.", path)
            text = file.read(_MAX_FILE)
    except FileNotFoundError:
        return []
    except UnicodeDecodeError:
        raise ProofInvalid("It is no text.") from None
    return [line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#")]


def _is_of(line: str, verifier: Verifier) -> bool:
    try:
        return _parse(line).verifier == verifier
    except ProofInvalid:
        return False


def _make_folder(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def _write(path: Path, lines: cabc.Sequence[str]) -> None:
    replace(path, "".join(f"{line}\n" for line in lines), mode=0o600)
