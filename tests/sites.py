"""A site's files, written for a test: small, whole and valid."""

from __future__ import annotations

import json
import typing as t

if t.TYPE_CHECKING:
    import collections.abc as cabc
    import pathlib

_CONFIGURATION = """\
[site]
id = "{site}"
name = {name}
locales = {locales}
{more}
[controller]
name = "Steppe Herald LLP"
address = "1 Reading Street, Astana"
email = "privacy@steppe-herald.example"

[[purposes]]
id = "necessary"
legal_basis = "legitimate_interest"

[[purposes]]
id = "analytics"
legal_basis = "consent"

[[purposes]]
id = "embeds"
legal_basis = "consent"

[[services]]
id = "counter"
name = "Counter"
provider = "Counter Ltd"
country = "KZ"
purposes = ["analytics"]
hosts = ["counter.example"]
cookies = [{{ name = "_count", lifetime = "P1Y" }}]

[notice]
layout = "{layout}"

[policies.privacy]
files = {privacy}

[policies.terms]
files = {terms}
"""

_POLICY = """\
# {title}

This is what the paper promises.
"""


def write_site(
    folder: pathlib.Path,
    *,
    site: str = "steppe-herald",
    locales: cabc.Sequence[str] = ("ru",),
    layout: str = "bar",
    **section: str | int | bool | cabc.Sequence[str],
) -> pathlib.Path:
    """Write the configuration and the policies of a site into *folder*, and return the configuration's path.

    :param section: further keys of ``[site]``, such as ``origins`` and ``cookie_domain``.
    """
    files = {
        kind: "{ " + ", ".join(f'{locale} = "{kind}.{locale}.md"' for locale in locales) + " }"
        for kind in ("privacy", "terms")
    }
    for kind in files:
        for locale in locales:
            title = {"privacy": "Privacy policy", "terms": "Terms of use"}[kind]
            (folder / f"{kind}.{locale}.md").write_text(_POLICY.format(title=title), encoding="utf-8")
    path = folder / "consentkit.toml"
    path.write_text(
        _CONFIGURATION.format(
            site=site,
            name="{ " + ", ".join(f'{locale} = "Steppe Herald"' for locale in locales) + " }",
            locales=json.dumps(list(locales)),
            layout=layout,
            # A JSON string, number, boolean or list of strings is written as TOML writes it.
            more="".join(f"{key} = {json.dumps(value)}\n" for key, value in section.items()),
            **files,
        ),
        encoding="utf-8",
    )
    return path
