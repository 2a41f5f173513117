"""Notices, configurations, revisions and impressions: small tables with one promise each."""

from __future__ import annotations

import dataclasses
import datetime as dt

import sqlalchemy as sa

from consentkit.consent.decisions import Layer
from consentkit.consent.evidence import Revision
from consentkit.consent.evidence import StoredNotice
from consentkit.storage.impressions import Shown
from consentkit.storage.notices import StyleRow
from consentkit.storage.unit_of_work import Database
from tests.factories import NOON

TODAY = NOON.date()
DAY = dt.timedelta(days=1)

NOTICE = StoredNotice(
    site="steppe-herald",
    version="abcdefghijklmnop",
    locale="kk",
    regime="gdpr",
    layout="bar",
    revision=3,
    content='{"title":"Сіздің таңдауыңыз"}',
    html="<div>Сіздің таңдауыңыз</div>",
    preferences_html="<form></form>",
    style=".consentkit{}",
    first_published_at=NOON,
)

REVISION = Revision(
    site="steppe-herald",
    number=1,
    material={"purposes": {"analytics": "consent"}, "recipients": {}, "policies": {}},
    changes=({"kind": "purpose", "id": "analytics"},),
    services_order=("youtube", "matomo"),
    config_version="0123456789abcdef",
    created_at=NOON,
)


def test_a_notice_comes_back_as_it_was(database: Database) -> None:
    """Byte for byte: it is what the reader saw."""
    with database.unit_of_work() as uow:
        assert not uow.notices.exists(NOTICE.site, NOTICE.version)
        assert uow.notices.add_if_absent(NOTICE)
    with database.unit_of_work(read_only=True) as uow:
        assert uow.notices.exists(NOTICE.site, NOTICE.version)
        assert uow.notices.get(NOTICE.site, NOTICE.version) == NOTICE
        assert uow.notices.get("other", NOTICE.version) is None
        assert uow.notices.get(NOTICE.site, "x") is None


def test_a_notice_is_stored_once(database: Database) -> None:
    """With the time of the first publication."""
    with database.unit_of_work() as uow:
        uow.notices.add_if_absent(NOTICE)
        assert not uow.notices.add_if_absent(dataclasses.replace(NOTICE, first_published_at=NOON + DAY))
        assert uow.notices.get(NOTICE.site, NOTICE.version) == NOTICE


def test_a_stylesheet_is_stored_once_for_all_notices(database: Database) -> None:
    """It is the largest part of a notice, and the same in all of them."""
    with database.unit_of_work() as uow:
        uow.notices.add_if_absent(NOTICE)
        uow.notices.add_if_absent(dataclasses.replace(NOTICE, version="ponmlkjihgfedcba"))
        uow.notices.add_if_absent(dataclasses.replace(NOTICE, site="other"))
        assert uow.session.scalar(sa.select(sa.func.count()).select_from(StyleRow)) == 1


def test_a_configuration_is_stored_once(database: Database) -> None:
    """And comes back byte for byte."""
    with database.unit_of_work() as uow:
        assert uow.configurations.add_if_absent("s", "v", '{"a":"ә"}', NOON)
        assert not uow.configurations.add_if_absent("s", "v", '{"a":"ә"}', NOON + DAY)
        assert uow.configurations.get("s", "v") == '{"a":"ә"}'
        assert uow.configurations.get("s", "w") is None


def test_a_revision_comes_back_as_it_was(database: Database) -> None:
    """The services in their own order, which is not the alphabet's."""
    with database.unit_of_work() as uow:
        assert uow.revisions.latest(REVISION.site) is None
        assert uow.revisions.add(REVISION)
    with database.unit_of_work(read_only=True) as uow:
        assert uow.revisions.latest(REVISION.site) == REVISION
        assert uow.revisions.latest("other") is None


def test_a_number_is_given_once(database: Database) -> None:
    """Who comes second is told so, and the first one stays; the unit of work goes on."""
    with database.unit_of_work() as uow:
        assert uow.revisions.add(REVISION)
        assert not uow.revisions.add(dataclasses.replace(REVISION, config_version="another"))
        assert uow.revisions.latest(REVISION.site) == REVISION


def test_revisions_come_in_their_order(database: Database) -> None:
    """Those after a number: what readers who decided then have not been told."""
    later = [dataclasses.replace(REVISION, number=number) for number in (10, 9, 2)]
    with database.unit_of_work() as uow:
        for revision in (*later, REVISION, dataclasses.replace(REVISION, site="other", number=11)):
            uow.revisions.add(revision)
        assert [revision.number for revision in uow.revisions.since(REVISION.site, 1)] == [2, 9, 10]
        assert [revision.number for revision in uow.revisions.since(REVISION.site, 0)] == [1, 2, 9, 10]
        assert uow.revisions.latest(REVISION.site) == later[0]


def test_dropped_material_leaves_its_revision(database: Database) -> None:
    """The rest of the row stays as it was."""
    with database.unit_of_work() as uow:
        uow.revisions.add(REVISION)
        uow.revisions.narrow(REVISION.site, 1, {"purposes": {}})
        assert uow.revisions.latest(REVISION.site) == dataclasses.replace(REVISION, material={"purposes": {}})


def test_the_stamp_of_revisions_changes_with_a_new_one(database: Database) -> None:
    """Other processes look at it for news."""
    with database.unit_of_work() as uow:
        before = uow.revisions.stamp()
        uow.revisions.add(REVISION)
        after = uow.revisions.stamp()
        uow.revisions.add(REVISION)
        assert before != after == uow.revisions.stamp()


def test_impressions_add_up(database: Database) -> None:
    """By day, notice and layer; until the day before the end."""
    with database.unit_of_work() as uow:
        uow.impressions.add("s", TODAY, "v", Layer.FIRST, 3)
        uow.impressions.add("s", TODAY, "v", "1", 2**33)
        uow.impressions.add("s", TODAY, "v", Layer.SECOND, 1)
        uow.impressions.add("s", TODAY + DAY, "v", Layer.FIRST, 1)
        uow.impressions.add("other", TODAY, "v", Layer.FIRST, 1)
    with database.unit_of_work(read_only=True) as uow:
        assert uow.impressions.totals("s", TODAY, TODAY + DAY) == [
            Shown(site="s", day=TODAY, notice_version="v", layer=Layer.FIRST, count=2**33 + 3),
            Shown(site="s", day=TODAY, notice_version="v", layer=Layer.SECOND, count=1),
        ]
        assert len(uow.impressions.totals("s", TODAY, TODAY + 2 * DAY)) == 3
        assert uow.impressions.totals("s", TODAY - DAY, TODAY) == []
