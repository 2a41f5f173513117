"""The message catalogs: complete, in step with the sources, and safe to fill in."""

from __future__ import annotations

import pathlib
import re

import pytest
from babel.messages import pofile
from babel.messages.catalog import Catalog
from babel.messages.catalog import Message
from babel.messages.extract import DEFAULT_KEYWORDS
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_keywords
from babel.messages.frontend import parse_mapping_cfg

ROOT = pathlib.Path(__file__).parents[2]
SOURCES = ROOT / "src" / "consentkit"
LOCALES = SOURCES / "i18n" / "locale"
TAGS = ("kk", "ru", "ar")

# As `make catalogs` has them.
KEYWORDS = {**DEFAULT_KEYWORDS, **parse_keywords(["N_", "_", "pgettext:1c,2", "npgettext:1c,2,3"])}

Key = tuple[str | None, object]


def read(name: str) -> Catalog:
    """Return a catalog as it is on disk."""
    with (LOCALES / name).open("rb") as file:
        return pofile.read_po(file, abort_invalid=True)


def key_of(message: Message) -> Key:
    """Return what tells a message from the others."""
    return message.context, message.id if isinstance(message.id, str) else tuple(message.id)


def extract(folder: pathlib.Path) -> set[Key]:
    """Return the messages that the sources in *folder* hold now."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)
    found = extract_from_dir(folder, methods, options, KEYWORDS)
    return {(context, message) for _, _, message, _, context in found if message}


def messages(catalog: Catalog) -> list[Message]:
    """Return the messages of *catalog* without its header."""
    return [message for message in catalog if message.id]


def forms(message: Message) -> list[str]:
    """Return the translations of *message*: one, or one for each form of the plural."""
    return [message.string] if isinstance(message.string, str) else list(message.string)


def placeholders(text: str) -> set[str]:
    """Return what is filled in into *text*."""
    return set(re.findall(r"%\(\w+\)[sd]|%%", text))


def test_the_template_is_in_step_with_the_sources() -> None:
    """If it is not: `make catalogs`, then translate."""
    assert {key_of(message) for message in messages(read("consentkit.pot"))} == extract(SOURCES)


@pytest.mark.parametrize("tag", [*TAGS, "en"])
def test_a_catalog_has_what_the_template_has(tag: str) -> None:
    """Nothing is missing, nothing is left over, nothing is unsure."""
    catalog = read(f"{tag}.po")
    assert {key_of(message) for message in messages(catalog)} == {
        key_of(message) for message in messages(read("consentkit.pot"))
    }
    assert not catalog.obsolete
    assert not [message.id for message in messages(catalog) if message.fuzzy]


@pytest.mark.parametrize("tag", TAGS)
def test_every_text_is_translated(tag: str) -> None:
    """No reader, and no officer, meets an English sentence among those of their language."""
    assert [message.id for message in messages(read(f"{tag}.po")) if not all(forms(message))] == []


@pytest.mark.parametrize("tag", [*TAGS, "en"])
def test_translations_have_the_placeholders_of_their_text(tag: str) -> None:
    """A value is neither lost nor asked for in vain. Arabic says one and two without a number."""
    for message in messages(read(f"{tag}.po")):
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        wanted = set.union(*(placeholders(text) for text in ids))
        for text in filter(None, forms(message)):
            found = placeholders(text)
            assert found == wanted or (message.pluralizable and found < wanted), (message.id, text)


@pytest.mark.parametrize("tag", TAGS)
def test_translations_begin_and_end_as_their_text(tag: str) -> None:
    """No stray spaces or line breaks."""
    for message in messages(read(f"{tag}.po")):
        for text in filter(None, forms(message)):
            assert text == text.strip() or message.context == "list", text


@pytest.mark.parametrize("tag", TAGS)
def test_no_text_takes_browsing_on_for_consent(tag: str) -> None:
    """Consent is an act (GDPR Art. 4(11)); none of the usual phrases may creep in."""
    phrases = re.compile(
        r"by continuing|продолжая (пользоваться|использовать)|настоящим|ценим|жалғастыра отырып|باستمرارك|بمتابعة",
        re.IGNORECASE,
    )
    for message in messages(read(f"{tag}.po")):
        for text in forms(message):
            assert not phrases.search(text), text


@pytest.mark.parametrize("tag", TAGS)
def test_accepting_and_refusing_are_named_alike(tag: str) -> None:
    """Neither button is longer than twice the other, nor louder."""
    catalog = read(f"{tag}.po")
    accept, refuse = str(catalog["Accept all"].string), str(catalog["Refuse all"].string)
    assert max(len(accept), len(refuse)) < 2 * min(len(accept), len(refuse))
    assert not re.search(r"[!?]", accept + refuse)
