"""Markdown to a safe fragment of HTML: CommonMark with tables, then an allow-list.

What a policy needs is allowed: headings, paragraphs, lists, tables, quotations, links. Everything else that the text
may hold goes: scripts, styles, forms, frames, and pictures too, which would be loaded from somewhere before the reader
has agreed to anything.
"""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import functools
import re
import unicodedata

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

# A page has ids of its own, among them those of the notice. A text cannot take any of them.
_ANCHOR_PREFIX = "section-"

_HEADINGS = ("h2", "h3", "h4", "h5", "h6")
_BLOCKS = ("p", "hr", "ul", "ol", "li", "dl", "dt", "dd", "pre", "blockquote", "div")
_TABLES = ("table", "thead", "tbody", "tr", "th", "td")
_PHRASES = ("a", "abbr", "bdi", "br", "code", "em", "s", "span", "strong", "sub", "sup")
_TAGS = frozenset((*_HEADINGS, *_BLOCKS, *_TABLES, *_PHRASES))
_ATTRIBUTES = {
    # A passage in another language says so, for the sake of who hears it read.
    "*": {"lang", "dir"},
    "a": {"href"},
    "abbr": {"title"},
    "ol": {"start"},
    "th": {"scope"},
    **{heading: {"id"} for heading in _HEADINGS},
}
_SCHEMES = frozenset({"http", "https", "mailto", "tel"})
# What is inside of these is not text for readers.
_WITH_CONTENT = frozenset(
    {"script", "style", "title", "template", "noscript", "iframe", "object", "svg", "math", "select", "textarea"}
)


@dataclasses.dataclass(frozen=True, slots=True)
class Rendered:
    """A text as it is shown.

    :param title: its first heading of the first level, as plain text; empty if it does not begin with one.
    :param html: the rest, sanitised.
    """

    title: str
    html: str


def render(markdown: str) -> Rendered:
    """Return *markdown* as a title and a fragment that holds nothing but text, structure and links."""
    tokens = _parser().parse(markdown)
    title, body = _without_title(tokens)
    _prepare(body)
    html = _parser().renderer.render(body, _parser().options, {})
    return Rendered(title=title, html=_sanitise(html))


@functools.cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table").enable("strikethrough")


def _without_title(tokens: list[Token]) -> tuple[str, list[Token]]:
    if len(tokens) >= 3 and tokens[0].type == "heading_open" and tokens[0].tag == "h1":  # noqa: PLR2004 - open, text, close
        return _plain(tokens[1]), tokens[3:]
    return "", tokens


def _plain(inline: Token) -> str:
    parts = (
        child.content if child.type in {"text", "code_inline"} else " " if child.type.endswith("break") else ""
        for child in inline.children or ()
    )
    return " ".join("".join(parts).split())


def _prepare(tokens: cabc.Sequence[Token]) -> None:
    taken: set[str] = set()
    for position, token in enumerate(tokens):
        if token.type in {"heading_open", "heading_close"} and token.tag == "h1":
            # The page has one heading of the first level: the title.
            token.tag = "h2"
        if token.type == "heading_open":
            token.attrSet("id", _anchor(_plain(tokens[position + 1]), taken))
        for child in token.children or ():
            if child.type == "code_inline":
                # Names of cookies and hosts run from left to right in an Arabic text too.
                child.attrSet("dir", "ltr")
        if token.type == "th_open":
            token.attrSet("scope", "col")


def _anchor(text: str, taken: set[str]) -> str:
    words = re.findall(r"\w+", unicodedata.normalize("NFC", text).lower())
    base = anchor = _ANCHOR_PREFIX + "-".join(words)[:80]
    count = 1
    while anchor in taken:
        count += 1
        anchor = f"{base}-{count}"
    taken.add(anchor)
    return anchor


def _sanitise(html: str) -> str:
    return nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=set(_WITH_CONTENT),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=_filter,
        url_schemes=set(_SCHEMES),
        strip_comments=True,
        # Another site need not learn that its reader came from here. `nofollow` is for what strangers write.
        link_rel="noopener noreferrer",
    )


def _filter(_tag: str, name: str, value: str) -> str | None:
    if name == "id" and not value.startswith(_ANCHOR_PREFIX):
        return None
    if name == "dir" and value not in {"ltr", "rtl", "auto"}:
        return None
    return value
