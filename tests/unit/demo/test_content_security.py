"""The demo's Content-Security-Policy: strict, and open to what is named."""

from __future__ import annotations

from consentkit.demo.content_security import build_policy


def _directives(policy: str) -> dict[str, list[str]]:
    return {name: sources for name, *sources in (part.split() for part in policy.split("; "))}


def test_additions_are_merged_once_each():
    """In the order in which they came."""
    directives = _directives(
        build_policy({"script-src": ["'self'", "https://a.example"]}, {"script-src": ["'sha256-x'"]})
    )

    assert directives["script-src"] == ["'self'", "https://a.example", "'sha256-x'"]
    assert directives["default-src"] == ["'none'"]


def test_none_gives_way_to_a_source():
    """A directive with both would mislead."""
    assert _directives(build_policy({"base-uri": ["'self'"]}))["base-uri"] == ["'self'"]


def test_an_empty_addition_adds_no_directive():
    """A directive without a source would be 'none' in disguise."""
    assert "frame-src" not in _directives(build_policy({"frame-src": []}))


def test_nothing_inline_is_allowed():
    """Neither style nor script."""
    assert "unsafe" not in build_policy()
