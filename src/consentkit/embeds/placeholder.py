"""The markup that stands in the place of an embed: words, two buttons, a link, and the frame that is held back."""

from __future__ import annotations

import collections.abc as cabc
import dataclasses

import markupsafe

from ..consent.services import Service
from ..i18n.catalog import catalog
from .catalogue import Kind
from .catalogue import Provider
from .catalogue import Shape

#: For what is not in the catalogue: a video's.
USUAL_SHAPE = Shape(16, 9)


@dataclasses.dataclass(frozen=True, slots=True)
class Quotation:
    """The words of a post, as its embed code has them."""

    text: str
    lang: str | None = None
    direction: str | None = None
    #: Who said it.
    credit: str | None = None


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What was embedded, and what may be shown of it.

    :param name: what readers know the provider by; of a stranger the host.
    :param provider: whose it is, where the catalogue knows it.
    :param service: who is declared for it; ``None``: nobody, and there is no frame.
    :param frame: the address that is held back. :param link: where the original is read.
    """

    name: str
    provider: Provider | None = None
    service: Service | None = None
    frame: str | None = None
    link: str | None = None
    title: str | None = None
    kind: Kind | None = None
    author: str | None = None
    quotation: Quotation | None = None
    shape: Shape = USUAL_SHAPE
    allow: str = ""
    fullscreen: bool = True
    sandbox: str | None = None


def render(content: Content, texts: cabc.Mapping[str, str], locale: str, *, inline: bool = False) -> str:
    """Return the placeholder: the same for every reader.

    :param texts: the notice's, in *locale*. :param inline: it stands inside a paragraph, which a ``div`` would end.
    """
    words = catalog(locale)
    box, line, quote = ("span", "span", "span") if inline else ("div", "p", "blockquote")
    service, name = content.service, content.name
    held = service is not None and bool(content.frame)
    if service is not None and held:
        values = {"name": name, "provider": service.provider, "country": words.territory_name(service.country)}
        sentence = fill(texts["embed_blocked"], values)
    else:
        sentence = fill(texts["embed_closed"], {"name": name}) if name else texts["embed_nameless"]
    title = content.title or _describe(content, texts)
    parts = [
        f'<{line} class="consentkit-embed-title" dir="auto">{_text(title)}</{line}>' if title else "",
        _quotation(content.quotation, line, quote),
        f"<{line}>{_text(sentence)}</{line}>",
        _actions(content, texts, line, held=held),
    ]
    attributes, frame, shape = "", "", ""
    if service is not None and held:
        gate = f' data-consent="{_text(" ".join(service.purposes))}" data-service="{_text(service.id)}"'
        attributes = f'{gate} data-consentkit-said="{_text(fill(texts["embed_shown"], {"name": name}))}"'
        frame = _frame(content, gate, title)
        shape = _room(content.shape)
    return (
        f'<{box} class="consentkit consentkit-embed" role="group" aria-label="{_text(title or sentence)}"{attributes}'
        f' lang="{_text(words.tag)}" dir="{words.direction}">{shape}'
        f'<{box} class="consentkit-embed-words">{"".join(parts)}</{box}>{frame}</{box}>'
    )


def fill(text: str, values: cabc.Mapping[str, str]) -> str:
    """Return *text* with its names filled in."""
    # Not the % operator: a text of the site's own may hold any per cent sign.
    for key, value in values.items():
        text = text.replace(f"%({key})s", value)
    return text


def _describe(content: Content, texts: cabc.Mapping[str, str]) -> str:
    if not content.name:
        return ""
    described = fill(texts[f"embed_{content.kind.value if content.kind else 'other'}"], {"name": content.name})
    credited = content.quotation is not None and content.quotation.credit
    return f"{described} · {content.author}" if content.author and not credited else described


def _quotation(quotation: Quotation | None, line: str, quote: str) -> str:
    if quotation is None:
        return ""
    lang = f' lang="{_text(quotation.lang)}"' if quotation.lang else ""
    credit = f'<{line} dir="auto">{_text(quotation.credit)}</{line}>' if quotation.credit else ""
    return (
        f'<{quote} class="consentkit-embed-quote"{lang} dir="{quotation.direction or "auto"}">'
        f"{_text(quotation.text)}</{quote}>{credit}"
    )


def _actions(content: Content, texts: cabc.Mapping[str, str], line: str, *, held: bool) -> str:
    parts = []
    if held:
        for action in ("once", "always"):
            words = _text(fill(texts[f"embed_{action}"], {"name": content.name}))
            press = f'data-consentkit-embed="{action}"'
            parts.append(f'<button type="button" class="consentkit-button" {press}>{words}</button> ')
    if content.link:
        words = _text(fill(texts["embed_original"], {"name": content.name or content.link}))
        parts.append(f'<a href="{_text(content.link)}" rel="noopener noreferrer">{words}</a>')
    return f'<{line} class="consentkit-embed-actions">{"".join(parts)}</{line}>' if parts else ""


def _frame(content: Content, gate: str, title: str) -> str:
    return (
        f'<iframe{gate} data-src="{_text(content.frame or "")}" title="{_text(title)}"'
        + (f' allow="{_text(content.allow)}"' if content.allow else "")
        + (f' sandbox="{_text(content.sandbox)}"' if content.sandbox is not None else "")
        + (" allowfullscreen" if content.fullscreen else "")
        # Players want to know which site shows them; no article's address.
        + ' referrerpolicy="strict-origin-when-cross-origin" hidden></iframe>'
    )


def _room(shape: Shape) -> str:
    """Return a picture of nothing that takes the room of the frame: a ratio without any inline style.

    A fixed height is the ratio of something one pixel wide.
    """
    kind = "consentkit-embed-room" if shape.width else "consentkit-embed-room consentkit-embed-height"
    return f'<svg class="{kind}" viewBox="0 0 {shape.width or 1} {shape.height}" aria-hidden="true"></svg>'


def _text(value: str) -> str:
    return str(markupsafe.escape(value))
