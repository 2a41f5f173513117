"""The reference says what the code says."""

from __future__ import annotations

import re
import tomllib

import pytest

from consentkit.consent.load import parse_site
from docs.reference.generate import PAGE
from docs.reference.generate import PARTS
from docs.reference.generate import SCHEMA
from docs.reference.generate import page_text
from docs.reference.generate import schema_text
from tests.unit.consent.example import GOOD

EXAMPLES = re.findall(r"^```toml\n(.*?)^```", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_the_schema_is_current():
    """``python -m docs.reference.generate`` writes it anew."""
    assert SCHEMA.read_text("utf-8") == schema_text()


@pytest.mark.parametrize("page", PARTS, ids=lambda page: page.name)
def test_what_comes_from_the_code_is_current(page):
    """``python -m docs.reference.generate`` writes it anew."""
    text = page.read_text("utf-8")
    assert page_text(text, page) == text


@pytest.mark.parametrize("example", [text for text in EXAMPLES if "[" in text.splitlines()[0]])
def test_every_example_of_a_table_can_be_used(example):
    """Put into a site's file, it is right."""
    header = tomllib.loads(example)
    site = GOOD.replace('locales = ["ru", "kk"]', 'locales = ["ru", "kk", "en"]')
    site += '\n[[purposes]]\nid = "embeds"\nlegal_basis = "consent"\n'
    assert header
    assert parse_site(f"{site}\n{example}", "site.toml")


def test_every_way_to_write_a_text_can_be_used():
    """Each line of the example is one way."""
    [ways] = [text for text in EXAMPLES if text.startswith("name = ")]
    for way in ways.splitlines():
        assert parse_site(re.sub(r"^name = \{ru.*$", way, GOOD, count=1, flags=re.MULTILINE), "site.toml")
