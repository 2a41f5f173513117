"""Evidence: what must be there later to show what a reader saw and when they were asked again."""

from __future__ import annotations

import base64
import collections.abc as cabc
import dataclasses
import datetime as dt
import hashlib
import json
import typing as t

#: Stands for a notice's version in the markup that the version is computed from.
VERSION_MARK = "%VERSION%"


def notice_version(content: cabc.Mapping[str, object], *, html: str, preferences_html: str, style: str) -> str:
    """Return the version of a notice: 16 characters of lower-case base32 (RFC 4648), 80 bits of the SHA-256 of it all.

    :param content: without its version. :param html: the first layer, and :param preferences_html: the second, each
        with :data:`VERSION_MARK` where the version will stand.
    """
    evidence = {"content": content, "html": html, "preferences": preferences_html, "style": style}
    text = json.dumps(evidence, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return base64.b32encode(hashlib.sha256(text.encode()).digest()).decode().lower()[:16]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StoredNotice:
    """One notice exactly as readers saw it. Its version is a hash of it, so it never changes."""

    site: str
    #: 16 characters of the hash of the content.
    version: str
    locale: str
    regime: str
    layout: str
    revision: int
    #: The canonical JSON that was hashed.
    content: str
    #: The first layer.
    html: str
    #: The second layer.
    preferences_html: str
    #: The stylesheet that both were shown with.
    style: str
    first_published_at: dt.datetime


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What readers are asked about, at one number: a higher number makes older decisions outdated."""

    site: str
    #: From 1, without gaps.
    number: int
    #: What a change is measured against: purposes, recipients, policies.
    material: cabc.Mapping[str, t.Any]
    #: What changed since the number before, as readers are told it.
    changes: tuple[cabc.Mapping[str, str], ...]
    #: The services by which the cookie's bitmap counts.
    services_order: tuple[str, ...]
    #: The configuration that brought the change.
    config_version: str
    created_at: dt.datetime
