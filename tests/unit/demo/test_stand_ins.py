"""Which name of this machine is another site."""

from __future__ import annotations

import pytest

from consentkit.demo.stand_ins import find_other_origin
from consentkit.demo.stand_ins import find_tracker_origin


@pytest.mark.parametrize(
    ("host", "other"),
    [
        ("127.0.0.1:8000", "http://localhost:8000"),
        ("localhost:8000", "http://127.0.0.1:8000"),
        ("localhost", "http://127.0.0.1"),
        ("[::1]:8000", "http://localhost:8000"),
    ],
)
def test_loopback_has_two_names(host, other):
    """With the same port: another port would be the same site."""
    assert find_other_origin("http", host) == other
    assert find_tracker_origin("http", host) == f"http://tracker.localhost{':8000' if ':8000' in host else ''}"


@pytest.mark.parametrize(
    "host",
    ["", "steppe-herald.example", "192.168.1.5:8000", "127.0.0.1:8000; script-src *", "localhost:x", "localhost."],
)
def test_any_other_host_has_one_name(host):
    """What a client puts into Host never reaches the page or a header."""
    assert find_other_origin("http", host) is None
    assert find_tracker_origin("http", host) is None
