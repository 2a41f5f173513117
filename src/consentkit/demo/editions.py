"""The editions of the paper: one a language, with its name and the way it writes a date."""

from __future__ import annotations

import dataclasses
import typing as t

from babel.dates import format_date

if t.TYPE_CHECKING:
    import datetime as dt


@dataclasses.dataclass(frozen=True, slots=True)
class Edition:
    """The paper in one language.

    :param locale: the language, as in the URL.
    :param name: what the paper is called in it.
    :param language: what the language calls itself.
    :param date_pattern: the pattern of a date on its own, in Unicode's date field symbols (UTS #35).
    """

    locale: str
    name: str
    language: str
    date_pattern: str

    def format_date(self, day: dt.date) -> str:
        """Return *day* as this edition prints it above a story."""
        return format_date(day, self.date_pattern, locale=self.locale)


#: In the order of the language links. The Russian month stands alone (LLLL: «27 ноябрь 2025»), as the papers of the
#: country print it; the Kazakh date begins with the year, as its grammar asks.
EDITIONS: t.Final = {
    edition.locale: edition
    for edition in (
        Edition("kk", "Дала хабаршысы", "Қазақша", "y 'жылғы' d MMMM"),
        Edition("ru", "Степной вестник", "Русский", "d LLLL y"),
        Edition("en", "Steppe Herald", "English", "d MMMM y"),
    )
}

#: The edition for who asks for none: the first locale of the site's configuration.
HOME: t.Final = "ru"
