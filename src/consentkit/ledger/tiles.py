"""The layout of a log in tiles (C2SP tlog-tiles): what is stored, what it is called, and how hashes are read from it.

A tile of level 0 holds 256 hashes of leaves, one of a higher level 256 roots of full tiles of the level below. The last
one of each level may be partial: it is the beginning of the full tile that it will be, so one stored tile answers for
every width.
"""

from __future__ import annotations

import collections.abc as cabc
import re
import typing as t

from .tree import HASH_LENGTH
from .tree import Node
from .tree import Reader
from .tree import hash_all

#: How many hashes, or entries, a full tile has; and the height of the subtree that it is.
WIDTH = 256
HEIGHT = 8

# Level 63 would hold the root of more leaves than there are atoms; C2SP allows no more than two digits.
_MAX_LEVEL = 63
_MAX_DIGITS = 18
_NUMBER = re.compile(r"(?:x[0-9]{3}/)*[0-9]{3}", re.ASCII)
_PARTIAL = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)


class Tile(t.NamedTuple):
    """The place of a tile: its level, and its number from the left."""

    level: int
    number: int


def tile_of(node: Node) -> Tile:
    """Return the tile that the hash of a complete subtree can be computed from."""
    level, above = divmod(node.height, HEIGHT)
    return Tile(level, node.number << above >> HEIGHT)


def tiles_of(nodes: cabc.Iterable[Node]) -> list[Tile]:
    """Return the tiles for *nodes*, each once, in order."""
    return sorted({tile_of(node) for node in nodes})


def width_at(tile: Tile, size: int) -> int:
    """Return how many hashes *tile* has in a log of *size* entries: 0 to 256."""
    return max(0, min(WIDTH, (size >> (HEIGHT * tile.level)) - tile.number * WIDTH))


def read_from(tiles: cabc.Mapping[Tile, bytes]) -> Reader:
    """Return what reads the hashes of complete subtrees from stored *tiles*.

    It raises ``KeyError`` where a tile is missing or too short: the log is damaged there.
    """

    def read(node: Node) -> bytes:
        tile = tile_of(node)
        count = 1 << node.height % HEIGHT
        start = (node.number * count % WIDTH) * HASH_LENGTH
        data = tiles[tile][start : start + count * HASH_LENGTH]
        if len(data) != count * HASH_LENGTH:
            raise KeyError(tile)
        return hash_all([data[i : i + HASH_LENGTH] for i in range(0, len(data), HASH_LENGTH)])

    return read


def last_tiles(size: int) -> list[Tile]:
    """Return the partial tiles of a log of *size* entries, one for each level that has one: where it will grow."""
    found = []
    level = 0
    while size:
        if size % WIDTH:
            found.append(Tile(level, size // WIDTH))
        size //= WIDTH
        level += 1
    return found


def grow(size: int, hashes: cabc.Sequence[bytes], partial: cabc.Mapping[Tile, bytes]) -> dict[Tile, bytes]:
    """Return the tiles that are new, or longer, when *hashes* of leaves follow the first *size* leaves.

    :param partial: the stored ones of :func:`last_tiles`. Their length is what *size* says; what a writer that was
        stopped left behind it is not theirs.
    :raises KeyError: one is missing or too short: the log is damaged there.
    """
    changed: dict[Tile, bytes] = {}
    level, start = 0, size
    while hashes:
        full = []
        number, width = divmod(start, WIDTH)
        data = b""
        if width:
            data = partial[Tile(level, number)][: width * HASH_LENGTH]
            if len(data) != width * HASH_LENGTH:
                raise KeyError(Tile(level, number))
        at = 0
        while at < len(hashes):
            more = hashes[at : at + WIDTH - width]
            at += len(more)
            data += b"".join(more)
            changed[Tile(level, number)] = data
            if len(data) == WIDTH * HASH_LENGTH:
                full.append(hash_all([data[i : i + HASH_LENGTH] for i in range(0, len(data), HASH_LENGTH)]))
                number, width, data = number + 1, 0, b""
        level, start, hashes = level + 1, start // WIDTH, full
    return changed


def tile_path(tile: Tile, width: int = WIDTH) -> str:
    """Return the path of a tile under the log's prefix: ``tile/0/x001/067``, ``tile/1/000.p/17``."""
    return f"tile/{tile.level}/{_number_path(tile.number, width)}"


def entries_path(number: int, width: int = WIDTH) -> str:
    """Return the path of a bundle of entries: ``tile/entries/x001/067.p/3``."""
    return f"tile/entries/{_number_path(number, width)}"


def parse_level(text: str) -> int | None:
    """Return the level that a path names, or ``None``: one or two digits without a leading zero, at most 63."""
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(_MAX_LEVEL)):
        return None
    return int(text) if int(text) <= _MAX_LEVEL and text == str(int(text)) else None


def parse_number(text: str) -> tuple[int, int] | None:
    """Return the number and the width in a path's rest, such as ``x001/067.p/17``; ``None`` for any other form."""
    whole, dot, partial = text.partition(".p/")
    width = WIDTH
    if dot:
        if _PARTIAL.fullmatch(partial) is None or int(partial) >= WIDTH:
            return None
        width = int(partial)
    if _NUMBER.fullmatch(whole) is None:
        return None
    digits = whole.replace("x", "").replace("/", "")
    # One spelling for each number, or a cache would keep it twice.
    if len(digits) > _MAX_DIGITS or (len(digits) > 3 and digits.startswith("000")):  # noqa: PLR2004 - a group
        return None
    return int(digits), width


def _number_path(number: int, width: int) -> str:
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
    path = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return path if width == WIDTH else f"{path}.p/{width}"
