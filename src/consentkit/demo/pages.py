"""The pages of the paper: fronts, stories, search. The same bytes for every reader, so that any cache can keep them."""

from __future__ import annotations

import secrets
import typing as t
from pathlib import Path

from flask import Blueprint
from flask import Response
from flask import abort
from flask import current_app
from flask import make_response
from flask import render_template
from flask import request
from flask import url_for

from .catalog import load_catalog
from .editions import EDITIONS
from .editions import HOME
from .pictures import STEPPE
from .pictures import Picture
from .search import parse_query
from .search import search as search_stories
from .stand_ins import find_other_origin
from .stand_ins import find_tracker_origin

if t.TYPE_CHECKING:
    from werkzeug.exceptions import HTTPException

    from .editions import Edition
    from .stories import Archive
    from .stories import Story

newsroom = Blueprint("newsroom", __name__)

_STORED: t.Final = Path(__file__).with_name("stored")

_LOCALE: t.Final = f"<any({', '.join(EDITIONS)}):locale>"

_SEARCH_COOKIE_AGE: t.Final = 30 * 24 * 3600

#: The video stands before the last heading of a story that has as many as this, else at its end.
_HEADINGS_BEFORE_VIDEO: t.Final = 2


@newsroom.get("/")
def index() -> Response:
    """Show the fronts of all editions side by side, or the one front there is."""
    archive = _archive()
    if len(archive.locales) == 1:
        return front(archive.locales[0])
    fronts = [(EDITIONS[locale], archive.edition(locale)) for locale in archive.locales]
    return _publish(_render("editions.html", HOME, fronts=fronts, names=[edition.name for edition, _ in fronts]))


@newsroom.get(f"/{_LOCALE}/")
def front(locale: str) -> Response:
    """Show the front page of one edition."""
    archive = _archive()
    elsewhere = [EDITIONS[other] for other in archive.locales if other != locale]
    return _publish(_render("front.html", locale, stories=archive.edition(locale), elsewhere=elsewhere))


@newsroom.get(f"/{_LOCALE}/news/<slug>")
def story(locale: str, slug: str) -> Response:
    """Show one story, with the one before it and the one after it."""
    archive = _archive()
    found = archive.find(locale, slug)
    if found is None:
        abort(404)
    older, newer = archive.neighbours(found)
    page = _render(
        "story.html",
        locale,
        story=found,
        older=older,
        newer=newer,
        video_at=_place_video(found),
        stored=_stored(found),
        alternates={translation.locale: _address(translation) for translation in archive.translations(found)},
    )
    return _publish(page)


@newsroom.get(f"/{_LOCALE}/search")
def search(locale: str) -> Response:
    """Show the stories in which the reader's words occur."""
    query = request.args.get("q", "").strip()
    hits = search_stories(_archive().edition(locale), query)
    alternates = {other: url_for("newsroom.search", locale=other, q=query or None) for other in EDITIONS}
    page = _render("search.html", locale, query=query, asked=bool(parse_query(query)), hits=hits, alternates=alternates)
    response = make_response(page)
    # What a reader looks for is theirs: it stays out of shared caches, and of the history of this one.
    response.headers["Cache-Control"] = "no-store"
    _count(response)
    return response


def show_error(error: HTTPException) -> tuple[str, int]:
    """Say, in the language of the address, that there is no such page."""
    first = request.path.split("/", 2)[1]
    return _render("error.html", first if first in EDITIONS else HOME, code=error.code), error.code or 500


def _count(response: Response) -> None:
    """Set the cookies of the search as if everybody had agreed: what readers refused, consentkit withholds."""
    number = request.cookies.get("herald_search") or secrets.token_urlsafe(12)
    response.set_cookie("herald_search", number, max_age=_SEARCH_COOKIE_AGE, httponly=True, samesite="Lax")
    # Left from a trial of another order of the hits, and forgotten: no service declares it, so nobody gets it.
    response.set_cookie("herald_trial", "newest-first", max_age=_SEARCH_COOKIE_AGE, httponly=True, samesite="Lax")


def _archive() -> Archive:
    archive: Archive = current_app.extensions["steppe-herald"]
    return archive


def _render(template: str, locale: str, **context: t.Any) -> str:
    edition: Edition = EDITIONS[locale]
    catalog = load_catalog(locale)
    third_party = current_app.config["HERALD_THIRD_PARTY"]
    return render_template(
        template,
        **{
            "edition": edition,
            "editions": EDITIONS.values(),
            "alternates": {other: url_for("newsroom.front", locale=other) for other in EDITIONS},
            "_": catalog.gettext,
            "ngettext": catalog.ngettext,
            "address": _address,
            "picture": _picture,
            "bundled": current_app.config["HERALD_BUNDLED"],
            "third_party": third_party,
            "other_origin": (find_other_origin(request.scheme, request.host) or "") if third_party else "",
        }
        | context,
    )


def _publish(page: str) -> Response:
    response = make_response(page)
    response.headers["Cache-Control"] = "public, max-age=60"
    response.add_etag()
    response.make_conditional(request)
    # The server writes the date; two of them confuse caches.
    response.headers.pop("Date", None)
    return response


def _address(story: Story) -> str:
    return url_for("newsroom.story", locale=story.locale, slug=story.slug)


def _picture(story: Story) -> Picture | None:
    picture: Picture | None = current_app.config["HERALD_PICTURES"].get(story.slug)
    return picture or (STEPPE if story.credits else None)


def _stored(story: Story) -> str:
    """Return what the content system has stored below the story's text: HTML as editors pasted it, with embeds."""
    other = find_other_origin(request.scheme, request.host)
    tracker = find_tracker_origin(request.scheme, request.host)
    if (
        not other
        or not tracker
        or not current_app.config["HERALD_BUNDLED"]
        or not current_app.config["HERALD_THIRD_PARTY"]
    ):
        return ""
    file = _STORED / f"{story.locale}__{story.slug}.html"
    if not file.is_file():
        return ""
    text = file.read_text("utf-8")
    return text.replace("https://other-origin.example", other).replace("https://tracker.example", tracker)


def _place_video(story: Story) -> int:
    headings = [place for place, block in enumerate(story.blocks) if block.part == "heading"]
    return headings[-1] if len(headings) >= _HEADINGS_BEFORE_VIDEO else len(story.blocks)
