"""A notice as markup: the first layer, the second layer, and the version that names exactly both.

The markup is the same wherever it appears. Only two things depend on the page: where the service stands and where a
form leads back to. They are left open in the rendered text and filled in by :meth:`Notice.first_layer`.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import typing as t

import jinja2
import markupsafe

from ..consent.decisions import Choice
from ..consent.evidence import VERSION_MARK
from ..consent.evidence import StoredNotice
from ..consent.evidence import notice_version
from ..i18n import vocabulary
from ..i18n.catalog import catalog
from .model import Json

if t.TYPE_CHECKING:
    import datetime as dt

#: Stands for the service's URL up to and including the slash, e.g. ``/consent/``.
BASE = "%BASE%"
#: Stands for the page to come back to.
NEXT = "%NEXT%"


@dataclasses.dataclass(frozen=True, slots=True)
class Notice:
    """A notice in one locale, ready to be served.

    :param version: 16 characters of lower-case base32 (RFC 4648): 80 bits of the SHA-256 of content, markup and style.
    :param content: what ``GET notice`` answers, with its version.
    :param html: the first layer. :param preferences_html: the second layer, nothing ticked.
    :param style: the stylesheet's text.
    """

    version: str
    content: Json
    html: str
    preferences_html: str
    style: str

    @property
    def locale(self) -> str:
        """The language it is in."""
        return str(self.content["locale"])

    def first_layer(self, base: str, next_url: str) -> markupsafe.Markup:
        """Return the first layer for a page at *next_url* of a site whose service stands at *base*."""
        return _place(self.html, base, next_url)

    def second_layer(self, base: str, next_url: str) -> markupsafe.Markup:
        """Return the second layer for script to show, nothing ticked."""
        return _place(self.preferences_html, base, next_url)

    def page(self, base: str, next_url: str, *, chosen: Choice, since: int | None) -> markupsafe.Markup:
        """Return the second layer for a page of its own.

        :param chosen: what the reader has chosen so far. :param since: the revision of a decision that is outdated.
        """
        html = _second_layer(self.content, self.version, layer="page", chosen=chosen, since=since, switches=False)
        return _place(html, base, next_url)

    def stored(self, at: dt.datetime) -> StoredNotice:
        """Return the evidence of this notice."""
        return StoredNotice(
            site=self.content["site"],
            version=self.version,
            locale=self.locale,
            regime=self.content["regime"],
            layout=self.content["layout"],
            revision=self.content["revision"],
            content=canonical_json(self.content),
            html=self.html,
            preferences_html=self.preferences_html,
            style=self.style,
            first_published_at=at,
        )


def render(content: Json, style: str) -> Notice:
    """Return the notice with that *content*, dressed by the stylesheet *style*."""
    html = _environment().get_template("notice.html").render(n=content, version=VERSION_MARK, base=BASE, next=NEXT)
    preferences = _second_layer(content, VERSION_MARK, layer="2", chosen=None, since=None, switches=True)
    version = notice_version(content, html=html, preferences_html=preferences, style=style)
    return Notice(
        version=version,
        content={**content, "version": version},
        html=html.replace(VERSION_MARK, version),
        preferences_html=preferences.replace(VERSION_MARK, version),
        style=style,
    )


def canonical_json(value: object) -> str:
    """Return *value* as JSON in one way only: keys sorted, no spaces, UTF-8 kept (in the manner of RFC 8785)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _second_layer(
    content: Json, version: str, *, layer: str, chosen: Choice | None, since: int | None, switches: bool
) -> str:
    words = catalog(content["locale"])

    def services_count(count: int) -> str:
        text = words.ngettext("%(count)s service", "%(count)s services", count)
        return text % {"count": words.format_number(count)}

    return (
        _environment()
        .get_template("preferences.html")
        .render(
            n=content,
            version=version,
            base=BASE,
            next=NEXT,
            layer=layer,
            chosen=chosen,
            since=since,
            switches=switches,
            services_count=services_count,
            listed=words.format_list,
            policy_names={kind: words.gettext(name) for kind, name in vocabulary.POLICY_NAMES.items()},
        )
    )


def _place(html: str, base: str, next_url: str) -> markupsafe.Markup:
    # Both are escaped here, for they come from the request; the rest was escaped when it was rendered.
    filled = html.replace(BASE, str(markupsafe.escape(base))).replace(NEXT, str(markupsafe.escape(next_url)))
    return markupsafe.Markup(filled)  # noqa: S704 - every value in it has been escaped


@functools.cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("consentkit.notice"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
