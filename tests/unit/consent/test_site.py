"""What follows from what a reader ticked."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.factories import make_site
from tests.unit.cookies.sites import SITE

PURPOSES = ("preferences", "analytics", "embeds")
names = st.sampled_from([*PURPOSES, "necessary", "nonsense"])
service_names = st.sampled_from(["counter", "heatmap", "video", "posts", "login", "nonsense"])


def test_everything_is_every_optional_purpose_and_service() -> None:
    """What is necessary is not a matter of agreeing."""
    choice = SITE.accept_all()
    assert choice.purposes == dict.fromkeys(PURPOSES, True)
    assert choice.services == dict.fromkeys(("counter", "heatmap", "posts", "video"), True)
    assert choice.agrees


def test_nothing_names_what_was_refused() -> None:
    """So that a record shows what was asked."""
    choice = SITE.refuse_all()
    assert choice.purposes == dict.fromkeys(PURPOSES, False)
    assert choice.services == dict.fromkeys(("counter", "heatmap", "posts", "video"), False)
    assert not choice.agrees


def test_a_service_needs_all_its_purposes() -> None:
    """One of two is not enough."""
    assert SITE.choose({"analytics": True}, {}).services == {
        "counter": True,
        "heatmap": False,
        "posts": False,
        "video": False,
    }
    assert SITE.choose({"analytics": True, "preferences": True}, {}).services["heatmap"]


def test_an_answer_for_a_service_wins() -> None:
    """In both directions."""
    choice = SITE.choose({"embeds": True}, {"video": False, "counter": True})
    assert choice.services == {"counter": True, "heatmap": False, "posts": True, "video": False}
    assert choice.purposes["analytics"] is False


def test_one_service_alone_is_an_agreement() -> None:
    """Its reader gets what others who agreed get."""
    assert SITE.choose({}, {"video": True}).agrees


@given(st.dictionaries(names, st.booleans()), st.dictionaries(service_names, st.booleans()))
def test_only_a_yes_is_a_yes(purposes: dict[str, bool], services: dict[str, bool]) -> None:
    """What was not ticked is refused, and what there is not is left out."""
    choice = SITE.choose(purposes, services)
    assert set(choice.purposes) == set(PURPOSES)
    for name, allowed in choice.purposes.items():
        assert allowed is purposes.get(name, False)
    for name, allowed in choice.services.items():
        if name in services:
            assert allowed is services[name]
        elif allowed:
            [used] = [service for service in SITE.optional_services if service.id == name]
            assert all(purposes[purpose] for purpose in used.purposes)


@given(st.sampled_from(["yes", 1, "false", None, [True], {"x": 1}]))
def test_only_true_is_true(value: object) -> None:
    """Whatever a careless caller passes."""
    assert not SITE.choose({"analytics": value}, {"video": value}).agrees  # type: ignore[dict-item]


def test_a_configuration_has_one_canonical_form() -> None:
    """Its version is that of its content."""
    assert make_site().version == make_site().version
    assert len(make_site().version) == 16
    assert json.loads(make_site().canonical())["site"]["id"] == "steppe-herald"
    assert SITE.version != make_site().version


def test_optional_services_are_in_the_order_of_their_ids() -> None:
    """The order of the file may change; the bits of a cookie may not."""
    assert [service.id for service in SITE.optional_services] == ["counter", "heatmap", "posts", "video"]
