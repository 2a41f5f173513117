"""Subject ids: pseudonyms of readers' browsers, given only to who agreed to something."""

from __future__ import annotations

import re
import secrets

_FORM = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)


def new_subject_id() -> str:
    """Return 128 random bits in 22 characters of URL-safe base64."""
    return secrets.token_urlsafe(16)


def is_subject_id(value: str) -> bool:
    """Whether *value* has the form of a subject id."""
    return _FORM.fullmatch(value) is not None
