"""The Merkle tree of RFC 6962 (section 2.1): hashes, roots and proofs over a sequence of leaves.

The tree itself is never in memory. What is computed here asks for the hashes of complete subtrees, which
:mod:`consentkit.ledger.tiles` finds in stored tiles. The complete subtree number *n* of height *h* has the leaves from
``n * 2**h`` to ``(n + 1) * 2**h - 1``, and never changes.
"""

from __future__ import annotations

import collections.abc as cabc
import hashlib
import itertools
import typing as t

from ..errors import ProofInvalid

#: The length of a hash, in bytes (SHA-256).
HASH_LENGTH = 32

#: The root of a tree without leaves (RFC 6962, 2.1).
EMPTY_ROOT = hashlib.sha256(b"").digest()


class Node(t.NamedTuple):
    """A complete subtree. ``height`` 0 is a leaf."""

    height: int
    number: int


#: Gives the hash of a complete subtree.
Reader: t.TypeAlias = cabc.Callable[[Node], bytes]


def hash_leaf(entry: bytes) -> bytes:
    """Return the hash of a leaf: it differs from every inner one, so that neither can be passed off as the other."""
    return hashlib.sha256(b"\x00" + entry).digest()


def hash_node(left: bytes, right: bytes) -> bytes:
    """Return the hash of what has these two below it."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def hash_all(hashes: cabc.Sequence[bytes]) -> bytes:
    """Return the root over *hashes*, a complete subtree's: their number is a power of two."""
    level = hashes
    while len(level) > 1:
        level = [hash_node(left, right) for left, right in zip(level[::2], level[1::2], strict=True)]
    return level[0]


def root(size: int, read: Reader) -> bytes:
    """Return the root of the tree over the first *size* leaves."""
    return _range(0, size, read) if size else EMPTY_ROOT


def nodes_of_root(size: int) -> list[Node]:
    """Return the complete subtrees that the root of a tree of *size* leaves is made of, from the left."""
    return _complete(0, size)


def inclusion_proof(index: int, size: int, read: Reader) -> list[bytes]:
    """Return the audit path of leaf *index* in the tree over the first *size* leaves (RFC 6962, 2.1.1).

    :raises ValueError: the tree has no such leaf.
    """
    return [_range(low, high, read) for low, high in _path(index, size)]


def nodes_of_inclusion(index: int, size: int) -> list[Node]:
    """Return the complete subtrees that :func:`inclusion_proof` asks for, so that they can be read at once.

    :raises ValueError: the tree has no such leaf.
    """
    return [node for low, high in _path(index, size) for node in _complete(low, high)]


def consistency_proof(old: int, new: int, read: Reader) -> list[bytes]:
    """Return the proof that the tree over *new* leaves begins with the one over *old* leaves (RFC 6962, 2.1.2).

    :raises ValueError: *old* is more than *new*, or less than nothing.
    """
    return [_range(low, high, read) for low, high in _extension(old, new)]


def nodes_of_consistency(old: int, new: int) -> list[Node]:
    """Return the complete subtrees that :func:`consistency_proof` asks for.

    :raises ValueError: *old* is more than *new*, or less than nothing.
    """
    return [node for low, high in _extension(old, new) for node in _complete(low, high)]


def check_inclusion(index: int, size: int, leaf: bytes, proof: cabc.Sequence[bytes], expected: bytes) -> None:
    """Return if *proof* shows that *leaf*, a hash, is number *index* of the tree with the root *expected*.

    The steps are those of RFC 9162, 2.1.3.2.

    :raises ProofInvalid: it does not.
    """
    if not 0 <= index < size:
        raise ProofInvalid("The tree has no such leaf.")
    at, last, found = index, size - 1, leaf
    for hash_ in proof:
        if last == 0:
            raise ProofInvalid("The inclusion proof is too long.")
        if at & 1 or at == last:
            found = hash_node(hash_, found)
            while at & 1 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            found = hash_node(found, hash_)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofInvalid("The inclusion proof is too short.")
    if found != expected:
        raise ProofInvalid("The inclusion proof leads to another root.")


def check_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: cabc.Sequence[bytes]) -> None:
    """Return if *proof* shows that the tree of *new* leaves begins with that of *old* leaves.

    The steps are those of RFC 9162, 2.1.4.2.

    :raises ProofInvalid: it does not.
    """
    if not 0 <= old <= new:
        raise ProofInvalid("A tree does not shrink.")
    if old in {0, new}:
        if proof:
            raise ProofInvalid("The consistency proof is too long.")
        if old_root != (new_root if old else EMPTY_ROOT):
            raise ProofInvalid("Two trees of one size have different roots.")
        return
    # Where the older tree is one complete subtree, its root is the first hash, and is left out of the proof.
    hashes = proof if old & (old - 1) else [old_root, *proof]
    old_found, new_found = _climb(old, new, hashes)
    if old_found != old_root:
        raise ProofInvalid("The consistency proof leads to another root of the older tree.")
    if new_found != new_root:
        raise ProofInvalid("The consistency proof leads to another root of the newer tree.")


def _climb(old: int, new: int, hashes: cabc.Sequence[bytes]) -> tuple[bytes, bytes]:
    """Return the roots of both trees that a consistency proof leads to."""
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    if not hashes:
        raise ProofInvalid("The consistency proof is too short.")
    old_found = new_found = hashes[0]
    for hash_ in hashes[1:]:
        if last == 0:
            raise ProofInvalid("The consistency proof is too long.")
        if at & 1 or at == last:
            old_found, new_found = hash_node(hash_, old_found), hash_node(hash_, new_found)
            while at & 1 == 0 and at:
                at, last = at >> 1, last >> 1
        else:
            new_found = hash_node(new_found, hash_)
        at, last = at >> 1, last >> 1
    if last:
        raise ProofInvalid("The consistency proof is too short.")
    return old_found, new_found


def _split(low: int, high: int) -> int:
    """Return where the right half of the leaves from *low* to before *high* begins: there are at least two."""
    return low + (1 << ((high - low - 1).bit_length() - 1))


def _path(index: int, size: int) -> list[tuple[int, int]]:
    if not 0 <= index < size:
        raise ValueError(f"A tree of {size} leaves has no leaf {index}.")
    ranges = []
    low, high = 0, size
    while high - low > 1:
        middle = _split(low, high)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return ranges[::-1]


def _extension(old: int, new: int) -> list[tuple[int, int]]:
    if not 0 <= old <= new:
        raise ValueError(f"A tree of {new} leaves does not extend one of {old}.")
    ranges: list[tuple[int, int]] = []
    if old in {0, new}:
        return ranges
    low, high = 0, new
    while old != high:
        middle = _split(low, high)
        if old <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    if low:
        # Where nothing was split off to the left, the older root itself is what is left, and the verifier has it.
        ranges.append((low, high))
    return ranges[::-1]


def _complete(low: int, high: int) -> list[Node]:
    """Return the complete subtrees that make up the leaves from *low* to before *high*, from the left.

    *low* is a multiple of the largest one's size, as it is wherever a tree is split.
    """
    nodes = []
    while low < high:
        height = (high - low).bit_length() - 1
        nodes.append(Node(height, low >> height))
        low += 1 << height
    return nodes


def _range(low: int, high: int, read: Reader) -> bytes:
    hashes = [read(node) for node in _complete(low, high)]
    # Folded from the right: what is left over is the smaller side.
    return list(itertools.accumulate(reversed(hashes), lambda right, left: hash_node(left, right)))[-1]
