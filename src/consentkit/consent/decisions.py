"""Decisions: what a reader can choose, what follows from it, and the record that proves it."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import datetime as dt
import enum


class Action(enum.StrEnum):
    """What a reader, or a signal of theirs, did."""

    ACCEPT_ALL = "accept_all"
    REJECT_ALL = "reject_all"
    SAVE = "save"
    WITHDRAW = "withdraw"
    GPC = "gpc"


class Method(enum.StrEnum):
    """By which way a decision came in."""

    WIDGET = "widget"
    FORM = "form"
    API = "api"
    AMP = "amp"
    SIGNAL = "signal"


class Layer(enum.StrEnum):
    """Where the decision was taken: the first or second layer of the notice, or the preferences page."""

    FIRST = "1"
    SECOND = "2"
    PAGE = "page"


@dataclasses.dataclass(frozen=True, slots=True)
class Choice:
    """What may run: every optional purpose and every optional service, each with its answer.

    Refused ones are listed as well as allowed ones, so that the record shows what was asked.
    """

    purposes: cabc.Mapping[str, bool]
    services: cabc.Mapping[str, bool]

    @property
    def agrees(self) -> bool:
        """Whether anything optional was agreed to."""
        return any(self.purposes.values()) or any(self.services.values())


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The stored evidence of one decision: the columns that the log will commit to.

    Times are aware and in UTC. There is no IP address and no user agent string in it.
    """

    #: UUIDv7 (RFC 9562, 5.7), lower case with hyphens.
    id: str
    site: str
    #: ``None`` for who never agreed to anything.
    subject_id: str | None
    #: The same subject's record before this one. ``None`` until the store has filled it in.
    previous_id: str | None = None
    action: Action
    purposes: cabc.Mapping[str, bool]
    services: cabc.Mapping[str, bool]
    regime: str
    #: ISO 3166-1, two letters, as a trusted proxy told it.
    country: str | None
    locale: str
    notice_version: str
    revision: int
    config_version: str
    #: Kind of policy to its version in the reader's locale.
    policy_versions: cabc.Mapping[str, str]
    layout: str
    layer: Layer | None
    method: Method
    #: The first segment of the page's path, or the whole path where the site asks for it.
    section: str | None
    user_agent_family: str
    device_class: str
    #: Whether the request carried ``Sec-GPC: 1``.
    gpc: bool
    tc_string: str | None = None
    gvl_version: int | None = None
    gpp_string: str | None = None
    decided_at: dt.datetime
    expires_at: dt.datetime
    #: Made up for a demonstration, and outside the log.
    sample: bool = False
    #: The place in the log, once integrated.
    leaf_index: int | None = None
    #: 32 random bytes that keep the log's commitment from being guessed.
    salt: bytes | None = None


#: For how long a nonce stands for its decision. Older ones may be forgotten.
NONCE_LIFETIME = dt.timedelta(hours=48)


@dataclasses.dataclass(frozen=True, slots=True)
class Nonce:
    """What makes a decision that is sent twice count once."""

    #: At least 128 random bits, chosen by the sender.
    value: str
    #: A hash of the decision as sent: the same nonce with another one is refused.
    body_hash: str


@dataclasses.dataclass(frozen=True, slots=True)
class Recorded:
    """A record that is durable."""

    record: Record
    #: ``False`` where an earlier request with the same nonce had stored it.
    fresh: bool
