"""The document of the frame in which a notice is looked at as it was shown."""

from __future__ import annotations

import dataclasses

import pytest

from tests.integration.admin.conftest import ADMIN


@pytest.mark.parametrize(
    "markup",
    [
        '<link rel="preconnect" href="https://home.example">',
        '<LINK/rel="dns-prefetch" href="//home.example">',
        '<meta http-equiv="refresh" content="0;url=https://home.example">',
        '<meta\thttp-equiv="x-dns-prefetch-control" content="on">',
        '<base href="https://home.example/">',
    ],
)
@pytest.mark.parametrize("layer", ["1", "2"])
def test_what_a_policy_does_not_hold_back_is_shown_as_text(officer, runtime, markup, layer):
    """A browser may open a connection for such an element, or look up a name, whatever the policy says."""
    like = runtime.sites["steppe-herald"].notices["ru"].stored(runtime.clock.now())
    version = "f" * 16
    html = f"<p>Words {markup}</p>"
    notice = dataclasses.replace(like, version=version, html=html, preferences_html=html)
    with runtime.database.unit_of_work() as uow:
        uow.notices.add_if_absent(notice)
    answer = officer.get(f"{ADMIN}/notices/steppe-herald/{version}/{layer}")
    assert markup not in answer.text
    assert markup.replace("<", "&lt;", 1) in answer.text
    assert answer.headers["X-DNS-Prefetch-Control"] == "off"
