"""The JSON Schema for editors says what the loader says."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from consentkit.consent.schema import json_schema
from tests.unit.consent.example import GOOD
from tests.unit.consent.example import changed
from tests.unit.consent.example import problems_of

VALIDATOR = jsonschema.Draft202012Validator(json_schema())
COMMITTED = Path(__file__).parents[3] / "docs" / "reference" / "consentkit.schema.json"


def test_it_is_a_schema() -> None:
    """It follows its own metaschema, and needs nothing from a network."""
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert json_schema()["$id"].startswith("urn:")
    assert "http" not in json.dumps([part for part in json_schema()["$defs"].values() if "$ref" in part])


def test_the_committed_one_is_current() -> None:
    """``python -m docs.reference.generate`` writes it anew."""
    assert json.loads(COMMITTED.read_text("utf-8")) == json_schema()


def test_a_right_file_fits() -> None:
    """An editor has nothing to say."""
    VALIDATOR.validate(tomllib.loads(GOOD))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("hosts = [", "host = ["),
        ('provider = "Counter Ltd"\n', ""),
        ("[controller]", "[controllr]"),
        ('"https://www.steppe-herald.example"]', '"https://www.steppe-herald.example/"]'),
        ('locales = ["ru"', 'max_age_days = "180"\nlocales = ["ru"'),
        ('locales = ["ru"', 'max_age_days = 400\nlocales = ["ru"'),
        ('locales = ["ru", "kk"]', "locales = []"),
        ('name = {ru = "Степной вестник", kk = "Дала жаршысы"}', "name = {}"),
        ('name = {ru = "Степной вестник", kk = "Дала жаршысы"}', "name = 5"),
        ('kk = "Дала жаршысы"', "KK = 'x'"),
        ('country = "IE"', 'country = "Ireland"'),
        ('"P2Y"', '"2 years"'),
        ("[policies.privacy]", '[regimes]\ndefault = "us"\n[policies.privacy]'),
        ('files = {ru = "privacy.ru.md"}', ""),
        ('urls = "https://', 'urls = "ftp://'),
        ('purposes = ["analytics"]', "purposes = []"),
    ],
)
def test_what_the_loader_refuses_in_one_part_does_not_fit(old: str, new: str) -> None:
    """The two come from one source."""
    text = changed(old, new)
    assert problems_of(text)
    assert not VALIDATOR.is_valid(tomllib.loads(text))


def test_every_key_is_described() -> None:
    """An editor shows what a key means."""
    bare = [
        f"{name}.{key}"
        for name, part in json_schema()["$defs"].items()
        for key, field in part.get("properties", {}).items()
        if not field.get("description")
    ]
    assert bare == []
