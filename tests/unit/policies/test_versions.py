"""The names of versions and publications."""

from __future__ import annotations

import dataclasses

import pytest

from consentkit.policies.versions import PolicyVersion
from consentkit.policies.versions import publication_of
from tests.factories import make_policy_version


def name(before: list[PolicyVersion], **versions: str) -> str:
    """Return the name of a step."""
    return publication_of("steppe-herald", "privacy", before=before, versions=versions)


def test_the_same_step_has_the_same_name() -> None:
    """Two processes that publish at once agree."""
    old = [make_policy_version(locale="ru"), make_policy_version(locale="kk")]
    assert name(old, ru="b", kk="c") == name(old[::-1], kk="c", ru="b")


def test_a_text_that_comes_back_is_another_publication() -> None:
    """From A to B and back to A are three steps."""
    first = name([], ru="a")
    second = name([make_policy_version(version="a", publication=first)], ru="b")
    third = name([make_policy_version(version="b", publication=second)], ru="a")
    assert len({first, second, third}) == 3


def test_a_published_version_cannot_be_changed() -> None:
    """Evidence stays as it is."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        make_policy_version().title = "Another"  # type: ignore[misc]  # that is the promise
