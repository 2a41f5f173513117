"""The HTML that a content system stored, with placeholders in the place of embeds. What is no embed stays as it is.

The text is parsed as browsers parse it, and only what was found is replaced, in the text itself. Then the result is
parsed again, until nothing is found: taking something out can bring together what was apart.
"""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import html
import logging

import markupsafe
import turbohtml

from .addresses import parse_address
from .catalogue import Provider
from .catalogue import catalogue
from .declared import Declared
from .frames import widen
from .offers import Offers
from .placeholder import Content
from .placeholder import render
from .places import Lost
from .places import Places
from .places import children
from .places import gaps
from .places import is_whole

log = logging.getLogger("consentkit")

_WANTED = "iframe, embed, object, script, base, img[src], blockquote[class], div[class], div[id]"
_FRAMES = {"iframe", "embed", "object"}
#: Put behind the text, to see whether the text has come to an end there.
_MARK = "<consentkit-end>"
#: What closes a tag, whatever it ends in.
_ENDS = (">", '">', "'>")
#: More than two are needed only for what was made to mislead.
_ROUNDS = 6


@dataclasses.dataclass(frozen=True, slots=True)
class _Edit:
    start: int
    end: int
    text: str
    #: What *text* is the placeholder of.
    shown: Content | None = None
    #: Whose script was taken out.
    taken: Provider | None = None


class Article:
    """Makes placeholders for one site in one language.

    :param texts: the notice's, in *locale*. :param style: the markup that brings the placeholders' style.
    """

    def __init__(
        self,
        declared: Declared,
        texts: cabc.Mapping[str, str],
        locale: str,
        *,
        style: str = "",
        sandbox: bool = False,
    ) -> None:
        self._offers = Offers(declared, sandbox=sandbox)
        self._texts = texts
        self._locale = locale
        self._style = style

    def embed(self, service: str, src: str, title: str) -> str:
        """Return the placeholder for *src*, shown by *service*. What cannot be shown lawfully is words and a link."""
        content = self._offers.named(service, src, title)
        if content is None:
            return f"<p>{markupsafe.escape(title)}</p>"
        return self._style + self._render(content)

    def rewrite(self, source: str, *, bare_links: bool = False) -> str:
        """Return *source* with its embeds held back. Without embeds it comes out as it is, byte for byte.

        :param bare_links: whether a link on a line of its own stands for what it leads to.
        """
        if "<" not in source and not (bare_links and "://" in source):
            return source
        if not source.isascii():
            # Half a surrogate pair has no UTF-8: neither the parser nor the page could take it.
            source = source.encode("utf-8", "replace").decode()
        text, done = source, list[_Edit]()
        try:
            for _ in range(_ROUNDS):
                before = text
                # What stands in <noscript> is text to a browser with script, and markup to one without.
                for scripting in (True, False) if "<noscript" in text.lower() else (True,):
                    edits = self._edits(text, done, scripting=scripting, bare_links=bare_links)
                    text = self._splice(text, edits, styled=any(edit.shown for edit in done))
                    done += edits
                if text == before:
                    self._report(done)
                    return text
        except Lost:
            log.error("The parser lost its place in an article.")  # noqa: TRY400 - no trace says more
        # Made to mislead: no markup of it can be trusted, and its words are for reading all the same.
        log.error("An article's markup cannot be made safe; its words are shown without any.")
        return str(markupsafe.escape(turbohtml.parse_fragment(source, scripting=True).text))

    def _report(self, done: cabc.Sequence[_Edit]) -> None:
        """Name the providers whose scripts are gone while nothing stands for what they would have shown."""
        stood = {edit.shown.provider.id for edit in done if edit.shown and edit.shown.provider}
        for provider in {edit.taken.id: edit.taken for edit in done if edit.taken}.values():
            if provider.id not in stood:
                self._offers.miss(provider)

    def _splice(self, source: str, edits: cabc.Sequence[_Edit], *, styled: bool) -> str:
        pieces, place = [], 0
        for edit in edits:
            pieces.append(source[place : edit.start])
            if edit.shown and not styled:
                pieces.append(self._style)
                styled = True
            pieces.append(edit.text)
            place = edit.end
        return "".join([*pieces, source[place:]]) if pieces else source

    def _edits(self, source: str, done: cabc.Sequence[_Edit], *, scripting: bool, bare_links: bool) -> list[_Edit]:
        places = Places(source + _MARK)
        root = _parse(source + _MARK, scripting=scripting)
        if all(places.starts(mark) < len(source) for mark in root.select(_MARK[1:-1])):
            # In the midst of something, as a text that was cut at its so-many-eth letter.
            torn = _torn(source, places, scripting=scripting)
            if torn is not None:
                return [_Edit(torn, len(source), "")]
            root = _parse(source, scripting=scripting)
        edits = list(self._lines(root, source, places)) if bare_links else []
        scripts = []
        for element in root.select(f"{_WANTED}, p, div" if bare_links else _WANTED):
            if element.tag == "script":
                scripts.append(element)
                continue
            # In a drawing or a formula only scripts do anything.
            if element.namespace is not turbohtml.Namespace.HTML:
                continue
            edit = self._edit(element, source, places)
            if edit is None and bare_links and element.tag in {"p", "div"}:
                edit = self._bare(element, places)
            if edit is not None:
                edits.append(edit)
        # Whether a script goes with a post is known once the posts are.
        instances = {place for edit in (*done, *edits) if edit.shown and (place := _instance(edit.shown))}
        edits += [edit for one in scripts if (edit := self._script(one, instances, len(source), places))]
        kept: list[_Edit] = []
        # Not in the order of the tree: what stands wrongly in a table is moved out of it there.
        for edit in sorted(edits, key=lambda one: (one.start, -one.end)):
            if not kept or edit.start >= kept[-1].end:
                kept.append(edit)
        return kept

    # What is let be is most of it: places are asked for last.

    def _edit(self, element: turbohtml.Element, source: str, places: Places) -> _Edit | None:
        tag = element.tag
        if tag in _FRAMES:
            return self._framed(element, len(source), places)
        if tag in {"base", "img"}:
            # The first would make addresses of the site's own into somebody else's.
            words = "" if tag == "base" else self._offers.mark(element)
            start = places.span(element)[0] if words is not None else 0
            return None if words is None else _Edit(start, start + len(places.opening(element)), words)
        if element.attr("id") in catalogue().leftovers and not element.text.strip() and not children(element):
            start, end = places.span(element)
            return None if end is None else _Edit(start, end, "")
        content = self._offers.coded(element)
        if content is None:
            return None
        start, end = places.span(element)
        # Never closed: everything that follows is in it. Its words stay, and without its script nothing is loaded.
        return None if end is None or not is_whole(source[start:end]) else self._shown(element, start, end, content)

    def _framed(self, element: turbohtml.Element, length: int, places: Places) -> _Edit | None:
        content = self._offers.framed(element)
        if content is None:
            return None
        start, end = places.span(element)
        start, end, shape = widen(element, start, length if end is None else end, places)
        return self._shown(element, start, end, dataclasses.replace(content, shape=shape or content.shape))

    def _script(
        self, element: turbohtml.Element, instances: cabc.Container[str], length: int, places: Places
    ) -> _Edit | None:
        content = self._offers.posted(element)
        brought = None if content else self._offers.part_of(element, instances)
        text = "" if content or brought else self._offers.script(element)
        if text is None:
            return None
        start, end = places.span(element)
        end = length if end is None else end
        return self._shown(element, start, end, content) if content else _Edit(start, end, text, taken=brought)

    # ── links on a line of their own ──

    def _bare(self, element: turbohtml.Element, places: Places) -> _Edit | None:
        """Return the edit for a paragraph or a box that holds nothing but a link."""
        if element.closest(".consentkit") is not None:
            return None
        inside, text = children(element), element.text.strip()
        if not text or len(text.split()) > 1 or len(inside) > 1:
            return None
        target = (inside[0].attr("href") or "" if inside[0].tag == "a" else "") if inside else text
        if target.removesuffix("/") != text.removesuffix("/"):
            return None
        content = self._offers.linked(target)
        start, end = places.span(element) if content else (0, None)
        return self._shown(element, start, end, content) if content and end is not None else None

    def _lines(self, root: turbohtml.Element, source: str, places: Places) -> cabc.Iterator[_Edit]:
        """Yield edits for links that stand on lines of the text itself, outside of every element."""
        for start, stop in gaps(root, len(source), places):
            place = start
            for line in source[start:stop].splitlines(keepends=True):
                word = line.strip()
                content = self._offers.linked(html.unescape(word)) if "://" in word else None
                if content is not None:
                    begin = place + line.index(word)
                    yield _Edit(begin, begin + len(word), self._render(content), shown=content)
                place += len(line)

    def _shown(self, element: turbohtml.Element, start: int, end: int, content: Content) -> _Edit:
        inline = any(isinstance(one, turbohtml.Element) and one.tag == "p" for one in element.ancestors)
        return _Edit(start, end, self._render(content, inline=inline), shown=content)

    def _render(self, content: Content, *, inline: bool = False) -> str:
        return render(content, self._texts, self._locale, inline=inline)


def _parse(source: str, *, scripting: bool) -> turbohtml.Element:
    return turbohtml.parse_fragment(source, source_locations=True, scripting=scripting)


def _instance(content: Content) -> str | None:
    """Return the host that *content* is from, where its provider has many."""
    address = parse_address(content.frame or "") if content.provider and content.provider.many_hosts else None
    return address.place if address else None


def _torn(source: str, places: Places, *, scripting: bool) -> int | None:
    """Return where a tag begins that *source* does not end, if it would load something once the page has ended it."""
    for end in _ENDS:
        for element in reversed(
            _parse(source + end, scripting=scripting).select("iframe, embed, object, script, base")
        ):
            if places.reaches(element, len(source)):
                return places.starts(element)
    return None
