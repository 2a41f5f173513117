"""Tiles: hashes read from them are the tree's, and their paths are those of C2SP tlog-tiles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.ledger import tiles
from consentkit.ledger import tree
from consentkit.ledger.tiles import Tile

SIZE = 70_000


@pytest.fixture(scope="module")
def stored() -> dict[Tile, bytes]:
    """The tiles of a log of 70,000 entries, made level by level."""
    found = {}
    level = 0
    hashes = [tree.hash_leaf(str(i).encode()) for i in range(SIZE)]
    while hashes:
        for i in range(0, len(hashes), tiles.WIDTH):
            found[Tile(level, i // tiles.WIDTH)] = b"".join(hashes[i : i + tiles.WIDTH])
        full = [hashes[i : i + tiles.WIDTH] for i in range(0, len(hashes) - tiles.WIDTH + 1, tiles.WIDTH)]
        hashes, level = [tree.hash_all(part) for part in full], level + 1
    return found


def test_the_widths_are_those_of_the_specifications_example(stored: dict[Tile, bytes]) -> None:
    """A log of 70,000 entries, C2SP tlog-tiles."""
    assert {tile: len(data) // 32 for tile, data in stored.items() if len(data) < 8192} == {
        Tile(0, 273): 112,
        Tile(1, 1): 17,
        Tile(2, 0): 1,
    }
    for tile, data in stored.items():
        assert tiles.width_at(tile, SIZE) == len(data) // 32
    assert tiles.width_at(Tile(0, 274), SIZE) == 0
    assert tiles.width_at(Tile(3, 0), SIZE) == 0


@pytest.mark.parametrize("size", [1, 255, 256, 257, 65_535, 65_536, 65_537, SIZE])
def test_proofs_from_tiles_hold_for_every_size(stored: dict[Tile, bytes], size: int) -> None:
    """A tile of the whole log answers for every shorter one: the tiles of then are beginnings of those of now."""
    read = tiles.read_from(stored)
    head = tree.root(size, read)
    for index in {0, size // 2, size - 1}:
        proof = tree.inclusion_proof(index, size, read)
        tree.check_inclusion(index, size, tree.hash_leaf(str(index).encode()), proof, head)
    tree.check_consistency(size, SIZE, head, tree.root(SIZE, read), tree.consistency_proof(size, SIZE, read))


def test_few_tiles_are_needed(stored: dict[Tile, bytes]) -> None:
    """A proof reads two tiles a level at most."""
    needed = tiles.tiles_of(tree.nodes_of_inclusion(12_345, SIZE))
    read = tiles.read_from({tile: stored[tile] for tile in needed})
    assert tree.inclusion_proof(12_345, SIZE, read)
    assert len(needed) <= 6


def test_a_missing_or_short_tile_is_said() -> None:
    """It is damage, not a wrong hash."""
    read = tiles.read_from({Tile(0, 0): b"\0" * 31})
    for node in [tree.Node(0, 0), tree.Node(0, 256)]:
        with pytest.raises(KeyError):
            read(node)


@pytest.mark.parametrize(
    ("index", "width", "path"),
    [
        (0, 256, "000"),
        (999, 1, "999.p/1"),
        (1000, 256, "x001/000"),
        (1_234_067, 255, "x001/x234/067.p/255"),
    ],
)
def test_paths(index: int, width: int, path: str) -> None:
    """Groups of three digits, all but the last with an x."""
    assert tiles.tile_path(Tile(3, index), width) == f"tile/3/{path}"
    assert tiles.entries_path(index, width) == f"tile/entries/{path}"
    assert tiles.parse_number(path) == (index, width)


@pytest.mark.parametrize(
    "text",
    [
        *("", "0", "00", "0000", "x000/001", "001/002", "x001", "x001/", "000.p/0", "000.p/256", "000.p/01", "000.p/"),
        *("-01", "٠٠٠", "000.p/1/", "x1/000", "/000", "000\n", "x999/" * 7 + "999"),
    ],
)
def test_what_is_no_path(text: str) -> None:
    """Anything else is none, and every number has one spelling."""
    assert tiles.parse_number(text) is None


def test_levels() -> None:
    """Two digits at most, without a leading zero."""
    assert [tiles.parse_level(text) for text in ("0", "7", "63")] == [0, 7, 63]
    assert {tiles.parse_level(text) for text in ("", "00", "01", "64", "-1", "+1", "٣", "x", "1" * 5000)} == {None}


@given(st.text(max_size=20))
def test_nothing_else_has_a_second_spelling(text: str) -> None:
    """What is read is what would be written."""
    parsed = tiles.parse_number(text)
    if parsed is not None:
        assert tiles.entries_path(*parsed) == f"tile/entries/{text}"


@pytest.mark.parametrize("steps", [(1, 255, 256, 1), (300, 65_236, 4_464), (SIZE,), (65_535, 2, 4_463)])
def test_a_log_grows_to_the_same_tiles_in_any_steps(stored: dict[Tile, bytes], steps: tuple[int, ...]) -> None:
    """Only what is partial is needed for it, and what lies behind a partial tile's end is not looked at."""
    hashes = [tree.hash_leaf(str(i).encode()) for i in range(sum(steps))]
    grown: dict[Tile, bytes] = {}
    size = 0
    for step in steps:
        partial = {tile: grown[tile] + b"left behind" for tile in tiles.last_tiles(size)}
        grown |= tiles.grow(size, hashes[size : size + step], partial)
        size += step
    assert grown.keys() == {tile for tile in stored if tiles.width_at(tile, size)}
    for tile, data in grown.items():
        assert data == stored[tile][: tiles.width_at(tile, size) * 32]


def test_a_log_does_not_grow_from_a_damaged_tile() -> None:
    """Whatever it would publish would fork."""
    with pytest.raises(KeyError):
        tiles.grow(300, [bytes(32)], {Tile(0, 1): bytes(32 * 43), Tile(1, 0): bytes(32)})
    with pytest.raises(KeyError):
        tiles.grow(300, [bytes(32)], {})
