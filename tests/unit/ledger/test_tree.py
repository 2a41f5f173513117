"""The tree against the definition of RFC 6962, and its proofs against every change of a bit."""

from __future__ import annotations

import collections.abc as cabc
import functools
import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.errors import ProofInvalid
from consentkit.ledger import tree
from consentkit.ledger.tree import Node

LEAVES = [tree.hash_leaf(str(i).encode()) for i in range(1100)]


@functools.cache
def mth(low: int, high: int) -> bytes:
    """RFC 6962, 2.1, word by word."""
    if low == high:
        return tree.EMPTY_ROOT
    if high - low == 1:
        return LEAVES[low]
    k = 1
    while k * 2 < high - low:
        k *= 2
    return tree.hash_node(mth(low, low + k), mth(low + k, high))


def path(m: int, low: int, high: int) -> list[bytes]:
    """RFC 6962, 2.1.1."""
    if high - low == 1:
        return []
    k = 1
    while k * 2 < high - low:
        k *= 2
    if m < k:
        return [*path(m, low, low + k), mth(low + k, high)]
    return [*path(m - k, low + k, high), mth(low, low + k)]


def sub(m: int, low: int, high: int, *, whole: bool) -> list[bytes]:
    """RFC 6962, 2.1.2."""
    if m == high - low:
        return [] if whole else [mth(low, high)]
    k = 1
    while k * 2 < high - low:
        k *= 2
    if m <= k:
        return [*sub(m, low, low + k, whole=whole), mth(low + k, high)]
    return [*sub(m - k, low + k, high, whole=False), mth(low, low + k)]


def read(node: Node) -> bytes:
    """Return the hash of a complete subtree."""
    low = node.number << node.height
    return mth(low, low + (1 << node.height))


SIZES = [*range(1, 70), 127, 128, 129, 255, 256, 257, 511, 513, 1000, 1023, 1024, 1025]


@pytest.mark.parametrize("size", [0, *SIZES])
def test_the_root_is_that_of_the_definition(size: int) -> None:
    """Of every size that could be special."""
    assert tree.root(size, read) == mth(0, size)


def test_proofs_are_those_of_the_definition_and_hold() -> None:
    """For the first leaf, the last, and some between."""
    for size in SIZES:
        for index in {0, size // 3, size // 2, size - 1}:
            proof = tree.inclusion_proof(index, size, read)
            assert proof == path(index, 0, size)
            tree.check_inclusion(index, size, LEAVES[index], proof, mth(0, size))
        for old in {1, size // 3, size // 2, size - 1, size} - {0}:
            proof = tree.consistency_proof(old, size, read)
            assert proof == sub(old, 0, size, whole=True)
            tree.check_consistency(old, size, mth(0, old), mth(0, size), proof)


@given(st.integers(1, 1100), st.data())
def test_no_other_leaf_index_size_or_root_passes(size: int, data: st.DataObject) -> None:
    """Whatever is changed, the proof of inclusion fails."""
    index = data.draw(st.integers(0, size - 1))
    proof = tree.inclusion_proof(index, size, read)
    expected = mth(0, size)
    for other in changes(proof):
        with pytest.raises(ProofInvalid):
            tree.check_inclusion(index, size, LEAVES[index], other, expected)
    wrong = data.draw(st.integers(-1, size + 3).filter(lambda i: i != index))
    with pytest.raises(ProofInvalid):
        tree.check_inclusion(wrong, size, LEAVES[index], proof, expected)
    with pytest.raises(ProofInvalid):
        tree.check_inclusion(index, size, tree.hash_leaf(b"other"), proof, expected)
    with pytest.raises(ProofInvalid):
        tree.check_inclusion(index, size, LEAVES[index], proof, b"\0" * 32)


@given(st.integers(2, 1100), st.data())
def test_no_other_history_passes(size: int, data: st.DataObject) -> None:
    """Whatever is changed, the proof of consistency fails."""
    old = data.draw(st.integers(1, size - 1))
    proof = tree.consistency_proof(old, size, read)
    for other in changes(proof):
        with pytest.raises(ProofInvalid):
            tree.check_consistency(old, size, mth(0, old), mth(0, size), other)
    with pytest.raises(ProofInvalid):
        tree.check_consistency(old, size, b"\0" * 32, mth(0, size), proof)
    with pytest.raises(ProofInvalid):
        tree.check_consistency(old, size, mth(0, old), b"\0" * 32, proof)
    with pytest.raises(ProofInvalid):
        tree.check_consistency(size, old, mth(0, size), mth(0, old), proof)


def changes(proof: cabc.Sequence[bytes]) -> cabc.Iterator[list[bytes]]:
    """Yield what somebody may make of a proof: one hash changed, lost, doubled, two swapped, one more."""
    for i, hash_ in enumerate(proof):
        yield [*proof[:i], bytes([hash_[0] ^ 1]) + hash_[1:], *proof[i + 1 :]]
        yield [*proof[:i], *proof[i + 1 :]]
        yield [*proof[:i], hash_, *proof[i:]]
    for i, j in itertools.pairwise(range(len(proof))):
        yield [*proof[:i], proof[j], proof[i], *proof[j + 1 :]]
    yield [*proof, b"\0" * 32]


def test_a_tree_without_leaves() -> None:
    """It is the beginning of all, and has no leaf to prove."""
    tree.check_consistency(0, 3, tree.EMPTY_ROOT, mth(0, 3), [])
    tree.check_consistency(0, 0, tree.EMPTY_ROOT, tree.EMPTY_ROOT, [])
    with pytest.raises(ProofInvalid):
        tree.check_consistency(0, 3, b"\1" * 32, mth(0, 3), [])
    with pytest.raises(ProofInvalid):
        tree.check_consistency(3, 3, mth(0, 3), mth(0, 3), [b"\0" * 32])
    with pytest.raises(ValueError, match="no leaf"):
        tree.inclusion_proof(0, 0, read)
    with pytest.raises(ValueError, match="extend"):
        tree.consistency_proof(4, 3, read)


def test_what_a_proof_reads_is_told_before() -> None:
    """So that a store is asked once."""
    asked: list[Node] = []

    def watched(node: Node) -> bytes:
        asked.append(node)
        return read(node)

    for size, index in [(1, 0), (1000, 77), (1024, 1023), (1025, 1024)]:
        tree.inclusion_proof(index, size, watched)
        assert asked == tree.nodes_of_inclusion(index, size)
        asked.clear()
        tree.consistency_proof(index + 1, size, watched)
        assert asked == tree.nodes_of_consistency(index + 1, size)
        asked.clear()


def test_another_implementation_computes_the_same() -> None:
    """See tests/vectors/README.md."""
    vectors = json.loads((Path(__file__).parents[2] / "vectors" / "tree.json").read_text("utf-8"))
    leaves = [tree.hash_leaf(f"entry {i}".encode()) for i in range(vectors["entries"])]

    def read_theirs(node: Node) -> bytes:
        return tree.hash_all(leaves[node.number << node.height : (node.number + 1) << node.height])

    for size, expected in vectors["roots"].items():
        assert tree.root(int(size), read_theirs).hex() == expected
    for one in vectors["inclusion"]:
        proof = tree.inclusion_proof(one["index"], one["size"], read_theirs)
        assert leaves[one["index"]].hex() == one["leaf"]
        assert [hash_.hex() for hash_ in proof] == one["proof"]
