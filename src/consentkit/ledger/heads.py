"""The head of a log as its writer knows it: how far it is, and who may write."""

from __future__ import annotations

import dataclasses
import datetime as dt


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The state of one site's log."""

    site: str
    #: The log's name, such as ``news.example/consent/log/news``.
    origin: str
    #: How many entries are integrated, and the root over them: 32 bytes.
    size: int
    root: bytes
    #: Counts the leases: who writes with an older number is refused.
    fence: int = 0
    holder: str | None = None
    leased_until: dt.datetime | None = None
    #: Why nothing is signed any more, for people to read; ``None`` when all is well.
    trouble: str | None = None
    began_at: dt.datetime
