"""Checkpoints: the head of a log, as the text of a signed note (C2SP tlog-checkpoint)."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import re

from ..errors import ProofInvalid
from .tree import HASH_LENGTH

# Without leading zeros, and no more than a database counts.
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_LINES = 3


@dataclasses.dataclass(frozen=True, slots=True)
class Checkpoint:
    """How many entries a log has, and the root over them.

    :param origin: the log's name, such as ``news.example/consent-log``. :param size: the number of entries.
    :param root: 32 bytes.
    """

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """What is signed: three lines. We write no extension lines."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read the text of a note. Extension lines, which others may write, are passed over.

        :raises ProofInvalid: it is no checkpoint.
        """
        lines = text.split("\n")
        if len(lines) <= _LINES or lines[-1] or not all(lines[:-1]):
            raise ProofInvalid("The text is no checkpoint: expected three lines.")
        origin, size, encoded = lines[:_LINES]
        if _SIZE.fullmatch(size) is None:
            raise ProofInvalid("The checkpoint's second line is no size.")
        try:
            root = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError):
            root = b""
        if len(root) != HASH_LENGTH or base64.b64encode(root).decode() != encoded:
            raise ProofInvalid("The checkpoint's third line is no hash.")
        return cls(origin, int(size), root)
