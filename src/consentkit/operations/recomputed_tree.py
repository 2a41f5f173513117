"""The tree of a log, put together anew from what its parts come to."""

from __future__ import annotations

import bisect
import collections
import collections.abc as cabc
import itertools
import typing as t

from ..errors import ProofInvalid
from ..ledger.tiles import WIDTH
from ..ledger.tiles import Tile
from ..ledger.tiles import last_tiles
from ..ledger.tiles import read_from
from ..ledger.tiles import tiles_of
from ..ledger.tree import EMPTY_ROOT
from ..ledger.tree import HASH_LENGTH
from ..ledger.tree import hash_all
from ..ledger.tree import hash_node
from ..ledger.tree import nodes_of_root
from .log_findings import Finding
from .log_findings import Findings
from .log_findings import Kind
from .log_parts import Checked

if t.TYPE_CHECKING:
    from .log_sources import Source


class RecomputedTree:
    """The tree as it is recomputed: the complete subtrees so far, and what the tiles above the first level hold."""

    def __init__(self, source: Source, begin: int, findings: Findings) -> None:
        self._source = source
        self._findings = findings
        self._stack: list[tuple[int, bytes]] = []
        self._levels: dict[int, list[bytes]] = {}
        self._done: collections.Counter[int] = collections.Counter()
        if begin:
            self._resume(begin)

    def _resume(self, begin: int) -> None:
        # What is before is taken from the tiles; that it leads to the trusted root is checked like any checkpoint.
        nodes = nodes_of_root(begin)
        partial = last_tiles(begin)
        tiles = self._source.tiles([*tiles_of(nodes), *partial])
        try:
            self._stack = [(node.height, read_from(tiles)(node)) for node in nodes]
        except KeyError:
            raise ProofInvalid("The tiles below the trusted checkpoint are damaged: verify all of the log.") from None
        for level, number in partial:
            width = (begin >> 8 * level) % WIDTH
            data = tiles.get(Tile(level, number), b"")
            self._levels[level] = [data[i : i + HASH_LENGTH] for i in range(0, width * HASH_LENGTH, HASH_LENGTH)]
        for level in range(1, 8):
            self._done[level] = begin >> 8 * (level + 1)

    def add(self, part: Checked, sizes: cabc.Sequence[int], roots: dict[int, bytes]) -> None:
        """Add a part, and the roots at those *sizes* that end in it."""
        at = bisect.bisect_left(sizes, part.low)
        ends = collections.deque(size for size in sizes[at : bisect.bisect_right(sizes, part.high)])
        for number, hash_ in enumerate([*part.roots, None], part.low // WIDTH):
            while ends and ends[0] < (number + 1) * WIDTH:
                size = ends.popleft()
                roots[size] = self._root([] if size % WIDTH == 0 else part.ends[size])
            if hash_ is not None:
                self._push(hash_)

    def finish(self, size: int, roots: dict[int, bytes]) -> None:
        """Check the tiles that are not full, and the root of a log that ends with a full tile."""
        if size % WIDTH == 0:
            roots[size] = self._root([])
        for level in sorted(self._levels):
            if self._levels[level]:
                self._compare(level)

    def _root(self, extra: list[bytes]) -> bytes:
        hashes = [*(hash_ for _, hash_ in self._stack), *extra]
        if not hashes:
            return EMPTY_ROOT
        # Folded from the right: what is left over is the smaller side.
        return list(itertools.accumulate(reversed(hashes), lambda right, left: hash_node(left, right)))[-1]

    def _push(self, hash_: bytes) -> None:
        height, top = 8, hash_
        while self._stack and self._stack[-1][0] == height:
            top = hash_node(self._stack.pop()[1], top)
            height += 1
        self._stack.append((height, top))
        level = 1
        while True:
            self._levels.setdefault(level, []).append(hash_)
            if len(self._levels[level]) < WIDTH:
                return
            self._compare(level)
            hash_ = hash_all(self._levels[level])
            self._levels[level] = []
            self._done[level] += 1
            level += 1

    def _compare(self, level: int) -> None:
        tile = Tile(level, self._done[level])
        data = b"".join(self._levels[level])
        if self._source.tiles([tile]).get(tile, b"")[: len(data)] != data:
            first = tile.number << 8 * (level + 1)
            last = first + (len(self._levels[level]) << 8 * level) - 1
            text = f"the stored tile {level}/{tile.number} is not what the entries make."
            self._findings.add(Finding(kind=Kind.TILE_CHANGED, text=text, index=first, last=last))
