"""The skeletons that a new site begins with."""

from __future__ import annotations

import re

import pytest

from consentkit.policies.documents import Document
from consentkit.policies.documents import parse_document
from consentkit.policies.placeholders import values_of
from consentkit.policies.skeletons import skeleton
from tests.factories import make_site

TAGS = ("kk", "ru", "en", "ar")


def document(kind: str, tag: str, **changes: object) -> Document:
    """Return a skeleton, filled in for a site with *changes*."""
    values = values_of(make_site(**changes), tag)
    return parse_document(kind, tag, skeleton(kind, tag).encode(), where=f"{kind}.{tag}.md", values=values)


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("kind", ["privacy", "terms"])
def test_a_skeleton_can_be_published_as_it_is(kind: str, tag: str) -> None:
    """With a full configuration and with the least one."""
    least = {"name": "X", "address": "Y", "email": "a@b.example"}
    for changes in ({}, {"controller": least}):
        found = document(kind, tag, **changes)
        assert found.title
        assert "{{" not in found.source


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("kind", ["privacy", "terms"])
def test_a_skeleton_says_that_it_is_one(kind: str, tag: str) -> None:
    """To its readers as well, until a lawyer has checked it."""
    assert re.match(r"<blockquote>\s*<p><strong>", document(kind, tag).html)


@pytest.mark.parametrize("kind", ["privacy", "terms"])
def test_the_languages_say_the_same(kind: str) -> None:
    """The same headings, lists, tables and links, in the same order."""
    shapes = {
        tag: re.findall(
            r"<(h2|li|td|blockquote|a href=\"[^\"]*?(?=\?|\"))", document(kind, tag).html.replace(f"locale={tag}", "")
        )
        for tag in TAGS
    }
    assert shapes["kk"] == shapes["ru"] == shapes["en"] == shapes["ar"]


@pytest.mark.parametrize("tag", TAGS)
def test_the_privacy_policy_covers_article_13_and_the_kazakh_law(tag: str) -> None:
    """Controller, officer, grounds, recipients, transfers, rights, withdrawal, complaint, changes."""
    html = document("privacy", tag).html
    assert html.count("<h2 ") >= 9
    for expected in (
        "dpo@steppe-herald.example",
        "94-V",
        "6(1)(a)",
        "6(1)(f)",
        "cookies?site=",
        "preferences?site=",
        "terms?site=",
    ):
        assert expected in html
