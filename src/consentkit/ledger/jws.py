"""JSON Web Signatures (RFC 7515) by the log's Ed25519 keys (RFC 8037): over a receipt, and around an exported one.

There is one algorithm and one form of header, so that nothing of what was not yet verified decides how it is verified.
"""

from __future__ import annotations

import base64
import binascii
import collections.abc as cabc
import json

from ..errors import ProofInvalid
from .entries import canonical
from .notes import ED25519
from .notes import Signer
from .notes import Verifier

#: ``typ`` of what stands beside a receipt, and of a receipt in the form of Kantara.
RECEIPT = "consent-receipt+jws"
KANTARA = "consent-receipt+jwt"

_ALGORITHM = "EdDSA"
_PARTS = 3
# A header has three short members. What is longer is none of ours.
_MAX_HEADER = 2048


def key_id(verifier: Verifier) -> str:
    """Return how a header names a key: the beginning of its verifier line, ``<name>+<8 hexadecimal digits>``."""
    return f"{verifier.name}+{verifier.id.hex()}"


def sign(payload: bytes, signer: Signer, *, kind: str, detached: bool) -> str:
    """Return the compact serialisation, ``<protected>.<payload>.<signature>``.

    :param kind: the ``typ``. :param detached: leave the payload out of it (RFC 7515, appendix F), though it is signed.
    """
    header = canonical({"alg": _ALGORITHM, "kid": key_id(signer.verifier), "typ": kind})
    protected, middle = _encode(header), _encode(payload)
    signature = _encode(signer.sign(f"{protected}.{middle}".encode()))
    return f"{protected}.{'' if detached else middle}.{signature}"


def check_detached(token: str, payload: bytes, verifiers: cabc.Iterable[Verifier], *, kind: str) -> Verifier:
    """Return the key of *verifiers* that signed *payload*, which *token* leaves out.

    :raises ProofInvalid: it is not of the form, of a key that is not among them, or does not hold.
    """
    protected, middle, signature = _split(token)
    if middle:
        raise ProofInvalid("The signature carries a payload of its own: expected none.")
    verifier = _named(protected, verifiers, kind)
    if not verifier.holds(f"{protected}.{_encode(payload)}".encode(), _decode(signature)):
        raise ProofInvalid(f"The signature of {key_id(verifier)} does not hold: something was changed.")
    return verifier


def open_compact(token: str, verifiers: cabc.Iterable[Verifier], *, kind: str) -> tuple[bytes, Verifier]:
    """Return the payload of *token* and the key of *verifiers* that signed it.

    :raises ProofInvalid: as :func:`check_detached` does.
    """
    protected, middle, signature = _split(token)
    verifier = _named(protected, verifiers, kind)
    if not verifier.holds(f"{protected}.{middle}".encode(), _decode(signature)):
        raise ProofInvalid(f"The signature of {key_id(verifier)} does not hold: something was changed.")
    return _decode(middle), verifier


def _split(token: str) -> list[str]:
    parts = token.split(".")
    if len(parts) != _PARTS or len(parts[0]) > _MAX_HEADER:
        raise ProofInvalid("The signature is no compact JWS.")
    return parts


def _named(protected: str, verifiers: cabc.Iterable[Verifier], kind: str) -> Verifier:
    try:
        header = json.loads(_decode(protected))
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict) or header.keys() != {"alg", "kid", "typ"}:
        raise ProofInvalid("The signature's header is not of the form.")
    # Never by the header's own word: "none", or a public key taken for a shared secret, would pass.
    if header["alg"] != _ALGORITHM or header["typ"] != kind:
        raise ProofInvalid("The signature is of another algorithm, or for another use.")
    for verifier in verifiers:
        if verifier.kind == ED25519 and key_id(verifier) == header["kid"]:
            return verifier
    raise ProofInvalid(f"It is signed by {str(header['kid'])[:300]!r}, which is not among the keys that are trusted.")


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    """Return the bytes of base64url without padding (RFC 7515, appendix C), in the one way to write them."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise ProofInvalid("The signature is not in base64url.") from None
    if _encode(data) != text:
        raise ProofInvalid("The signature is not in base64url.")
    return data
