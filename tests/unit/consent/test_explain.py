"""What is wrong with a site's data, in plain words."""

from __future__ import annotations

import re

import pytest

from consentkit.consent.explain import EXPECTED
from consentkit.consent.load import MAX_PROBLEMS
from consentkit.consent.load import parse_site
from consentkit.consent.site import Site
from consentkit.errors import ConfigError
from tests.unit.consent.example import GOOD
from tests.unit.consent.example import changed
from tests.unit.consent.example import problems_of


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param(
            "hosts = [",
            "host = [",
            "26: services[0].host: found the unknown key 'host', expected one of id, name, provider, "
            "country, transfer, purposes, hosts, websockets, cookies, data_categories, policy_url, why_necessary. Did "
            "you mean 'hosts'?",
            id="unknown key",
        ),
        pytest.param(
            'locales = ["ru"',
            'layout = "box"\nlocales = ["ru"',
            "5: site.layout: found the unknown key 'layout', expected one of id, name, origins, locales, "
            "cookie_domain, max_age_days, retention_days, class_cookie, record_path, log, log_delay_hours. "
            "There is a 'layout' in 'notice'.",
            id="key of another table",
        ),
        pytest.param(
            'provider = "Counter Ltd"\n',
            "",
            "20: services[0].provider: found nothing, expected 'provider': the company that receives the "
            "data, as its imprint names it.",
            id="missing key",
        ),
        pytest.param(
            "[controller]",
            "[controllr]",
            "1: controller: found nothing, expected 'controller': who answers for the data (GDPR Art. 13(1)(a), (b)).",
            id="missing table",
        ),
        pytest.param(
            '"https://www.steppe-herald.example"]',
            '"https://WWW.steppe-herald.example/"]',
            "4: site.origins[0]: found 'https://WWW.steppe-herald.example/', expected an origin in small "
            "letters, without path and slash at the end, such as 'https://www.example.org'. Did you mean "
            "'https://www.steppe-herald.example'?",
            id="origin with too much",
        ),
        pytest.param(
            '"https://www.steppe-herald.example"]',
            '"https://қазақ.example"]',
            "4: site.origins[0]: found 'https://қазақ.example', expected an origin in small letters, without "
            "path and slash at the end, such as 'https://www.example.org'. Did you mean "
            "'https://xn--80aau21bd.example'?",
            id="origin in other letters",
        ),
        pytest.param(
            '"https://www.steppe-herald.example"]',
            '"https://www.steppe-herald.example:443"]',
            "4: site.origins[0]: found 'https://www.steppe-herald.example:443', expected the origin without "
            "the usual port ':443'.",
            id="origin with the usual port",
        ),
        pytest.param(
            'locales = ["ru"',
            'max_age_days = "180"\nlocales = ["ru"',
            "5: site.max_age_days: found '180', expected a whole number. Leave out the quotes.",
            id="number in quotes",
        ),
        pytest.param(
            'locales = ["ru"',
            'max_age_days = 400\nlocales = ["ru"',
            "5: site.max_age_days: found 400, expected at most 395.",
            id="number too big",
        ),
        pytest.param(
            'locales = ["ru"',
            'record_path = "no"\nlocales = ["ru"',
            "5: site.record_path: found 'no', expected true or false. Did you mean false, without quotes?",
            id="word for a boolean",
        ),
        pytest.param(
            'locales = ["ru", "kk"]',
            'locales = ["RU", "kk"]',
            "5: site.locales[0]: found 'RU', expected a language such as 'kk', 'ru' or 'pt-BR' (BCP 47). Did "
            "you mean 'ru'?",
            id="locale in capitals",
        ),
        pytest.param(
            'locales = ["ru", "kk"]',
            'locales = "ru"',
            "5: site.locales: found 'ru', expected a list in square brackets. Put it in square brackets.",
            id="text for a list",
        ),
        pytest.param(
            'locales = ["ru", "kk"]',
            "locales = []",
            "5: site.locales: found an empty list, expected at least 1.",
            id="empty list",
        ),
        pytest.param(
            'name = {ru = "Степной вестник", kk = "Дала жаршысы"}',
            "name = 5",
            "3: site.name: found 5, expected a text in quotes, or a table of texts by language.",
            id="number for a text by language",
        ),
        pytest.param(
            'kk = "Дала жаршысы"',
            "kk = 1979-05-27",
            "3: site.name.kk: found the date or time 1979-05-27, expected a text in quotes.",
            id="date for a text",
        ),
        pytest.param(
            'country = "IE"',
            'country = "ie"',
            "24: services[0].country: found 'ie', expected a country in two capital letters (ISO 3166-1), "
            "such as 'KZ'. Did you mean 'IE'?",
            id="country in small letters",
        ),
        pytest.param(
            '"counter.example"',
            '"https://counter.example/x.js"',
            "26: services[0].hosts[0]: found 'https://counter.example/x.js', expected a host in small "
            "letters, without 'https://' and path, such as 'www.youtube-nocookie.com' or '*.ytimg.com'. Did "
            "you mean 'counter.example'?",
            id="address for a host",
        ),
        pytest.param(
            '"counter.example"',
            '"счётчик.қаз"',
            "26: services[0].hosts[0]: found 'счётчик.қаз', expected a host in small "
            "letters, without 'https://' and path, such as 'www.youtube-nocookie.com' or '*.ytimg.com'. Did "
            "you mean 'xn--h1aeteyb2e.xn--80ao21a'?",
            id="host in other letters than Latin ones",
        ),
        pytest.param(
            "[policies.privacy]",
            '[enforcement]\npages = "private"\nclass_header = "X-Class"\n[policies.privacy]',
            "34: enforcement.class_header: found a header beside \"pages = 'private'\", expected none: no CDN keeps "
            "those pages.",
            id="class of pages that no CDN keeps",
        ),
        pytest.param(
            "[policies.privacy]",
            '[enforcement]\nclass_header = "Cookie"\n[policies.privacy]',
            "33: enforcement.class_header: found 'Cookie', which browsers send, expected one that the CDN sets: "
            "'X-Consentkit-Class'.",
            id="class in a header of browsers",
        ),
        pytest.param(
            '"counter.example"',
            '"[::1]:8000"',
            "26: services[0].hosts[0]: found '[::1]:8000', expected a host in small letters, without "
            "'https://' and path, such as 'www.youtube-nocookie.com' or '*.ytimg.com'. A "
            "Content-Security-Policy has no form for IPv6 addresses: give the machine a name.",
            id="address of IPv6 for a host",
        ),
        pytest.param(
            '"counter.example"',
            '"counter.example:70000"',
            "26: services[0].hosts[0]: found 'counter.example:70000', expected a port from 1 to 65535.",
            id="port that is none",
        ),
        pytest.param(
            '"P2Y"',
            '"2 years"',
            "30: services[0].cookies[0].lifetime: found '2 years', expected an ISO 8601 duration such as "
            "'P1Y' or 'PT30M', or 'session', or 'persistent'. Did you mean 'P2Y'?",
            id="duration in words",
        ),
        pytest.param(
            'lifetime = "P2Y"',
            'lifetime = "P2Y"\nkind = "cokie"',
            "31: services[0].cookies[0].kind: found 'cokie', expected one of 'cookie', 'local_storage', "
            "'session_storage', 'indexed_db', 'cache'. Did you mean 'cookie'?",
            id="unknown word",
        ),
        pytest.param(
            "[policies.privacy]",
            '[regimes]\ndefault = "us"\n[policies.privacy]',
            "33: regimes.default: found 'us', expected 'gdpr': no other regime is built so far.",
            id="regime of later",
        ),
        pytest.param(
            'purposes = ["analytics"]',
            'purposes = ["analyticz"]',
            "25: services[0].purposes[0]: found 'analyticz', expected a purpose of this site. Did you mean "
            "'analytics'?",
            id="unknown purpose",
        ),
        pytest.param(
            'purposes = ["analytics"]',
            'purposes = ["necessary"]',
            "20: services[0].why_necessary: found nothing, expected why the site cannot do without it.",
            id="necessary without a reason",
        ),
        pytest.param(
            'legal_basis = "consent"',
            'legal_basis = "contract"',
            "18: purposes[1].legal_basis: found 'contract', expected 'consent': reading from or storing on "
            "the reader's device needs consent unless it is necessary (ePrivacy directive, Art. 5(3)).",
            id="optional purpose without consent",
        ),
        pytest.param(
            'id = "analytics"',
            'id = "newsletter"\ndescription = "x"',
            "16: purposes[1].name: found nothing, expected a name: only necessary, preferences, analytics, "
            "advertising, embeds have one already.",
            id="purpose without a name",
        ),
        pytest.param(
            'id = "analytics"',
            'id = "necessary"',
            "17: purposes[1].id: found 'necessary' a second time, expected each once.",
            id="purpose twice",
        ),
        pytest.param(
            'locales = ["ru"',
            'cookie_domain = "steppe-hrald.example"\nlocales = ["ru"',
            "5: site.cookie_domain: found 'steppe-hrald.example', expected a domain that one of the site's origins "
            "belongs to. Did you mean 'steppe-herald.example'?",
            id="domain of somebody else",
        ),
        pytest.param(
            'files = {ru = "privacy.ru.md"}',
            'files = {kk = "privacy.ru.md"}',
            "33: policies.privacy.files: found no entry for 'ru', expected one: it is the site's first language.",
            id="policy without the first language",
        ),
        pytest.param(
            'files = {ru = "privacy.ru.md"}',
            "",
            "32: policies.privacy: found neither 'files' nor 'urls', expected one of them.",
            id="policy without a source",
        ),
        pytest.param(
            "[policies.privacy]",
            '[network]\ntrusted_proxies = ["10.0.0.1/8"]\n[policies.privacy]',
            "33: network.trusted_proxies[0]: found '10.0.0.1/8', expected '10.0.0.0/8' for the network or "
            "the address alone.",
            id="address for a network",
        ),
    ],
)
def test_a_problem_has_its_place_what_was_found_and_what_was_expected(old: str, new: str, told: str) -> None:
    """Whoever made the mistake can mend it without looking anything up."""
    assert f"site.toml:{told}" in {str(problem) for problem in problems_of(changed(old, new)).values()}


def test_everything_is_told_at_once_in_the_order_of_the_file() -> None:
    """What is wrong in one part does not hide what is wrong between the parts."""
    text = (
        changed('id = "steppe-herald"', "id = 7")
        .replace('["analytics"]', '["analyticz"]')
        .replace("[policies.terms]", '[policies.term]\nfiles = {}\n[notice]\nlayout = "x"\n[policies.terms]')
    )
    with pytest.raises(ConfigError) as caught:
        parse_site(text, "site.toml")
    assert [problem.path for problem in caught.value.problems] == [
        "site.id",
        "services[0].purposes[0]",
        "policies.term",
        "notice.layout",
    ]
    assert str(caught.value).count("\n") == 3


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a = 1\na = 2", 2, "the same key is given a second time"),
        ("[a]\n[a]\n", 2, "the same table or key is declared a second time"),
        ("a = b\n", 1, "texts stand in quotes"),
        ('a = "b\nc = 1\n', 1, "may lack the quote at its end"),
        ("\n\na\n", 3, "expected '=' after the key"),
        ("a = [1,\n", 1, "a list has no ']' at its end|expected a value"),
        ('a = "C:\\data"', 1, "must be written twice"),
        ("= 1", 1, "expected a key"),
        ("a = 1 b = 2", 1, "expected the end of the line after the value"),
        ("[a\n", 1, "expected ']' at the end of the table's header"),
        ("a = 2025-13-45", 1, "not valid TOML"),
    ],
)
def test_broken_toml_has_its_line_and_plain_words(text: str, line: int, says: str) -> None:
    """The line is shown as it stands in the file."""
    with pytest.raises(ConfigError) as caught:
        parse_site(text, "site.toml")
    [problem] = caught.value.problems
    assert problem.where == f"site.toml:{line}"
    assert re.search(says, problem.message)


def test_unknown_languages_and_texts_are_told_where_the_known_ones_are_given() -> None:
    """A country's code is no language, and a mistyped name would never be shown."""
    text = changed('"kk"]', '"kz"]') + '[notice.texts.ru]\ntitlle = "x"\nbody = "y"\n'
    assert set(problems_of(text, text_keys=["title", "body"], locales=["ru", "kk"])) == {
        "site.locales[1]",
        "notice.texts.ru.titlle",
    }
    found = problems_of(text, text_keys=["title", "body"], locales=["ru", "kk"])
    assert found["site.locales[1]"].hint == "Did you mean 'kk'?"
    assert found["notice.texts.ru.titlle"].hint == "Did you mean 'title'?"
    assert parse_site(text, "site.toml").locales == ("ru", "kz")


def test_a_text_for_a_language_that_the_site_has_not_is_told() -> None:
    """It would never be shown."""
    found = problems_of(GOOD + '[notice.texts."kk-Arab"]\ntitle = "x"\n')
    assert found["notice.texts.kk-Arab"].message == "found 'kk-Arab', expected one of the site's locales."


def test_a_number_of_problems_is_enough() -> None:
    """Who has thousands has another kind of file."""
    found = problems_of(GOOD + "".join(f"x{i} = 1\n" for i in range(MAX_PROBLEMS + 50)))
    assert len(found) == MAX_PROBLEMS + 1
    assert found[""].message == "found 50 more, expected none."


def test_every_pattern_of_the_models_has_words() -> None:
    """No regular expression is ever shown to people."""

    def patterns(schema: object) -> list[str]:
        if isinstance(schema, dict):
            own = [schema["pattern"]] if isinstance(schema.get("pattern"), str) else []
            return own + [inner for value in schema.values() for inner in patterns(value)]
        return [inner for value in schema for inner in patterns(value)] if isinstance(schema, list) else []

    used = set(patterns(Site.model_json_schema()))
    assert len(used) > 10
    assert used <= set(EXPECTED)
