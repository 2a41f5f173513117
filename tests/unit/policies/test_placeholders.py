"""What a policy can ask the site's file for."""

from __future__ import annotations

import pytest

from consentkit.policies.documents import parse_document
from consentkit.policies.placeholders import escape
from consentkit.policies.placeholders import fill
from consentkit.policies.placeholders import values_of
from tests.factories import make_site


def test_values_are_those_of_the_locale() -> None:
    """With the site's own fallbacks."""
    assert values_of(make_site(), "en")["controller.name"] == "Steppe Herald LLP"
    assert values_of(make_site(), "kk")["controller.name"] == "ТОО «Степной вестник»"
    assert values_of(make_site(), "ru")["decision.lifetime"] == "180 дней"
    assert values_of(make_site(), "ru")["records.retention"] == "5 лет"


def test_an_address_of_several_lines_becomes_one() -> None:
    """It stands in a list or a sentence."""
    assert values_of(make_site(), "ru")["controller.address"] == "Алматы, ул. Садовая, 1"


def test_links_between_policies_stay_within_the_site_and_language() -> None:
    """They are relative, so that they hold under any prefix."""
    values = values_of(make_site(), "kk")
    assert values["pages.cookies"] == "cookies?site=steppe-herald&locale=kk"
    assert values["pages.terms"] == "terms?site=steppe-herald&locale=kk"


def test_a_page_of_the_sites_own_is_linked_instead() -> None:
    """Who has terms elsewhere, links there."""
    policies = {
        "privacy": {"files": {"ru": "privacy.ru.md"}},
        "terms": {"urls": {"ru": "https://www.steppe-herald.example/terms"}},
    }
    assert values_of(make_site(policies=policies), "ru")["pages.terms"] == "https://www.steppe-herald.example/terms"


def test_an_unknown_name_is_told_with_its_line_and_the_nearest_one() -> None:
    """The message names the way out."""
    _, (problem,) = fill("a\n{{ controller.nme }}", {"controller.name": "X"}, where="privacy.ru.md")
    assert problem.where == "privacy.ru.md:2"
    assert "'{{ controller.nme }}'" in problem.message
    assert problem.hint == "Did you mean 'controller.name'?"


def test_a_name_without_a_value_is_a_problem_unless_it_may_have_none() -> None:
    """With a question mark the whole line goes."""
    text, (problem,) = fill("Officer: {{ officer }}", {"officer": ""}, where="f")
    assert "has no value" in problem.message
    text, problems = fill("a\nOfficer: {{ officer? }}\nb", {"officer": ""}, where="f")
    assert (text, problems) == ("a\nb", ())
    assert fill("Officer: {{officer?}}", {"officer": "A"}, where="f")[0] == "Officer: A"


@pytest.mark.parametrize(
    "value",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "a_b*c*`d`",
        "# x",
        "{{ site.name }}",
        "x | y",
        "&lt;b&gt;",
        "a\\b",
    ],
)
def test_values_appear_as_they_are_written(value: str) -> None:
    """Script in a field of the configuration is text for readers."""
    source = b"# T\n\nSee {{ x }}.\n\n| a |\n| --- |\n| {{ x }} |\n"
    document = parse_document("terms", "en", source, where="t.md", values={"x": value})
    shown = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert f"<p>See {shown}.</p>" in document.html
    assert f"<td>{shown}</td>" in document.html


def test_a_value_stays_on_one_line() -> None:
    """It cannot begin a block of its own."""
    assert escape("a\n\n# b") == "a \\# b"


@pytest.mark.parametrize("text", ["{{ }}", "{{}}", "{{ a b }}", "{{ x.y? ? }}", "{{ __class__ }}"])
def test_there_are_no_expressions(text: str) -> None:
    """Anything but a known name is a problem, and nothing is run."""
    _, problems = fill(text, {"x": "1"}, where="f")
    assert len(problems) == 1
