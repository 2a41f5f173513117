"""The command ``consentkit``, which is also ``flask consentkit``."""

from __future__ import annotations

from .group import consentkit_cli as consentkit_cli
