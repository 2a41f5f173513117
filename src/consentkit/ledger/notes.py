"""Signed notes (C2SP signed-note): a text, and lines below it in which keys vouch for it. And the keys themselves."""

from __future__ import annotations

import base64
import binascii
import collections.abc as cabc
import dataclasses
import hashlib
import typing as t

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ..errors import ProofInvalid

#: Signature types: Ed25519 over the text, and a witness's cosignature over the text and a time (C2SP tlog-cosignature).
ED25519 = 1
COSIGNATURE = 4

#: Readers take a note with so many signatures (room for witnesses), and none with more.
MAX_SIGNATURES = 100
#: The longest note that is read, in bytes.
MAX_LENGTH = 65_536

#: What the private half of a key begins with, as the Go package ``golang.org/x/mod/sumdb/note`` writes it.
PRIVATE = "PRIVATE+KEY+"

_MARK = "\u2014 "
_ID_LENGTH = 4
_KEY_LENGTH = 32
_SIGNATURE_LENGTH = 64
_TIME_LENGTH = 8


class Signer(t.Protocol):
    """What can sign: a key in this process, or a command that asks for one outside of it."""

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        ...

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of an Ed25519 signature (RFC 8032) of *message*."""
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class Verifier:
    """A public key with its name, as a verifier key line says it.

    :param name: without spaces and plus signs, such as ``news.example/consent-log``. :param key: the 32 bytes.
    :param kind: :data:`ED25519` or :data:`COSIGNATURE`.
    """

    name: str
    key: bytes
    kind: int = ED25519

    def __post_init__(self) -> None:
        if not is_name(self.name) or len(self.key) != _KEY_LENGTH or self.kind not in {ED25519, COSIGNATURE}:
            raise ValueError("No name, or no key.")

    @property
    def id(self) -> bytes:
        """The 4 bytes by which a signature names its key."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.key).digest()[:_ID_LENGTH]

    def __str__(self) -> str:
        """Return the verifier key line: ``<name>+<id, hexadecimal>+<base64 of type and key>``."""
        return f"{self.name}+{self.id.hex()}+{_encode(bytes([self.kind]) + self.key)}"

    @classmethod
    def parse(cls, line: str) -> Verifier:
        """Read a verifier key line.

        :raises ProofInvalid: it is none, or its id is not that of its key.
        """
        name, _, rest = line.strip().partition("+")
        hexadecimal, _, encoded = rest.partition("+")
        data = decode(encoded)
        try:
            found = cls(name, data[1:], data[0] if data else 0)
        except ValueError:
            raise ProofInvalid("This is no verifier key of a kind that is known.") from None
        if found.id.hex() != hexadecimal:
            raise ProofInvalid("The verifier key's id is not that of its key.")
        return found

    def holds(self, message: bytes, signature: bytes) -> bool:
        """Whether *signature* is this key's of *message*, plain Ed25519 (RFC 8032)."""
        try:
            Ed25519PublicKey.from_public_bytes(self.key).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclasses.dataclass(frozen=True, slots=True)
class LocalSigner:
    """A key in this process."""

    name: str
    key: Ed25519PrivateKey = dataclasses.field(repr=False)

    @classmethod
    def generate(cls, name: str) -> LocalSigner:
        """Return a new key.

        :param name: as :func:`is_name` allows.
        """
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def parse(cls, line: str) -> LocalSigner:
        """Read the private half of a key: ``PRIVATE+KEY+<name>+<id, hexadecimal>+<base64 of type and seed>``.

        :raises ProofInvalid: it is none, or its id is not that of its key. The message does not repeat it.
        """
        text = line.strip()
        name, _, rest = text.removeprefix(PRIVATE).partition("+")
        hexadecimal, _, encoded = rest.partition("+")
        data = decode(encoded)
        if not text.startswith(PRIVATE) or not is_name(name) or len(data) != 1 + _KEY_LENGTH or data[0] != ED25519:
            raise ProofInvalid("This is no private key of a kind that is known.")
        found = cls(name, Ed25519PrivateKey.from_private_bytes(data[1:]))
        if found.verifier.id.hex() != hexadecimal:
            raise ProofInvalid("The private key's id is not that of its key.")
        return found

    @property
    def private_line(self) -> str:
        """The private half, as :meth:`parse` reads it. A secret."""
        seed = self.key.private_bytes_raw()
        return f"{PRIVATE}{self.name}+{self.verifier.id.hex()}+{_encode(bytes([ED25519]) + seed)}"

    @property
    def verifier(self) -> Verifier:
        """The public half."""
        return Verifier(self.name, self.key.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Return the signature of *message*."""
        return self.key.sign(message)


class Signature(t.NamedTuple):
    """One line below a note.

    :param name: the key's name. :param id: the 4 bytes of its id. :param data: what follows the id.
    """

    name: str
    id: bytes
    data: bytes


@dataclasses.dataclass(frozen=True, slots=True)
class Note:
    """A text with signatures, as parsed. Nothing of it is verified.

    :param text: ends with a newline, which is signed as well.
    """

    text: str
    signatures: tuple[Signature, ...]

    def __str__(self) -> str:
        """Return the note as it is sent."""
        lines = [f"{_MARK}{line.name} {_encode(line.id + line.data)}\n" for line in self.signatures]
        return f"{self.text}\n{''.join(lines)}"

    @classmethod
    def parse(cls, raw: bytes) -> Note:
        """Read a note.

        :raises ProofInvalid: it is not of the form.
        """
        if len(raw) > MAX_LENGTH:
            raise ProofInvalid("The note is too long.")
        try:
            whole = raw.decode()
        except UnicodeDecodeError:
            raise ProofInvalid("The note is not UTF-8.") from None
        if any((character < " " and character != "\n") or character == "\x7f" for character in whole):
            raise ProofInvalid("The note has control characters.")
        text, found, tail = whole.rpartition("\n\n")
        if not found or not tail.endswith("\n"):
            raise ProofInvalid("The note has no signatures.")
        lines = tail[:-1].split("\n")
        if len(lines) > MAX_SIGNATURES:
            raise ProofInvalid("The note has too many signatures.")
        return cls(f"{text}\n", tuple(_parse_signature(line) for line in lines))

    def verified_by(self, verifiers: cabc.Iterable[Verifier]) -> list[Verifier]:
        """Return those of *verifiers* that signed this, each once.

        Signatures of unknown keys are passed over, as the format asks for.

        :raises ProofInvalid: a line that names one of the keys does not hold.
        """
        known = {(verifier.name, verifier.id): verifier for verifier in verifiers}
        found: dict[tuple[str, bytes], Verifier] = {}
        for line in self.signatures:
            verifier = known.get((line.name, line.id))
            if verifier is None:
                continue
            if not _holds(self.text, verifier, line.data):
                raise ProofInvalid(f"A signature of {verifier.name} does not hold.")
            found[line.name, line.id] = verifier
        return list(found.values())

    def with_signature(self, *signatures: Signature) -> Note:
        """Return the note with these lines more, but for those that it has."""
        return Note(self.text, (*self.signatures, *(line for line in signatures if line not in self.signatures)))


def sign(text: str, signer: Signer) -> Signature:
    """Return *signer*'s line for *text*.

    :param text: ends with a newline.
    """
    verifier = signer.verifier
    return Signature(verifier.name, verifier.id, signer.sign(text.encode()))


def cosign(text: str, signer: Signer, seconds: int) -> Signature:
    """Return a witness's line for *text*, a checkpoint, at a time (C2SP tlog-cosignature, version 1).

    :param seconds: since 1970, UTC.
    """
    verifier = dataclasses.replace(signer.verifier, kind=COSIGNATURE)
    signature = signer.sign(_cosigned(text, seconds))
    return Signature(verifier.name, verifier.id, seconds.to_bytes(_TIME_LENGTH, "big") + signature)


def parse_signatures(raw: bytes) -> list[Signature]:
    """Return signature lines that stand by themselves, as a witness answers with them (C2SP tlog-witness).

    :raises ProofInvalid: they are none.
    """
    note = Note.parse(b"\n\n" + raw)
    if note.text != "\n":
        raise ProofInvalid("There is more than signatures.")
    return list(note.signatures)


def is_name(name: str) -> bool:
    """Whether a key may have this name: something, without spaces, plus signs and control characters."""
    return bool(name) and name.isprintable() and "+" not in name and not any(map(str.isspace, name))


def _holds(text: str, verifier: Verifier, data: bytes) -> bool:
    if verifier.kind == ED25519:
        return len(data) == _SIGNATURE_LENGTH and verifier.holds(text.encode(), data)
    if len(data) != _TIME_LENGTH + _SIGNATURE_LENGTH:
        return False
    seconds = int.from_bytes(data[:_TIME_LENGTH], "big")
    return verifier.holds(_cosigned(text, seconds), data[_TIME_LENGTH:])


def _cosigned(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def _parse_signature(line: str) -> Signature:
    name, space, encoded = line.removeprefix(_MARK).partition(" ")
    data = decode(encoded)
    if not line.startswith(_MARK) or not space or not is_name(name) or len(data) <= _ID_LENGTH:
        raise ProofInvalid("A signature of the note is not of the form.")
    return Signature(name, data[:_ID_LENGTH], data[_ID_LENGTH:])


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode()


def decode(text: str) -> bytes:
    """Return the bytes that *text* is the base64 of, or none where it is not the one way to write them."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
    return data if _encode(data) == text else b""
