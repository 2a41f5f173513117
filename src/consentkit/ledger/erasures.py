"""What a log says of an erasure: which of its entries prove nothing any more, and why."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import enum

from .entries import EntryType
from .records import json_value
from .statements import Statement


class Reason(enum.StrEnum):
    """Why records were erased. It says nothing about anybody, for it is published."""

    #: The reader did it, from their own page (GDPR Art. 17(1)(b)).
    READER = "reader"
    #: Somebody of the site did, because they were asked to or had to (Art. 17(1)).
    REQUEST = "request"
    #: Their time was over (Art. 5(1)(e)).
    RETENTION = "retention"


def erasure_statement(
    origin: str, site: str, *, reason: Reason, indexes: cabc.Iterable[int], unlogged: int, at: dt.datetime
) -> Statement:
    """Return the statement on one erasure, to be signed.

    :param indexes: the places in the log that the erased records had, in any order. :param unlogged: how many had none
        yet.
    """
    members: dict[str, object] = {
        "site": site,
        "at": json_value(at),
        "reason": reason.value,
        "indexes": ranges(indexes),
        "unlogged": unlogged,
    }
    return Statement(EntryType.ERASURE, origin, members)


def ranges(indexes: cabc.Iterable[int]) -> list[list[int]]:
    """Return *indexes* as ``[first, last]``, inclusive, ascending: neighbours are told as one."""
    found: list[list[int]] = []
    for index in sorted(indexes):
        if found and index == found[-1][1] + 1:
            found[-1][1] = index
        else:
            found.append([index, index])
    return found
