"""Markdown to a safe fragment."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from consentkit.policies.render import render

ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](data:text/html,<script>alert(1)</script>)",
    "[x](vbscript:x)",
    '<a href="jAvAsCrIpT:alert(1)">x</a>',
    "<iframe src=//evil.example></iframe>",
    "<form action=//evil.example><input name=a></form>",
    '<p style="background:url(//evil.example)" onclick=a class="consentkit-button" id="consentkit-notice">x</p>',
    '<h2 id="consentkit-notice">x</h2>',
    "<style>*{display:none}</style>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0>",
    "![pixel](https://evil.example/p.png)",
    "<math><mi//xlink:href='data:x,<script>alert(1)</script>'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_text_cannot_run_load_or_imitate_anything(attack: str) -> None:
    """Whatever an author pastes, readers get text, structure and links."""
    html = render(f"# Title\n\nBefore {attack} after.\n\n{attack}\n").html
    assert not re.search(r"<(script|img|svg|iframe|form|input|style|base|meta|math|noscript)\b", html)
    assert not re.search(r"<[^>]*\s(on\w+|style|class|src|action)\s*=", html)
    assert not re.search(r'href="(javascript|data|vbscript)', html, re.IGNORECASE)
    assert 'id="consentkit' not in html


def test_the_first_heading_is_the_title_and_stands_apart() -> None:
    """The page sets it itself."""
    rendered = render("# Privacy *policy* of `us`\n\nText.\n")
    assert rendered.title == "Privacy policy of us"
    assert rendered.html == "<p>Text.</p>\n"


def test_a_title_is_plain_text() -> None:
    """Markup in it is no markup."""
    assert render("# <script>x</script> & co\n").title == "x & co"


def test_a_text_that_does_not_begin_with_a_title_has_none() -> None:
    """A heading further down is a heading."""
    assert render("Text.\n\n# Later\n").title == ""


def test_headings_can_be_linked_to() -> None:
    """In any alphabet, each once, and never with an id that the page uses itself."""
    html = render("# T\n\n## Құқықтарыңыз\n\n## Құқықтарыңыз\n\n# Again\n").html
    assert re.findall(r'<h2 id="([^"]+)"', html) == ["section-құқықтарыңыз", "section-құқықтарыңыз-2", "section-again"]


def test_tables_name_their_columns() -> None:
    """For who hears the table read."""
    html = render("# T\n\n| a | b |\n| --- | ---: |\n| 1 | 2 |\n").html
    assert html.count('<th scope="col">') == 2
    assert "style" not in html


def test_links_do_not_tell_where_the_reader_came_from() -> None:
    """A policy's links lead to those whom the reader may want to avoid."""
    html = render("# T\n\n[x](https://other.example/) [y](mailto:a@b.example) [z](cookies?site=a)\n").html
    assert html.count('rel="noopener noreferrer"') == 3


def test_code_runs_from_left_to_right() -> None:
    """Names of cookies stay readable in an Arabic text."""
    assert '<code dir="ltr">_ga_*</code>' in render("# T\n\n`_ga_*`\n").html


@settings(deadline=None)
@given(st.text(max_size=400))
def test_no_text_raises_or_leaves_the_allow_list(text: str) -> None:
    """Any text becomes a fragment of known elements."""
    allowed = [
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "p",
        "hr",
        "ul",
        "ol",
        "li",
        "dl",
        "dt",
        "dd",
        "pre",
        "blockquote",
        "div",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "a",
        "abbr",
        "bdi",
        "br",
        "code",
        "em",
        "s",
        "span",
        "strong",
        "sub",
        "sup",
    ]
    assert set(re.findall(r"<([a-z][a-z0-9]*)", render(text).html)) <= set(allowed)
