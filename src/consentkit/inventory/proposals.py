"""What a site's file would say of what was seen and is not declared: TOML to read, to complete and to paste.

Anybody can make a browser report a host, and name it as they like. So nothing reaches the text but names that a
configuration accepts, and in comments only what can be seen.
"""

from __future__ import annotations

import collections
import collections.abc as cabc
import dataclasses
import functools
import json
import re
import typing as t

import pydantic

from ..consent.places import quoted
from ..consent.purposes import KNOWN_PURPOSES
from ..consent.purposes import NECESSARY
from ..consent.services import ITEM_NAME
from ..consent.services import Host
from ..consent.services import Service
from ..consent.site import Site
from ..embeds.catalogue import Provider
from ..embeds.catalogue import catalogue
from ..embeds.catalogue import declaration
from .known import Known
from .known import known_cookies

#: So many entries are proposed at once; what was seen most comes first.
MAX_PROPOSALS = 100
#: So many services one site's file may have.
_MAX_SERVICES = 400
_LONGEST_NAME = 200
_LONGEST_ID = 40
#: What stands for a purpose, a country or a name that is not known must not let anything through.
_MOST_REFUSED = ("advertising", "analytics", "embeds", "preferences")
_NOWHERE = "ZZ"

#: Categories of which some may need no consent.
_EXEMPT = {"Security", "Necessary"}

_ITEM_NAME = re.compile(ITEM_NAME.regex, re.ASCII)
_HOST: pydantic.TypeAdapter[str] = pydantic.TypeAdapter(Host)
_NO_ID = re.compile(r"[^a-z0-9]+", re.ASCII)
_DAY = 86_400


@dataclasses.dataclass(frozen=True, slots=True)
class Undeclared:
    """A cookie or a host that was seen and that no service declares.

    :param lifetime: of a cookie, the longest, in seconds; ``None``: as long as the browser is open.
    """

    kind: t.Literal["cookie", "host"]
    name: str
    count: int
    lifetime: int | None = None

    @property
    def declarable(self) -> bool:
        """Whether a configuration can name it. A ``*`` in a name would declare others with it."""
        if "*" in self.name:
            return False
        if self.kind == "cookie":
            return len(self.name) <= _LONGEST_NAME and _ITEM_NAME.fullmatch(self.name) is not None
        try:
            return bool(_HOST.validate_python(self.name))
        except pydantic.ValidationError:
            return False


@dataclasses.dataclass(frozen=True, slots=True)
class Proposal:
    """One entry of a site's file.

    :param service: the service's id. :param name: what it is called. :param exists: whether the site declares it
        already, so that the text belongs into that entry. :param covers: kind and name of what it would declare. :param
        toml: a whole ``[[services]]`` table; for a service that exists what is to be added to it.
    """

    service: str
    name: str
    exists: bool
    covers: tuple[tuple[str, str], ...]
    toml: str


@dataclasses.dataclass(frozen=True, slots=True)
class Proposals:
    """What could be added to a site's file.

    :param purposes: ``[[purposes]]`` tables that the entries need and the site has not, mostly empty. :param entries:
        what was seen most first. :param left_out: for how many more there is no room. :param impossible: kind and name
        of what no configuration can name.
    """

    purposes: str
    entries: tuple[Proposal, ...]
    left_out: int
    impossible: tuple[tuple[str, str], ...]

    @property
    def toml(self) -> str:
        """All of it as one text to append to the site's file; what belongs elsewhere in that file is a comment."""
        parts = [self.purposes] if self.purposes else []
        parts += [commented(one.toml) if one.exists else one.toml for one in self.entries]
        if self.left_out:
            parts.append(f"# {self.left_out} more are not here. Declare these first.\n")
        if self.impossible:
            lines = [f"# {kind} {quoted(name)}\n" for kind, name in self.impossible[:MAX_PROPOSALS]]
            parts.append("# What no entry can name:\n" + "".join(lines))
        return "\n".join(parts)


@dataclasses.dataclass(frozen=True, slots=True)
class _Source:
    """Whose something seems to be: one of these is there, or none."""

    provider: Provider | None = None
    known: Known | None = None
    others: tuple[str, ...] = ()


def propose(site: Site, seen: cabc.Iterable[Undeclared]) -> Proposals:
    """Return the entries that would declare what was *seen*, put together by platform."""
    seen = sorted(seen, key=lambda one: (-one.count, one.kind, one.name))
    possible = [one for one in seen if one.declarable]
    groups = _grouped(possible)
    room = max(0, min(MAX_PROPOSALS, _MAX_SERVICES - len(site.services)))
    maker = _Maker(site)
    entries = tuple(maker.make(source, members) for source, members in groups[:room])
    return Proposals(
        purposes=maker.missing_purposes(),
        entries=entries,
        left_out=max(0, len(groups) - room),
        impossible=tuple((one.kind, one.name) for one in seen if not one.declarable),
    )


def _grouped(seen: cabc.Sequence[Undeclared]) -> list[tuple[_Source, list[Undeclared]]]:
    candidates = [(one, provider_of(one.name) if one.kind == "host" else None, known_of(one)) for one in seen]
    # Several platforms have cookies of one name. The one that explains most of what was seen is the likeliest.
    weights = collections.Counter(row.platform for _, _, rows in candidates for row in rows)
    groups: dict[tuple[str, str], tuple[_Source, list[Undeclared]]] = {}
    for one, provider, rows in candidates:
        if provider is not None:
            key, source = ("provider", provider.id), _Source(provider=provider)
        elif rows:
            best = max(rows, key=lambda row: weights[row.platform])
            key = ("platform", best.platform)
            source = _Source(known=best, others=tuple(row.platform for row in rows if row is not best))
        else:
            key, source = (one.kind, one.name), _Source()
        groups.setdefault(key, (source, []))[1].append(one)
    return sorted(groups.values(), key=lambda group: -sum(one.count for one in group[1]))


def known_of(one: Undeclared) -> tuple[Known, ...]:
    """Return what the Open Cookie Database says of it, one row a platform."""
    return known_cookies().by_name(one.name) if one.kind == "cookie" else known_cookies().by_host(one.name)


def provider_of(host: str) -> Provider | None:
    """Return the provider of embeds that *host* is of.

    What a frame itself loads from is shared: an advertising network's host that a player uses as well is not the
    player's.
    """
    labels = host.split(".")
    names = (host, *(f"*.{'.'.join(labels[i:])}" for i in range(1, len(labels))))
    own, wider = _provider_hosts()
    found = next((own[name] for name in names if name in own), None)
    if found is not None or known_cookies().by_host(host):
        return found
    shared = {provider.id: provider for name in names for provider in wider.get(name, ())}
    return next(iter(shared.values())) if len(shared) == 1 else None


@functools.cache
def _provider_hosts() -> tuple[dict[str, Provider], dict[str, list[Provider]]]:
    """Return the providers by the host of their frames, and by all that they load from."""
    own: dict[str, Provider] = {}
    wider: dict[str, list[Provider]] = collections.defaultdict(list)
    for provider in catalogue().providers.values():
        for i, host in enumerate(provider.hosts):
            wider[host].append(provider)
            if i == 0:
                own.setdefault(host, provider)
    return own, dict(wider)


class _Maker:
    """Writes entries for one site, none with an id that is taken."""

    def __init__(self, site: Site) -> None:
        self._services = site.services
        self._taken = {service.id for service in site.services}
        self._purposes = [purpose.id for purpose in site.purposes]
        self._by_platform: dict[str, Service] = {}
        for service in site.services:
            for item in service.cookies:
                rows = known_cookies().by_name(item.name.rstrip("*"))
                if len(rows) == 1:
                    self._by_platform.setdefault(rows[0].platform, service)
        self._missing: dict[str, None] = {}
        optional = [name for name in self._purposes if name != NECESSARY]
        self._unknown = next((name for name in _MOST_REFUSED if name in optional), next(iter(optional), "advertising"))

    def make(self, source: _Source, members: cabc.Sequence[Undeclared]) -> Proposal:
        provider, known = source.provider, source.known
        name = provider.name if provider else known.platform if known else members[0].name
        existing = self._existing(source, name)
        hosts = sorted(one.name for one in members if one.kind == "host")
        cookies = [one for one in members if one.kind == "cookie"]
        if existing is not None:
            service, text = existing.id, _addition(existing, hosts, cookies)
        elif provider is not None:
            service = self._take_id(provider.id, exact=True)
            text = f"# {_comment(provider.name)}: a provider of embeds that consentkit knows.\n"
            text += declaration(provider, self._purpose("embeds"))
        else:
            service = self._take_id(name)
            text = self._service(service, source, name, hosts, cookies)
        return Proposal(
            service=service,
            name=name,
            exists=existing is not None,
            covers=tuple((one.kind, one.name) for one in members),
            toml=text,
        )

    def missing_purposes(self) -> str:
        """Return the purposes that entries so far need and the site lacks."""
        return "\n".join(
            f'# Not asked for yet: your readers will be asked anew.\n[[purposes]]\nid = "{name}"\n'
            f'legal_basis = "consent"\n'
            for name in self._missing
        )

    def _existing(self, source: _Source, name: str) -> Service | None:
        """Return the declared service that this seems to be: by its id, its name, or the cookies that it declares."""
        for service in self._services:
            named = {service.id, service.name.casefold()}
            if (source.provider is not None and source.provider.id == service.id) or {
                name.casefold(),
                _slug(name),
            } & named:
                return service
        return self._by_platform.get(name) if source.known is not None else None

    def _take_id(self, name: str, *, exact: bool = False) -> str:
        base = name if exact else _slug(name)
        names = (base, *(f"{base[: _LONGEST_ID - 4]}-{i}" for i in range(2, 1000)))
        free = next(one for one in names if one not in self._taken)
        self._taken.add(free)
        return free

    def _purpose(self, name: str) -> str:
        if name not in self._purposes:
            self._missing[name] = None
        return name

    def _service(
        self, service: str, source: _Source, name: str, hosts: cabc.Sequence[str], cookies: cabc.Sequence[Undeclared]
    ) -> str:
        if source.known is None:
            head = ["# Nothing is known of it. Find out who sets it and what for; until then its purpose is a stopgap."]
            purposes, why = [self._purpose(self._unknown)], "fill in: what it is used for"
        else:
            platform = _comment(source.known.platform)
            head = [f"# {platform}, by the Open Cookie Database. Read its own policy before you use this."]
            if source.others:
                head.append(f"# It could also be of {_comment(', '.join(source.others))}.")
            rows = [row for one in (*cookies, *(_host(host) for host in hosts)) for row in known_of(one)]
            mine = [row for row in rows if row.platform == source.known.platform]
            needed = {row.purpose or self._unknown for row in mine}
            purposes = [self._purpose(one) for one in (*KNOWN_PURPOSES, *self._purposes) if one in needed]
            purposes = list(dict.fromkeys(purposes))
            if len(purposes) > 1:
                head.append(
                    "# It runs where all its purposes are agreed to. Split it if its parts can do without each other."
                )
            if _EXEMPT & {row.category for row in mine}:
                head.append(
                    '# Where the site cannot do without it, say so: purposes = ["necessary"], and why_necessary.'
                )
            why = f"there: {_comment(', '.join(sorted({row.category for row in mine})))}"
        lines = [
            *head,
            "[[services]]",
            f'id = "{service}"',
            f"name = {_text(name)}",
            f"provider = {_text(name)}  # fill in: the company that receives the data, as its imprint names it",
            f'country = "{_NOWHERE}"  # fill in: where that company is; {_NOWHERE} says that it is not known',
            "# transfer = fill in, where that country is outside of your legal area",
            f"purposes = {json.dumps(purposes)}  # {why}",
            *([f"hosts = {json.dumps(list(hosts))}"] if hosts else []),
            "# policy_url = fill in: the provider's own privacy policy",
        ]
        return "\n".join([*lines, *_items(cookies)]) + "\n"


def _addition(service: Service, hosts: cabc.Sequence[str], cookies: cabc.Sequence[Undeclared]) -> str:
    lines = [f"# Into the entry of '{service.id}', which you declare:"]
    if hosts:
        lines.append(f"hosts = {json.dumps([*service.hosts, *hosts])}")
    return "\n".join([*lines, *_items(cookies)]) + "\n"


def _items(cookies: cabc.Iterable[Undeclared]) -> cabc.Iterator[str]:
    """Yield the lines of what is stored, one table for each name or known pattern."""
    longest: dict[str, int | None] = {}
    said: dict[str, str] = {}
    for one in cookies:
        rows = known_of(one)
        name = rows[0].name if rows and rows[0].name.endswith("*") and rows[0].name != f"{one.name}*" else one.name
        if name not in longest or (one.lifetime or 0) > (longest[name] or 0):
            longest[name] = one.lifetime
        if rows and rows[0].lifetime:
            said[name] = f"; the database says {rows[0].lifetime}"
    for name in sorted(longest):
        yield from (
            "",
            "[[services.cookies]]",
            f"name = {_text(name)}",
            f'lifetime = "{_duration(longest[name])}"  # as it was seen{said.get(name, "")}',
        )


def _host(name: str) -> Undeclared:
    return Undeclared("host", name, 0)


def _duration(seconds: int | None) -> str:
    """Return a lifetime as a configuration has it. What lasts less than a second is gone with the browser as well."""
    if seconds is None or seconds <= 0:
        return "session"
    return f"P{seconds // _DAY}D" if seconds % _DAY == 0 else f"PT{seconds}S"


def _slug(name: str) -> str:
    slug = _NO_ID.sub("-", name.lower()).strip("-")[:_LONGEST_ID].rstrip("-")
    return slug if slug[:1].isalpha() else f"s-{slug}"[:_LONGEST_ID].rstrip("-")


def _text(value: str) -> str:
    """Return *value* as a string of TOML. Only what passed a pattern of ours, or our own table, comes here."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _comment(value: str) -> str:
    """Return *value* on one line, what cannot be seen written out."""
    return quoted(value, 300)[1:-1]


def commented(text: str) -> str:
    """Return *text* as comment lines, so that it says where it belongs and changes nothing where it stands."""
    return "".join(line if line.startswith("#") else f"# {line}" for line in text.splitlines(keepends=True)).replace(
        "# \n", "#\n"
    )
