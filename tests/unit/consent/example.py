"""A small configuration that is right, and what becomes of it."""

from __future__ import annotations

import pytest

from consentkit.consent.load import parse_site
from consentkit.errors import ConfigError
from consentkit.errors import Problem

GOOD = """\
[site]
id = "steppe-herald"
name = {ru = "Степной вестник", kk = "Дала жаршысы"}
origins = ["https://www.steppe-herald.example"]
locales = ["ru", "kk"]

[controller]
name = "ТОО «Степной вестник»"
address = "Астана, ул. Образцовая, 1"
email = "privacy@steppe-herald.example"

[[purposes]]
id = "necessary"
legal_basis = "legitimate_interest"

[[purposes]]
id = "analytics"
legal_basis = "consent"

[[services]]
id = "counter"
name = "Counter"
provider = "Counter Ltd"
country = "IE"
purposes = ["analytics"]
hosts = ["counter.example"]

[[services.cookies]]
name = "_c_*"
lifetime = "P2Y"

[policies.privacy]
files = {ru = "privacy.ru.md"}

[policies.terms]
urls = "https://www.steppe-herald.example/terms"
"""


def problems_of(text: str, **hooks: list[str]) -> dict[str, Problem]:
    """The problems of *text* by path; it must have some."""
    with pytest.raises(ConfigError) as caught:
        parse_site(text, "site.toml", **hooks)
    return {problem.path: problem for problem in caught.value.problems}


def changed(old: str, new: str) -> str:
    """The good text with *new* in the place of the first *old*."""
    assert old in GOOD
    return GOOD.replace(old, new, 1)
