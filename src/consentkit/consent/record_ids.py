"""Record ids: UUIDv7, so that the order of ids is the order of time (RFC 9562, 5.7)."""

from __future__ import annotations

import datetime as dt
import os
import re
import secrets
import sys
import threading
import uuid

_FORM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.ASCII)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MILLISECOND = dt.timedelta(milliseconds=1)
_LAST_MILLISECOND = (1 << 48) - 1
_RANDOM_BITS = 74


class _Last:
    """The last id of this process, so that the next one inside the same millisecond can be greater."""

    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self.lock = threading.Lock()
        self.millisecond = -1
        self.bits = 0


_last = _Last()
if sys.platform != "win32":
    # Two children of one process must not go on counting from the same number.
    os.register_at_fork(after_in_child=_last.forget)


def new_record_id(at: dt.datetime) -> str:
    """Return a new id for a record of the moment *at*.

    Within one process, of two ids for the same millisecond the later one is greater.

    :param at: an aware time, not before 1970.
    """
    millisecond = _milliseconds(at)
    if not 0 <= millisecond <= _LAST_MILLISECOND:
        raise ValueError("A record id holds times from 1970 to the year 10889.")
    with _last.lock:
        if millisecond == _last.millisecond:
            # RFC 9562, 6.2, method 2: the random part is the counter, raised by a random amount so that ids stay
            # hard to guess.
            bits = _last.bits + 1 + secrets.randbits(32)
        else:
            # The highest bit starts at 0 and leaves the counter room that no millisecond can use up.
            bits = secrets.randbits(_RANDOM_BITS - 1)
        _last.millisecond, _last.bits = millisecond, bits
    return _format(millisecond, bits)


def is_record_id(value: object) -> bool:
    """Whether *value* is a record id as :func:`new_record_id` writes it: UUIDv7, lower case, with hyphens."""
    return isinstance(value, str) and _FORM.fullmatch(value) is not None


def record_id_time(record_id: str) -> dt.datetime:
    """Return the moment that the id holds, to the millisecond."""
    return _EPOCH + (uuid.UUID(record_id).int >> 80) * _MILLISECOND


def lowest_record_id(at: dt.datetime) -> str:
    """Return the lowest id that a record of the moment *at* can have: a bound for looking records up by time."""
    return _format(min(max(_milliseconds(at), 0), _LAST_MILLISECOND), 0)


def _milliseconds(at: dt.datetime) -> int:
    if at.tzinfo is None:
        raise ValueError("A record id needs an aware time.")
    return (at - _EPOCH) // _MILLISECOND


def _format(millisecond: int, bits: int) -> str:
    # RFC 9562, 5.7: unix_ts_ms (48), ver (4) = 7, rand_a (12), var (2) = 0b10, rand_b (62).
    rand_a, rand_b = bits >> 62, bits & ((1 << 62) - 1)
    return str(uuid.UUID(int=millisecond << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b))
