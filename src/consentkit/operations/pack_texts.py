"""What an audit pack says itself: how to read it, and the entry in the record of processing activities."""

from __future__ import annotations

import collections.abc as cabc
import datetime as dt
import textwrap
import typing as t

from ..consent.model import localize
from ..i18n.catalog import N_
from ..ledger.records import FIELDS

if t.TYPE_CHECKING:
    from ..i18n.catalog import Catalog

_WIDTH = 96
_RETENTION_DAYS = 1826

_TITLE = N_("Evidence of consent: {site}")
_PERIOD = N_("Decisions from {since} to before {until}, both UTC. There are {records} of them.")
_UNPLACED = N_("{count} of them had no place in the log yet when this file was made.")
_FILES = (
    ("records/records.csv", N_("One line for each decision, for a spreadsheet.")),
    (
        "records/consent-27560.jsonl",
        N_("The same as consent records after ISO/IEC TS 27560:2023, one JSON object a line."),
    ),
    ("log.jsonl", N_("The same with what proves them: salts, the log's entries, hashes and statements.")),
    ("checkpoint.txt", N_("The signed head of the log, made after the period, which covers all of it.")),
    ("keys.txt", N_("The public keys that sign it. Compare them with a copy that did not come from the site.")),
    ("notices/", N_("What readers saw, as pages that open in any browser: both layers of each notice.")),
    ("configurations/", N_("What the site had declared: purposes, services, recipients; and how that changed.")),
    ("policies/", N_("The policies that were in force, and how they changed.")),
    ("article-30.txt", N_("The entry on this processing for the record of processing activities (GDPR Art. 30).")),
    ("consentkit_verify.py", N_("Checks all of it, with Python 3 and nothing else.")),
    ("SHA256SUMS", N_("A checksum of each file.")),
)
_CHECK = N_(
    "To check the evidence, take consentkit_verify.py out of this file and run, with the site's verifier key from "
    "elsewhere:"
)
_PROVES = N_(
    "If it holds: each decision is exactly as it was stored, at its place, since the checkpoint was signed; none was "
    "changed, reordered or inserted since. An erased decision leaves its entry, and a signed statement says so."
)
_PROVES_NOT = N_(
    "It does not prove that a person pressed the button, nor that decisions which were never stored are missing. It "
    "proves what was stored, and in which order."
)

_ENTRY = N_("Record of processing activities: evidence of consent (GDPR Art. 30(1))")
_CONTROLLER = N_("Controller")
_REPRESENTATIVE = N_("Representative")
_OFFICER = N_("Data protection officer")
_PURPOSES = N_("Purposes of the processing")
_PURPOSES_ARE = N_(
    "To be able to demonstrate that a reader has consented, refused or withdrawn (GDPR Art. 5(2), 7(1)), and to show "
    "readers their own decisions."
)
_SUBJECTS = N_("Categories of data subjects")
_SUBJECTS_ARE = N_("Readers of the site who answer the notice.")
_DATA = N_("Categories of personal data")
_DATA_ARE = N_(
    "One record for each decision with these fields: {fields}. A random identifier only for who agreed to something. "
    "No IP address; of the browser no more than its family."
)
_RECIPIENTS = N_("Recipients")
_RECIPIENTS_ARE = N_("None. (Add who hosts the database for you, if somebody does.)")
_TRANSFERS = N_("Transfers to third countries")
_TRANSFERS_ARE = N_("None by this processing. (Add where the database is hosted, if that is elsewhere.)")
_LIMITS = N_("Time limits for erasure")
_LIMITS_ARE = N_("{days} days after the consent has ended; at once when the reader erases their history.")
_SECURITY = N_("Technical and organisational measures (Art. 32(1))")
_SECURITY_ARE = N_(
    "Signed cookies without identifiers for who refuses; records in a log of which every later change shows; accounts "
    "with roles for who may look at them."
)


def read_me(
    words: Catalog,
    *,
    site: str,
    since: dt.datetime,
    until: dt.datetime,
    records: int,
    unplaced: int,
    origin: str,
) -> str:
    """Return how to read the pack, for who has never seen one.

    :param unplaced: how many records have no place in the log yet. :param origin: the log's name; empty without one.
    """
    say = words.gettext
    parts = [
        say(_TITLE).format(site=site),
        say(_PERIOD).format(since=_minute(since), until=_minute(until), records=words.format_number(records)),
    ]
    if unplaced:
        parts.append(say(_UNPLACED).format(count=words.format_number(unplaced)))
    parts.append("\n\n".join(f"{name}\n{_filled(say(text), '    ')}" for name, text in _FILES))
    parts += [
        say(_CHECK),
        f"    python3 consentkit_verify.py PACK.zip --key '{origin}+...'",
        say(_PROVES),
        say(_PROVES_NOT),
    ]
    return "\n\n".join(part if "\n" in part or part.startswith(" ") else _filled(part) for part in parts) + "\n"


def article_30(words: Catalog, configuration: cabc.Mapping[str, t.Any], locale: str) -> str:
    """Return the entry on the keeping of consent, from the stored *configuration*; what that lacks stays open."""
    say = words.gettext
    site = configuration.get("site") or {}
    controller = configuration.get("controller") or {}
    days = site.get("retention_days", _RETENTION_DAYS)

    def named(value: object) -> str:
        return localize(value, locale, *site.get("locales", ())) if isinstance(value, dict) else str(value or "")

    facts = [
        (_CONTROLLER, _contact(controller, named)),
        (_REPRESENTATIVE, _contact(controller.get("representative") or {}, named)),
        (_OFFICER, _contact(controller.get("data_protection_officer") or {}, named)),
        (_PURPOSES, say(_PURPOSES_ARE)),
        (_SUBJECTS, say(_SUBJECTS_ARE)),
        (_DATA, say(_DATA_ARE).format(fields=", ".join(FIELDS))),
        (_RECIPIENTS, say(_RECIPIENTS_ARE)),
        (_TRANSFERS, say(_TRANSFERS_ARE)),
        (_LIMITS, say(_LIMITS_ARE).format(days=words.format_number(days))),
        (_SECURITY, say(_SECURITY_ARE)),
    ]
    body = "\n\n".join(f"{say(name)}\n{_filled(text, '    ')}" for name, text in facts if text)
    return f"{say(_ENTRY)}\n\n{body}\n"


def _contact(of: cabc.Mapping[str, t.Any], named: cabc.Callable[[object], str]) -> str:
    found = (named(of.get(name)) for name in ("name", "registration_number", "address", "email", "phone", "url"))
    return ", ".join(" ".join(text.split()) for text in found if text)


def _minute(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M")


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(
        text, _WIDTH, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
