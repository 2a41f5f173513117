"""Logs in memory, for tests: of any size, signed, with their tiles, and forked where a test asks for it."""

from __future__ import annotations

import collections.abc as cabc
import functools

from consentkit.ledger import notes
from consentkit.ledger import tree
from consentkit.ledger.checkpoints import Checkpoint
from consentkit.ledger.notes import LocalSigner
from consentkit.ledger.notes import Note
from consentkit.ledger.tiles import WIDTH
from consentkit.ledger.tiles import Tile


class GrowingLog:
    """The first *size* entries of a log whose entry *n* is its number in text.

    :param changed: this entry is another one: a fork of the log.
    """

    def __init__(self, signer: LocalSigner, size: int, *, changed: int | None = None) -> None:
        self.signer = signer
        self.size = size
        self._leaves = [tree.hash_leaf(f"{n}{'!' if n == changed else ''}".encode()) for n in range(size)]
        self._read = functools.cache(self._hash)

    def _hash(self, node: tree.Node) -> bytes:
        start = node.number << node.height
        return tree.hash_all(self._leaves[start : start + (1 << node.height)])

    @property
    def checkpoint(self) -> Checkpoint:
        """The head."""
        return Checkpoint(self.signer.name, self.size, tree.root(self.size, self._read))

    def note(self) -> Note:
        """Return the head, signed."""
        return Note(self.checkpoint.text, (notes.sign(self.checkpoint.text, self.signer),))

    def prove(self, old: int) -> cabc.Sequence[bytes]:
        """Return the consistency proof from an older size."""
        return tree.consistency_proof(old, self.size, self._read)

    def tiles(self) -> dict[Tile, bytes]:
        """Return all tiles, the partial ones as far as they go."""
        found = {}
        level, hashes = 0, self._leaves
        while hashes:
            for start in range(0, len(hashes), WIDTH):
                found[Tile(level, start // WIDTH)] = b"".join(hashes[start : start + WIDTH])
            whole = len(hashes) // WIDTH
            hashes = [tree.hash_all(hashes[i * WIDTH : (i + 1) * WIDTH]) for i in range(whole)]
            level += 1
        return found
