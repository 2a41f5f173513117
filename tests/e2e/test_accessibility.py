"""axe-core finds nothing: in the notice, the preferences, the policies and the audit view, in each direction."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.paper import NOTICE
from tests.e2e.paper import PREFERENCES
from tests.e2e.paper import find_article
from tests.e2e.paper import open_preferences
from tests.e2e.paper import press


@pytest.mark.parametrize(
    ("locale", "width", "dark"),
    [
        *((locale, width, False) for locale in ("ru", "kk", "en") for width in (390, 1280)),
        # Colours are the same in each language.
        ("ru", 390, True),
        ("ru", 1280, True),
    ],
)
def test_a_story_with_the_notice(reader, demo, locale, width, dark):
    """The whole page, the notice on it, in both colour schemes."""
    visitor = reader(locale=locale, width=width, dark=dark)
    visitor.open(find_article(demo.url, locale))
    expect(visitor.page.locator(NOTICE)).to_be_visible()
    assert visitor.axe() == []
    visitor.picture(f"story-{locale}-{width}-{'dark' if dark else 'light'}")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_preferences_in_the_page(reader, demo, width, dark):
    """The dialog with every service unfolded."""
    visitor = reader(width=width, dark=dark)
    visitor.open(find_article(demo.url))
    open_preferences(visitor)
    for summary in visitor.page.locator(f"{PREFERENCES} summary").all():
        summary.click()
    assert visitor.axe() == []
    visitor.picture(f"preferences-{width}-{'dark' if dark else 'light'}")


@pytest.mark.parametrize("locale", ["ru", "ar"])
@pytest.mark.parametrize("page", ["preferences", "history", "privacy", "terms", "cookies"])
def test_pages_of_their_own(reader, demo, page, locale):
    """Preferences and policies as pages, read from right to left as well."""
    visitor = reader(locale=locale, width=390)
    answer = visitor.open(f"{demo.url}/consent/{page}?site=steppe-herald&locale={locale}")
    assert answer.status == 200
    for summary in visitor.page.locator(f"{PREFERENCES} summary").all():
        summary.click()
    assert visitor.axe() == []
    assert visitor.page.evaluate("document.documentElement.dir || 'ltr'") == {"ru": "ltr", "ar": "rtl"}[locale]
    visitor.picture(f"{page}-{locale}")


@pytest.mark.parametrize("width", [390, 1280])
def test_an_arabic_page_with_the_notice_and_the_preferences(reader, demo, width):
    """A page of another server, from right to left, which got both by the tag."""
    visitor = reader(locale="ar", width=width)
    visitor.open(f"{demo.url}/ar/here")
    notice = visitor.page.locator(NOTICE)
    expect(notice).to_be_visible()
    assert (notice.get_attribute("lang"), notice.get_attribute("dir")) == ("ar", "rtl")
    assert visitor.axe() == []
    visitor.picture(f"arabic-{width}")
    open_preferences(visitor)
    assert visitor.axe() == []
    visitor.picture(f"arabic-preferences-{width}")


def test_a_story_after_accepting(reader, demo):
    """With the video shown and the notice gone."""
    visitor = reader()
    visitor.open(find_article(demo.url))
    press(visitor, "accept_all")
    visitor.reload()
    assert visitor.axe() == []
    visitor.picture("accepted")
