"""What asks readers again, and what does not."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.consent.revisions import changes_between
from consentkit.consent.revisions import material_of
from tests.unit.cookies.sites import SITE
from tests.unit.cookies.sites import service
from tests.unit.cookies.sites import site_with

POLICIES = {"privacy": "p1", "terms": "t1"}
BEFORE = material_of(SITE, POLICIES)
SERVICES = [entry.model_dump(mode="json") for entry in SITE.services]


def changes(*services: dict[str, t.Any], **policies: str) -> tuple[dict[str, str], ...]:
    """What a site with these services, and these policies on top, has new."""
    return changes_between(BEFORE, material_of(site_with(*services), POLICIES | policies))


def test_the_same_is_no_change() -> None:
    """Nobody is asked again for a restart."""
    assert changes(*SERVICES) == ()
    assert changes_between(BEFORE, BEFORE) == ()


def test_what_needs_no_agreement_is_not_material() -> None:
    """A necessary service comes and goes unasked."""
    more = service("captcha", "necessary", why_necessary="Comments would drown in spam.")
    assert changes(*SERVICES, more) == ()
    assert "login" not in BEFORE["recipients"]
    assert "necessary" not in BEFORE["purposes"]


@pytest.mark.parametrize(
    "field", [{"country": "DE"}, {"hosts": ["new.example"]}, {"transfer": "adequacy"}, {"name": "Another Name"}]
)
def test_edits_are_not_material(field: dict[str, t.Any]) -> None:
    """A corrected fact about the same recipient asks nobody again."""
    assert changes(SERVICES[0] | field, *SERVICES[1:]) == ()


def test_less_is_not_material() -> None:
    """Fewer recipients, fewer purposes."""
    assert changes(*SERVICES[1:]) == ()
    fewer = material_of(site_with(service("counter", "analytics"), purposes=("analytics",)), POLICIES)
    assert changes_between(BEFORE, fewer) == ()


def test_a_new_recipient_is_material() -> None:
    """So is another company behind the same name."""
    told = ({"kind": "recipient_added", "service": "adverts", "name": "Adverts"},)
    assert changes(*SERVICES, service("adverts", "analytics")) == told
    other = changes(SERVICES[0] | {"provider": "Another Ltd"}, *SERVICES[1:])
    assert other == ({"kind": "recipient_added", "service": "counter", "name": "Counter"},)


def test_a_service_that_needs_fewer_agreements_is_a_new_recipient() -> None:
    """To readers who refused the purpose that fell away: it would now run for them."""
    wide = material_of(site_with(service("counter", "analytics", "embeds")), POLICIES)
    narrow = material_of(site_with(service("counter", "analytics")), POLICIES)
    assert changes_between(wide, narrow) == ({"kind": "recipient_added", "service": "counter", "name": "Counter"},)


def test_a_new_use_of_a_recipient_is_material() -> None:
    """Each one is told."""
    more = changes(SERVICES[0] | {"purposes": ["embeds", "analytics", "preferences"]}, *SERVICES[1:])
    assert [(change["kind"], change["purpose"]) for change in more] == [
        ("recipient_purpose_added", "embeds"),
        ("recipient_purpose_added", "preferences"),
    ]


def test_a_new_purpose_is_material() -> None:
    """It was never asked about."""
    wider = site_with(*SERVICES, purposes=("preferences", "analytics", "embeds", "advertising"))
    found = changes_between(BEFORE, material_of(wider, POLICIES))
    assert found == ({"kind": "purpose_added", "purpose": "advertising"},)


def test_another_legal_basis_is_material() -> None:
    """The ground is part of what was agreed to."""
    after = {**BEFORE, "purposes": {**BEFORE["purposes"], "analytics": "legitimate_interest"}}
    assert changes_between(BEFORE, after) == ({"kind": "basis_changed", "purpose": "analytics"},)


def test_a_material_policy_is_material() -> None:
    """By its publication; one that is gone is not."""
    assert changes(*SERVICES, privacy="p2") == ({"kind": "policy_changed", "policy": "privacy"},)
    assert changes_between(BEFORE, material_of(SITE, {"terms": "t1"})) == ()


@given(st.permutations(SERVICES), st.permutations(("preferences", "analytics", "embeds")))
def test_the_order_of_the_file_is_not_material(services: list[dict[str, t.Any]], purposes: list[str]) -> None:
    """Nor is the order of a service's purposes."""
    turned = [entry | {"purposes": entry["purposes"][::-1]} for entry in services]
    after = material_of(site_with(*turned, purposes=tuple(purposes)), dict(reversed(POLICIES.items())))
    assert changes_between(BEFORE, after) == ()
    assert after == BEFORE
