"""Policies that a new site begins with. A lawyer must check them before they are real."""

from __future__ import annotations

import importlib.resources

#: The languages that there are skeletons in.
LOCALES = ("kk", "ru", "en", "ar")


def skeleton(kind: str, locale: str) -> str:
    """Return the Markdown to begin a policy with, placeholders not filled in.

    :param kind: ``privacy`` or ``terms``. :param locale: one of :data:`LOCALES`; another language begins in English.
    """
    tag = locale if locale in LOCALES else "en"
    return (importlib.resources.files(__package__) / f"{kind}.{tag}.md").read_text(encoding="utf-8")
