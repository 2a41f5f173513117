"""What is known in general: by name, by pattern, by host; and how the table is made of messy cells."""

from __future__ import annotations

import csv
import importlib.resources
import re

import pytest

from consentkit.consent.services import ITEM_NAME
from consentkit.consent.services import LIFETIME
from consentkit.inventory.known import PURPOSES
from consentkit.inventory.known import Known
from consentkit.inventory.known import KnownCookies
from consentkit.inventory.known import known_cookies
from consentkit.inventory.known import lifetime
from tools import known_cookies as tool

FOLDER = importlib.resources.files("consentkit.inventory")


def row(name: str, platform: str = "A", category: str = "Analytics", domains: tuple[str, ...] = ()) -> Known:
    """Return a row of a table."""
    return Known(name, platform, category, domains, "1 day")


def names(found: tuple[Known, ...]) -> list[tuple[str, str]]:
    """Return name and platform of what was found."""
    return [(one.name, one.platform) for one in found]


def test_the_name_itself_goes_before_patterns_and_the_longest_pattern_before_others() -> None:
    """However the rows are ordered."""
    rows = [row("_gat*", "short"), row("_gat_*", "long"), row("_gat", "exact"), row("*", "all"), row("x", "")]
    table = KnownCookies(rows)
    assert names(table.by_name("_gat")) == [("_gat", "exact")]
    assert names(table.by_name("_gat_1")) == [("_gat_*", "long")]
    assert names(table.by_name("_gatt")) == [("_gat*", "short")]
    assert names(table.by_name("anything")) == names(table.by_name("")) == names(table.by_name("x")) == []


def test_a_pattern_of_a_few_letters_knows_only_itself() -> None:
    """`P_*` and `tp*` would know everybody's cookies; three characters are enough where they end with a mark."""
    table = KnownCookies([row("P_*"), row("cap*"), row("mp_*"), row("data*")])
    assert [bool(table.by_name(name)) for name in ("P_1", "P_", "capital", "mp_1", "data1")] == [
        False,
        True,
        False,
        True,
        True,
    ]


def test_several_platforms_are_all_told_each_by_what_asks_most() -> None:
    """A name that two use is not decided here."""
    table = KnownCookies([row("c", "B"), row("c", "A", "Functional"), row("c", "A", "Marketing")])
    assert [(one.platform, one.category) for one in table.by_name("c")] == [("A", "Marketing"), ("B", "Analytics")]


def test_a_host_is_known_by_its_domain_or_the_one_above() -> None:
    """Ports and subdomains do not hide it; a name that only ends alike is another."""
    table = KnownCookies([row("a", "A", domains=("ads.example",)), row("b", "B", domains=("px.ads.example",))])
    assert names(table.by_host("px.ads.example:8443")) == [("b", "B")]
    assert names(table.by_host("x.y.ads.example")) == [("a", "A")]
    assert table.by_host("badads.example") == table.by_host("example") == table.by_host("[::1]") == ()


def test_who_has_the_name_of_a_domain_comes_first() -> None:
    """Whether or not the database has that domain beside their own cookies, as it has not for Hotjar's."""
    table = KnownCookies([row("a", "Guest", domains=("inn.example",)), row("b", "Inn"), row("c", "Example")])
    assert names(table.by_host("static.inn.example")) == [("b", "Inn"), ("a", "Guest")]
    assert known_cookies().by_host("static.hotjar.com")[0].platform == "Hotjar"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("13 months", "P13M"),
        ("30 mins", "PT30M"),
        ("90 sec", "PT90S"),
        ("24 hours", "PT24H"),
        ("2 Weeks", "P2W"),
        ("1 year (in some countries, the period may be longer)", "P1Y"),
        ("60 days till 3650 days", "P3650D"),
        ("30 minutes, 3w or 1y depending on value", "P1Y"),
        ("Session to 30 days", "P30D"),
        ("End of session (browser)", "session"),
        ("Seesion", "session"),
        ("no expiration", "persistent"),
        ("0 days", None),
        ("10 Nov 2030", None),
        ("Awin", None),
        ("", None),
    ],
)
def test_retention_becomes_a_lifetime(words: str, expected: str | None) -> None:
    """The longest of several; none where the words name none."""
    assert lifetime(words) == expected


def test_every_row_of_the_package_can_be_declared() -> None:
    """Names, categories and lifetimes are such as a site's file may have."""
    rows = list(csv.DictReader(FOLDER.joinpath("open_cookie_database.csv").read_text("utf-8").splitlines()))
    assert len(rows) > 2000
    assert tuple(rows[0]) == tool.FIELDS
    assert [one for one in rows if not re.fullmatch(ITEM_NAME.regex, one["name"])] == []
    assert [one for one in rows if one["category"] not in PURPOSES] == []
    spans = {lifetime(one["retention"]) for one in rows} - {None}
    assert [span for span in spans if not re.fullmatch(LIFETIME.regex, str(span))] == []
    assert names(known_cookies().by_name("_ga_ABC")) == [("_ga_*", "Google Analytics")]


def test_the_table_has_its_source_and_its_licence_beside_it() -> None:
    """Apache-2.0, section 4: a copy of the licence, and what was changed."""
    assert "Apache License" in FOLDER.joinpath("open_cookie_database.LICENSE").read_text("utf-8")
    note = FOLDER.joinpath("open_cookie_database.md").read_text("utf-8")
    assert "github.com/jkwakman/Open-Cookie-Database" in note
    assert "Changed:" in note


MESSY = (
    "\ufeffID,Platform,Category,Cookie / Data Key name,Domain,Description,Retention period,Controller,Portal,"
    "Wildcard match\r\n1,"
    'Bing,Marketing,"MUID\t",.bing.com (3rd party) or .Microsoft.com. (3rd party),"Own, ""their"" words",1 year ,,,0'
    "\r\n"
    "2,Bing,Marketing,MUID,.bing.com (3rd party) or .microsoft.com (3rd party),Others,1 year,,,0\r\n"
    "3,Indeed,Analytics,pagead/conv/%INTEGER%,,x,session,,,1\r\n"
    "4,Odd,Functional,Site History,ut,x,session,,,0\r\n"
    "5,Odd,Functional,*,,x,session,,,1\r\n"
    "6,Log\u00adgly,Functional,log\u00adgly,ads-[account].adhese.com .ok.example\u200b,x,session,,,0\r\n"
    "7,Short\r\n"
)


def test_messy_cells_are_tidied_and_descriptions_left_out() -> None:
    """What copying has brought along goes; what no cookie can be called goes with its row."""
    assert tool.rows(MESSY) == [
        ("MUID", "Bing", "Marketing", "bing.com microsoft.com", "1 year"),
        ("loggly", "Loggly", "Functional", "ok.example", "session"),
        ("pagead/conv/*", "Indeed", "Analytics", "", "session"),
    ]
