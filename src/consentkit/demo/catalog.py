"""The words of the paper's own interface, read from its PO files at start."""

from __future__ import annotations

import functools
import gettext
import io
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

_FOLDER = Path(__file__).with_name("locale")


@functools.cache
def load_catalog(locale: str) -> gettext.GNUTranslations:
    """Return the translations of *locale*, with its plural forms."""
    with (_FOLDER / f"{locale}.po").open("rb") as file:
        catalog = read_po(file, locale=locale, abort_invalid=True)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)
