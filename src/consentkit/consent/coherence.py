"""Coherence: what must hold between the parts of a site's configuration, and no part can check alone.

The checks read plain data as a TOML file gives it, so that they also speak when some part is wrong in itself: who reads
the errors gets all of them at once. What is not of the right kind is passed over here, for the models say so.
"""

from __future__ import annotations

import collections.abc as cabc
import dataclasses
import urllib.parse

from .places import Path
from .places import dotted
from .places import quoted
from .purposes import KNOWN_PURPOSES
from .purposes import NECESSARY
from .purposes import LegalBasis
from .vendor_signals import MAY_BE_NECESSARY
from .vendor_signals import NEEDS
from .vendor_signals import Mode
from .withholding import Pages


@dataclasses.dataclass(frozen=True, slots=True)
class Incoherence:
    """One thing that does not hold.

    :param path: the way to the value.
    :param message: what was found and what was expected.
    :param valid: the names that would be valid there, for the one that comes nearest.
    """

    path: Path
    message: str
    valid: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{dotted(self.path)}: {self.message}"


class CoherenceError(ValueError):
    """Several things between the parts do not hold. Each message begins with a path and a colon."""

    def __init__(self, found: cabc.Sequence[Incoherence]) -> None:
        self.found = tuple(found)
        self.messages = tuple(str(one) for one in found)
        super().__init__("\n".join(self.messages))


def incoherences(data: cabc.Mapping[str, object]) -> list[Incoherence]:
    """Return everything that does not hold between the parts of *data*, a site's file or a dump of the model."""
    site = _table(data.get("site"))
    locales = _texts(site.get("locales"))
    purposes = _tables(data.get("purposes"))
    services = _tables(data.get("services"))
    return [
        *_repeated(("site", "locales"), locales),
        *_repeated(("site", "origins"), _texts(site.get("origins"))),
        *_cookie_domain(site),
        *_repeated(("purposes",), _ids(purposes), key=("id",)),
        *_legal_bases(purposes),
        *_nameless(purposes),
        *_repeated(("services",), _ids(services), key=("id",)),
        *_services(services, tuple(dict.fromkeys(_ids(purposes).values()))),
        *_signal(_table(data.get("gpc"))),
        *_class_header(_table(data.get("enforcement"))),
        *_notice_locales(_table(data.get("notice")), tuple(locales.values())),
        *_policy_locales(_table(data.get("policies")), next(iter(locales.values()), None)),
        *_signals(
            _table(data.get("signals")),
            tuple(dict.fromkeys(_ids(purposes).values())),
            tuple(dict.fromkeys(_ids(services).values())),
        ),
    ]


def _cookie_domain(site: cabc.Mapping[str, object]) -> cabc.Iterator[Incoherence]:
    domain = site.get("cookie_domain")
    hosts = [urllib.parse.urlsplit(origin).hostname or "" for origin in _origins(site)]
    if isinstance(domain, str) and hosts and not any(host == domain or host.endswith(f".{domain}") for host in hosts):
        message = f"found {quoted(domain)}, expected a domain that one of the site's origins belongs to."
        yield Incoherence(("site", "cookie_domain"), message, tuple(host.removeprefix("www.") for host in hosts))


def _legal_bases(purposes: cabc.Mapping[int, cabc.Mapping[str, object]]) -> cabc.Iterator[Incoherence]:
    for i, purpose in purposes.items():
        basis = purpose.get("legal_basis")
        if purpose.get("id") != NECESSARY and basis != LegalBasis.CONSENT and basis in tuple(LegalBasis):
            yield Incoherence(
                ("purposes", i, "legal_basis"),
                f"found '{basis}', expected 'consent': reading from or storing on the reader's device needs consent "
                "unless it is necessary (ePrivacy directive, Art. 5(3)).",
            )


def _nameless(purposes: cabc.Mapping[int, cabc.Mapping[str, object]]) -> cabc.Iterator[Incoherence]:
    """Check that readers are told in words what they are asked for."""
    for i, purpose in purposes.items():
        name = purpose.get("id")
        for key in ("name", "description") if isinstance(name, str) and name not in KNOWN_PURPOSES else ():
            if not purpose.get(key):
                message = f"found nothing, expected a {key}: only {', '.join(KNOWN_PURPOSES)} have one already."
                yield Incoherence(("purposes", i, key), message)


def _services(
    services: cabc.Mapping[int, cabc.Mapping[str, object]], known: tuple[str, ...]
) -> cabc.Iterator[Incoherence]:
    for i, service in services.items():
        purposes = _texts(service.get("purposes"))
        for j, name in purposes.items():
            if name not in known:
                message = f"found {quoted(name)}, expected a purpose of this site."
                yield Incoherence(("services", i, "purposes", j), message, known)
        yield from _repeated(("services", i, "purposes"), purposes)
        if NECESSARY not in purposes.values():
            continue
        if set(purposes.values()) != {NECESSARY}:
            yield Incoherence(
                ("services", i, "purposes"),
                "found 'necessary' beside others, expected one or the other: declare the necessary part as a service "
                "of its own.",
            )
        if not service.get("why_necessary"):
            yield Incoherence(
                ("services", i, "why_necessary"), "found nothing, expected why the site cannot do without it."
            )


def _signal(gpc: cabc.Mapping[str, object]) -> cabc.Iterator[Incoherence]:
    """Check that nothing is said of a signal that the site does not follow."""
    for key, unless in (("ask", True), ("record", False), ("last_update", None)):
        if gpc.get("honour") is False and gpc.get(key, unless) != unless:
            message = "found a value beside 'honour = false', expected none: the signal is not followed."
            yield Incoherence(("gpc", key), message)


def _class_header(enforcement: cabc.Mapping[str, object]) -> cabc.Iterator[Incoherence]:
    """Check that a class is told only where it says which copy of a page a reader gets."""
    if enforcement.get("class_header") is not None and enforcement.get("pages") == Pages.PRIVATE:
        message = "found a header beside \"pages = 'private'\", expected none: no CDN keeps those pages."
        yield Incoherence(("enforcement", "class_header"), message)


def _notice_locales(notice: cabc.Mapping[str, object], locales: tuple[str, ...]) -> cabc.Iterator[Incoherence]:
    for locale in _table(notice.get("texts")):
        if locale not in locales:
            message = f"found {quoted(locale)}, expected one of the site's locales."
            yield Incoherence(("notice", "texts", locale), message, locales)


def _policy_locales(policies: cabc.Mapping[str, object], default: str | None) -> cabc.Iterator[Incoherence]:
    """Check that each policy can be read in the language that everything falls back to."""
    for kind, policy in policies.items():
        for source in ("files", "urls"):
            by_locale = _table(_table(policy).get(source))
            if by_locale and default is not None and default not in by_locale and "*" not in by_locale:
                yield Incoherence(
                    ("policies", kind, source),
                    f"found no entry for {quoted(default)}, expected one: it is the site's first language.",
                )


def _signals(
    signals: cabc.Mapping[str, object], purposes: tuple[str, ...], services: tuple[str, ...]
) -> cabc.Iterator[Incoherence]:
    """Check that what other tools are told rests on what readers of this site are asked."""
    for table, keys in NEEDS.items():
        for key in keys:
            need = _table(signals.get(table)).get(key)
            path: Path = ("signals", table, key)
            purpose, service = need, None
            if isinstance(need, dict):
                purpose, service, path = need.get("purpose"), need.get("service"), (*path, "purpose")
            if isinstance(purpose, str) and purpose not in purposes:
                yield Incoherence(path, f"found {quoted(purpose)}, expected a purpose of this site.", purposes)
            elif purpose == NECESSARY and key not in MAY_BE_NECESSARY:
                message = "found 'necessary', expected a purpose that readers can refuse."
                yield Incoherence(path, message)
            if isinstance(service, str) and service not in services:
                message = f"found {quoted(service)}, expected a service of this site."
                yield Incoherence((*path[:-1], "service"), message, services)
    yield from _google_regions(_table(signals.get("google_consent_mode")))
    both = all(isinstance(signals.get(name), dict) for name in ("piano", "matomo"))
    if both and _table(signals.get("piano")).get("queue", "_paq") == "_paq":
        message = (
            "found '_paq', expected another name: it is Matomo's. Give Piano another 'queueVarName', and say it here."
        )
        yield Incoherence(("signals", "piano", "queue"), message)


def _google_regions(google: cabc.Mapping[str, object]) -> cabc.Iterator[Incoherence]:
    codes: dict[str, int] = {}
    for i, region in _tables(google.get("regions")).items():
        path: Path = ("signals", "google_consent_mode", "regions", i)
        for j, code in _texts(region.get("codes")).items():
            if code in codes:
                yield Incoherence((*path, "codes", j), f"found {quoted(code)} a second time, expected each once.")
            codes[code] = i
        if region.get("granted") and google.get("mode", Mode.BASIC) == Mode.BASIC:
            message = "found types, expected none in basic mode: nothing of Google's is there before the reader agrees."
            yield Incoherence((*path, "granted"), message)


def _repeated(path: Path, names: cabc.Mapping[int, str], key: Path = ()) -> cabc.Iterator[Incoherence]:
    seen: set[str] = set()
    for i, name in names.items():
        if name in seen:
            yield Incoherence((*path, i, *key), f"found {quoted(name)} a second time, expected each once.")
        seen.add(name)


# ── plain data, of which nothing is certain ──


def _table(value: object) -> cabc.Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _tables(value: object) -> dict[int, cabc.Mapping[str, object]]:
    return {i: item for i, item in enumerate(value) if isinstance(item, dict)} if isinstance(value, list) else {}


def _texts(value: object) -> dict[int, str]:
    return {i: item for i, item in enumerate(value) if isinstance(item, str)} if isinstance(value, list) else {}


def _ids(tables: cabc.Mapping[int, cabc.Mapping[str, object]]) -> dict[int, str]:
    return {i: name for i, table in tables.items() if isinstance(name := table.get("id"), str)}


def _origins(site: cabc.Mapping[str, object]) -> cabc.Iterator[str]:
    for origin in _texts(site.get("origins")).values():
        try:
            urllib.parse.urlsplit(origin)
        except ValueError:  # e.g. an open bracket; the model says so
            continue
        yield origin
