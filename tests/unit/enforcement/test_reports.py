"""What is read of browsers' reports: both formats, whatever stands in them."""

from __future__ import annotations

import json
import typing as t

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consentkit.enforcement.reports import MAX_BODY
from consentkit.enforcement.reports import MAX_REPORTS
from consentkit.enforcement.reports import Report
from consentkit.enforcement.reports import host_of
from consentkit.enforcement.reports import read_reports

PAGE = "https://www.steppe-herald.example/news/steppe?reader=17&token=secret"
SEEN = Report("https://www.steppe-herald.example", "news", "script-src-elem", "tracker.example", blocked=True)

# As Chromium 143, Firefox 145 and Safari 18 send them, with hosts of ours.
BY_URI: dict[str, t.Any] = {
    "document-uri": PAGE,
    "referrer": "https://search.example/?q=private",
    "violated-directive": "script-src-elem",
    "effective-directive": "script-src-elem",
    "original-policy": "default-src 'self'; report-uri /consent/csp-reports?site=steppe-herald&class=0",
    "disposition": "enforce",
    "blocked-uri": "https://tracker.example/collect?id=17",
    "line-number": 12,
    "source-file": PAGE,
    "status-code": 200,
    "script-sample": "",
}
BY_API: dict[str, t.Any] = {
    "documentURL": PAGE,
    "referrer": "https://search.example/?q=private",
    "effectiveDirective": "script-src-elem",
    "originalPolicy": "default-src 'self'; report-to consentkit",
    "disposition": "enforce",
    "blockedURL": "https://tracker.example/collect?id=17",
    "sourceFile": PAGE,
    "statusCode": 200,
    "sample": "",
}


def by_uri(**changes: t.Any) -> list[Report] | None:
    """Read one report of the first kind, with changes to its fields; ``...`` leaves one out."""
    fields = BY_URI | {name.replace("_", "-"): value for name, value in changes.items()}
    return read_reports(json.dumps({"csp-report": {k: v for k, v in fields.items() if v is not ...}}).encode())


def by_api(*bodies: t.Any, kind: str = "csp-violation") -> list[Report] | None:
    """Read a list of the second kind."""
    return read_reports(
        json.dumps([{"age": 3, "type": kind, "url": PAGE, "user_agent": "x", "body": body} for body in bodies]).encode()
    )


def test_one_report_of_the_first_kind() -> None:
    """Of the page its origin and section, of the host its name."""
    assert by_uri() == [SEEN]


def test_a_list_of_the_second_kind() -> None:
    """In the order in which they were sent."""
    image = BY_API | {"blockedURL": "https://pixel.example", "effectiveDirective": "img-src", "disposition": "report"}
    assert by_api(BY_API, image) == [
        SEEN,
        SEEN._replace(host="pixel.example", directive="img-src", blocked=False),
    ]


def test_a_single_one_of_the_second_kind() -> None:
    """So Safari sends it, and under the media type of the first."""
    assert read_reports(json.dumps({"type": "csp-violation", "url": PAGE, "body": BY_API}).encode()) == [SEEN]


def test_other_types_are_left_out() -> None:
    """One endpoint may get deprecations and interventions too."""
    assert by_api(BY_API, kind="deprecation") == []


def test_safari_does_not_say_whether_it_blocked() -> None:
    """Then who knows the site's policy says so."""
    assert by_uri(disposition=...) == [SEEN._replace(blocked=None)]


def test_an_old_browser_names_the_directive_with_its_sources() -> None:
    """The first word is the directive."""
    assert by_uri(effective_directive=..., violated_directive="img-src 'self' https://a.example") == [
        SEEN._replace(directive="img-src")
    ]


@pytest.mark.parametrize(
    "directive", ["", "sandbox", "script-src'", "frame-ancestors", "x" * 9000, 17, None, ["img-src"]]
)
def test_only_directives_that_keep_from_a_host_are_counted(directive: object) -> None:
    """Nobody makes up new ones."""
    assert by_uri(effective_directive=directive, violated_directive=directive) == []


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Tracker.Example/a?b=c#d", "tracker.example"),
        ("http://tracker.example:80/", "tracker.example"),
        ("https://tracker.example:443", "tracker.example"),
        ("https://tracker.example:80", "tracker.example:80"),
        ("wss://live.example:443/socket", "live.example"),
        ("ws://live.example:8080/socket", "live.example:8080"),
        ("https://tracker.example./", "tracker.example"),
        ("https://xn--80ak6aa92e.example/", "xn--80ak6aa92e.example"),
        ("https://степь.example/", "xn--e1auee6c.example"),
        ("https://[2001:DB8::0:1]/", "[2001:db8::1]"),
        ("http://[::1]:8080/", "[::1]:8080"),
        ("http://10.0.0.7/", "10.0.0.7"),
        ("http://localhost:5000/", "localhost:5000"),
        ("https://my_bucket.example/", "my_bucket.example"),
        ("https://a.example?b", "a.example"),
    ],
)
def test_a_host_is_written_one_way(url: str, host: str) -> None:
    """In small letters and ASCII, with the port only where it is not the scheme's own."""
    assert host_of(url) == host


@pytest.mark.parametrize(
    "url",
    [
        *("inline", "eval", "wasm-eval", "data", "blob", "self", "trusted-types-policy", "trusted-types-sink", "about"),
        *("chrome-extension", "moz-extension://6e3f/x.js", "safari-web-extension://1/x.js", "ms-browser-extension"),
        *("", "https", "https://", "https:///x", "https://user@evil.example/", "https://a..example/", "//a.example"),
        *("https://a.example:99999/", "https://[::1", "https://[zz::1]/", "https://-a.example/", "https://a b.example"),
        *("https://a.example\\@b.example", "https://%61.example", "https://a\x00.example", "https://\ud800.example"),
        *("https://" + "a" * 64 + ".example", "https://" + "a." * 200 + "example", "https://a.example/" + "x" * 9000),
        "ftp://files.example/",
    ],
)
def test_what_is_no_host_is_not_counted(url: str) -> None:
    """Keywords name nobody, and an extension is not the site's."""
    assert host_of(url) is None
    assert by_uri(blocked_uri=url) == []


@pytest.mark.parametrize(
    "source",
    ["chrome-extension", "moz-extension://6e3f/x.js", "safari-web-extension://1/x.js", "webkit-masked-url://hidden/"],
)
def test_what_an_extension_loads_says_nothing_of_the_site(source: str) -> None:
    """Its script runs in the page, and its hosts are blocked there."""
    assert by_uri(source_file=source) == []
    assert by_api(BY_API | {"sourceFile": source}) == []


@pytest.mark.parametrize(
    ("page", "section"),
    [
        ("https://www.steppe-herald.example", ""),
        ("https://www.steppe-herald.example/", ""),
        ("https://www.steppe-herald.example?a=/b/c", ""),
        ("https://www.steppe-herald.example/#/private", ""),
        ("https://www.steppe-herald.example/ru/news/story", "ru"),
        ("https://www.steppe-herald.example/%D2%9B%D0%BE%D2%93%D0%B0%D0%BC/1", "қоғам"),
        ("https://www.steppe-herald.example//news/1", "news"),
        ("https://www.steppe-herald.example/a%00b%0Ac/1", "abc"),
        ("https://www.steppe-herald.example/" + "x" * 500, "x" * 200),
    ],
)
def test_of_the_path_only_the_section_is_kept(page: str, section: str) -> None:
    """Decoded, bounded, with nothing in it that cannot be seen; never of the query or fragment."""
    found = by_uri(document_uri=page)
    assert found == [SEEN._replace(section=section)]


@pytest.mark.parametrize("page", ["about", "about:srcdoc", "file:///home/reader", "", 7, None, "https://[::1"])
def test_a_page_without_an_origin_is_not_counted(page: object) -> None:
    """It is of no site."""
    assert by_uri(document_uri=page) == []


def test_nothing_else_of_a_report_is_kept() -> None:
    """No path, query, referrer, sample."""
    found = by_uri()
    assert found is not None
    kept = " ".join(map(str, found[0]))
    for secret in ("17", "secret", "search", "private", "collect", "steppe?", "/news/"):
        assert secret not in kept


@pytest.mark.parametrize(
    "body",
    [
        *(b"", b"null", b"7", b'"x"', b"{}", b"[7]", b"[{}]", b"[[]]", b'{"csp-report": 7}', b'[{"type": 7}]'),
        *(b"\xff\xfe", b'{"csp-report":', b"[" * MAX_BODY, b'{"a":' * 9000, b"9" * 5000, b'{"type": 7}x'),
    ],
)
def test_what_is_neither_format_is_told(body: bytes) -> None:
    """By ``None``; it never raises, however deep it is."""
    assert read_reports(body) is None


def test_a_body_has_bounded_reports() -> None:
    """The others are not looked at."""
    found = by_api(*[BY_API] * (MAX_REPORTS + 1))
    assert found is not None
    assert len(found) == MAX_REPORTS


_LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.sampled_from([PAGE, "https://a.example/x"]))
_FIELDS = st.dictionaries(st.sampled_from([*BY_URI, *BY_API]), _LEAVES | st.lists(_LEAVES, max_size=2))


@given(fields=_FIELDS, kind=st.one_of(st.just("csp-violation"), _LEAVES))
def test_any_fields_are_borne(fields: dict[str, t.Any], kind: object) -> None:
    """Whatever type a field has, and what is kept is bounded and can be stored."""
    for body in ({"csp-report": fields}, [{"type": kind, "body": fields}], {"type": kind, "body": fields}):
        for report in read_reports(json.dumps(body).encode()) or ():
            assert len(report.section) <= 200
            assert len(report.host) <= 260
            assert (report.section + report.host).isprintable()


@given(body=st.binary(max_size=300))
def test_any_bytes_are_borne(body: bytes) -> None:
    """A stranger sends what they like."""
    read_reports(body)
