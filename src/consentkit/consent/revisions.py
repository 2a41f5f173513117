"""Revisions: when a decision made earlier no longer covers what the site does now.

Only material changes count: a new purpose, a new recipient, a changed legal basis, a material policy version. A typo,
another language, a dropped service never ask a reader again (GDPR Art. 4(11): consent is *specific* and *informed*;
EDPB guidelines 05/2020, section 5.1: new or changed purposes need new consent).
"""

from __future__ import annotations

import collections.abc as cabc
import typing as t

from .purposes import NECESSARY

if t.TYPE_CHECKING:
    from .site import Site

#: What counts, as plain data: ``purposes`` (id to legal basis), ``recipients`` (service to provider and purposes),
#: ``policies`` (kind to its latest material publication).
Material: t.TypeAlias = cabc.Mapping[str, t.Any]


def material_of(site: Site, policies: cabc.Mapping[str, str]) -> Material:
    """Return what of *site* and its policies a decision rests on."""
    return {
        "purposes": {purpose.id: purpose.legal_basis.value for purpose in site.optional_purposes},
        "recipients": {
            service.id: {"provider": service.provider, "name": service.name, "purposes": sorted(service.purposes)}
            for service in site.optional_services
            if set(service.purposes) != {NECESSARY}
        },
        "policies": dict(sorted(policies.items())),
    }


def changes_between(old: Material, new: Material) -> tuple[dict[str, str], ...]:
    """Return what a reader who decided under *old* has not been told of: empty if nothing material changed."""
    changes: list[dict[str, str]] = []
    for purpose, basis in new["purposes"].items():
        if purpose not in old["purposes"]:
            changes.append({"kind": "purpose_added", "purpose": purpose})
        elif old["purposes"][purpose] != basis:
            changes.append({"kind": "basis_changed", "purpose": purpose})
    for sid, service in new["recipients"].items():
        before = old["recipients"].get(sid)
        if before is None or before["provider"] != service["provider"] or _needs_less(before, service):
            changes.append({"kind": "recipient_added", "service": sid, "name": service["name"]})
        else:
            changes.extend(
                {"kind": "recipient_purpose_added", "service": sid, "name": service["name"], "purpose": purpose}
                for purpose in service["purposes"]
                if purpose not in before["purposes"]
            )
    changes.extend(
        {"kind": "policy_changed", "policy": kind}
        for kind, publication in new["policies"].items()
        if old["policies"].get(kind) != publication
    )
    return tuple(changes)


def _needs_less(before: cabc.Mapping[str, t.Any], now: cabc.Mapping[str, t.Any]) -> bool:
    """Whether a service now runs on fewer agreements: to readers who refused the one that fell away it is new."""
    return bool(set(before["purposes"]) - set(now["purposes"]))
