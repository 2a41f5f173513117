"""The names of logs: where they are served, and what follows when one begins anew."""

from __future__ import annotations

import pytest

from consentkit.errors import ProofInvalid
from consentkit.ledger.origins import first_origin
from consentkit.ledger.origins import origin_after
from consentkit.ledger.origins import site_of


def test_a_log_is_named_by_where_it_is_served() -> None:
    """Without the scheme; a site that says no home is at home on this machine."""
    assert first_origin("https://news.example:8443", "/a/consent", "herald") == "news.example:8443/a/consent/log/herald"
    assert first_origin(None, "/consent", "herald") == "localhost/consent/log/herald"


def test_a_log_that_begins_anew_counts_on() -> None:
    """After the highest number there was, wherever it was seen; others' names say nothing."""
    first = "news.example/consent/log/herald"
    assert origin_after([first]) == f"{first}/2"
    assert origin_after([first, f"{first}/7", "elsewhere.example/log/herald/9", "nonsense"]) == f"{first}/8"
    assert site_of(f"{first}/8") == site_of(first) == "herald"


@pytest.mark.parametrize("name", ["", "news.example", "news.example/log/", "a/log/../etc", "a/log/x/02", "a b/log/x"])
def test_other_names_are_refused(name: str) -> None:
    """None of them becomes a file's name."""
    with pytest.raises(ProofInvalid):
        site_of(name)
