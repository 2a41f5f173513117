"""Makes the package's table of known cookies from the Open Cookie Database's CSV: facts alone, tidied.

``python -m tools.known_cookies open-cookie-database.csv`` in the root of the project, or ``make known-cookies CSV=…``.
Its descriptions are left out: they are others' sentences.
"""

from __future__ import annotations

import collections.abc as cabc
import csv
import io
import re
import sys
import unicodedata
from pathlib import Path

TARGET = Path(__file__).parents[1] / "src" / "consentkit" / "inventory" / "open_cookie_database.csv"
FIELDS = ("name", "platform", "category", "domains", "retention")

# What a cookie's name may consist of (RFC 6265, 4.1.1, and the slashes and brackets that are met with).
_NAME = re.compile(r"[\x21-\x7e]+", re.ASCII)
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?", re.ASCII)
_PLACEHOLDER = re.compile(r"%[A-Z]+%")


def rows(text: str) -> list[tuple[str, ...]]:
    """Return the lines of the table, in order and each once, for the *text* of the CSV.

    A name that is a pattern has a ``*``. What has no name that a cookie could have is left out.
    """
    made = {}
    for row in csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")):
        name = _name(row)
        if name is not None:
            line = (
                name,
                _tidy(row.get("Platform")),
                _tidy(row.get("Category")),
                " ".join(_domains(row.get("Domain"))),
                _tidy(row.get("Retention period")),
            )
            made[line] = None
    return sorted(made)


def _name(row: cabc.Mapping[str, str | None]) -> str | None:
    name = _PLACEHOLDER.sub("*", _tidy(row.get("Cookie / Data Key name")))
    if (row.get("Wildcard match") or "").strip() == "1" and not name.endswith("*"):
        name += "*"
    return name if _NAME.fullmatch(name) and name.strip("*") else None


def _domains(text: str | None) -> list[str]:
    """Return the domains in a cell such as ``.bing.com (3rd party) or .microsoft.com (3rd party)``."""
    words = (_tidy(text).lower().replace(",", " ").split()) if text else []
    return list(dict.fromkeys(word for word in (word.strip(".") for word in words) if _DOMAIN.fullmatch(word)))


def _tidy(text: str | None) -> str:
    # Soft hyphens, zero-width spaces and tabs have come along with copied cells.
    visible = "".join(char for char in text or "" if unicodedata.category(char) not in {"Cc", "Cf"} or char in " \n\t")
    return " ".join(visible.split())


def main() -> None:
    """Write the table."""
    [source] = sys.argv[1:]
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS)
        writer.writerows(rows(Path(source).read_text("utf-8-sig")))


if __name__ == "__main__":
    main()
