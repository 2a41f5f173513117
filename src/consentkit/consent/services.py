"""Services: who receives data, where they load from, what they store on the device."""

from __future__ import annotations

import enum
import fnmatch
import typing as t

import pydantic

from .model import Identifier
from .model import Localized
from .model import Model
from .model import Pattern
from .model import Text
from .model import WebAddress
from .purposes import NECESSARY

#: How long something stays on the device. Not shorter than two characters: ``P`` alone is no duration.
LIFETIME = Pattern(
    r"^(session|persistent|P([0-9]+Y)?([0-9]+M)?([0-9]+W)?([0-9]+D)?"
    r"(T([0-9]+H([0-9]+M)?([0-9]+S)?|[0-9]+M([0-9]+S)?|[0-9]+S))?)$",
    "an ISO 8601 duration such as 'P1Y' or 'PT30M', or 'session', or 'persistent'",
)
ITEM_NAME = Pattern(
    r"^[\x21-\x7e]+$", "a name without spaces, in which '*' may stand for anything, such as '_ga' or '_ga_*'"
)
COUNTRY = Pattern(r"^[A-Z]{2}$", "a country in two capital letters (ISO 3166-1), such as 'KZ'")
HOST = Pattern(
    r"^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(:[0-9]{1,5})?$",
    "a host in small letters, without 'https://' and path, such as 'www.youtube-nocookie.com' or '*.ytimg.com'",
)

_LAST_PORT = 65535


def _port(value: str) -> str:
    port = value.partition(":")[2]
    if port and not 0 < int(port) <= _LAST_PORT:
        raise ValueError(f"found '{value}', expected a port from 1 to {_LAST_PORT}")
    return value


Host = t.Annotated[str, pydantic.StringConstraints(pattern=HOST.regex, max_length=253), pydantic.AfterValidator(_port)]


class StorageKind(enum.StrEnum):
    """Where on the device something is kept."""

    COOKIE = "cookie"
    LOCAL_STORAGE = "local_storage"
    SESSION_STORAGE = "session_storage"
    INDEXED_DB = "indexed_db"
    CACHE = "cache"


class Party(enum.StrEnum):
    """Who can read it: the site, or somebody else."""

    FIRST = "first"
    THIRD = "third"


class Transfer(enum.StrEnum):
    """What a transfer out of the controller's legal area stands on (GDPR Art. 45, 46, 49)."""

    NONE = "none"
    ADEQUACY = "adequacy"
    STANDARD_CLAUSES = "standard_clauses"
    BINDING_RULES = "binding_rules"
    CONSENT = "consent"


class StoredItem(Model):
    """A cookie or a storage key that a service sets."""

    name: t.Annotated[str, pydantic.StringConstraints(max_length=200, pattern=ITEM_NAME.regex)] = pydantic.Field(
        description="The name, or a pattern in which `*` stands for anything: `_ga_*`."
    )
    kind: StorageKind = pydantic.Field(default=StorageKind.COOKIE, description="Where it is kept.")
    party: Party = pydantic.Field(default=Party.FIRST, description="Whether the site sets it or somebody else.")
    lifetime: t.Annotated[str, pydantic.StringConstraints(pattern=LIFETIME.regex, min_length=2, max_length=40)] = (
        pydantic.Field(
            description="How long it stays: an ISO 8601 duration (`P1Y`, `PT30M`), `session`, or `persistent` (until "
            "the reader clears it)."
        )
    )
    why: Localized = pydantic.Field(default={}, description="What it is for, in the readers' words, by locale.")

    def matches(self, name: str) -> bool:
        """Whether this entry declares the item of that *name*."""
        return fnmatch.fnmatchcase(name, self.name.replace("[", "[[]").replace("?", "[?]"))

    def may_meet(self, other: StoredItem) -> bool:
        """Whether something may have a name that both declare. Rather once too often than once too seldom."""
        one, two = (item.name.partition("*")[0] for item in (self, other))
        return self.kind == other.kind and (one.startswith(two) or two.startswith(one))


class Service(Model):
    """A third party or a component of the site itself, used for one or more purposes."""

    id: Identifier = pydantic.Field(description="Its name in markup, cookies and records, e.g. `youtube`.")
    name: Text = pydantic.Field(description="What readers know it by: `YouTube`.")
    provider: Text = pydantic.Field(description="The company that receives the data, as its imprint names it.")
    country: t.Annotated[str, pydantic.StringConstraints(pattern=COUNTRY.regex)] = pydantic.Field(
        description="Where that company is: ISO 3166-1, two letters."
    )
    transfer: Transfer = pydantic.Field(
        default=Transfer.NONE, description="What a transfer abroad stands on (GDPR chapter V)."
    )
    purposes: t.Annotated[tuple[Identifier, ...], pydantic.Field(min_length=1)] = pydantic.Field(
        description="What it is used for. It runs when all of these are agreed to."
    )
    hosts: tuple[Host, ...] = pydantic.Field(
        default=(), description="The hosts that it loads from or sends to: `www.youtube-nocookie.com`, `*.ytimg.com`."
    )
    websockets: pydantic.StrictBool = pydantic.Field(
        default=False,
        description="Whether the site's pages open WebSockets to these hosts too, over TLS: a Content-Security-Policy "
        "names them apart.",
    )
    cookies: tuple[StoredItem, ...] = pydantic.Field(default=(), description="What it keeps on the device.")
    data_categories: tuple[Localized, ...] = pydantic.Field(
        default=(), description="Which data it receives, where that is less than what its purposes name."
    )
    policy_url: WebAddress | None = pydantic.Field(default=None, description="The provider's own privacy policy.")
    why_necessary: Localized = pydantic.Field(
        default={}, description="For `necessary` alone: why the site cannot do without it, by locale."
    )

    @property
    def is_necessary(self) -> bool:
        """Whether it needs no agreement."""
        return set(self.purposes) == {NECESSARY}

    @property
    def first_party_items(self) -> tuple[StoredItem, ...]:
        """What it keeps on the site's own domain, where the site's pages can delete it."""
        return tuple(item for item in self.cookies if item.party is Party.FIRST)
