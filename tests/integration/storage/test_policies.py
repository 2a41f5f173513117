from __future__ import annotations

import datetime as dt
import typing as t

from consentkit.policies.versions import PolicyVersion
from consentkit.storage.unit_of_work import Database
from tests.factories import NOON

TODAY = NOON.date()
DAY = dt.timedelta(days=1)


def make_policy(publication: str, **changes: t.Any) -> PolicyVersion:
    """Return a privacy policy in Russian, in force today."""
    fields: dict[str, t.Any] = {
        "site": "s",
        "kind": "privacy",
        "locale": "ru",
        "version": f"version of {publication}",
        "title": "Конфиденциальность",
        "source": "# Конфиденциальность\n",
        "html": "<h1>Конфиденциальность</h1>",
        "effective_on": TODAY,
        "material": False,
        "published_at": NOON,
        "publication": publication,
    }
    return PolicyVersion(**(fields | changes))


def store(database: Database, *policies: PolicyVersion) -> None:
    """Publish them."""
    with database.unit_of_work() as uow:
        for policy in policies:
            assert uow.policies.add_if_absent(policy)


def test_a_policy_comes_back_as_it_was(database: Database) -> None:
    """And only under all of its names."""
    policy = make_policy("a", material=True)
    store(database, policy)
    with database.unit_of_work(read_only=True) as uow:
        assert uow.policies.get("s", "privacy", "ru", policy.version) == policy
        assert uow.policies.get("s", "terms", "ru", policy.version) is None
        assert uow.policies.get("s", "privacy", "kk", policy.version) is None
        assert uow.policies.get("other", "privacy", "ru", policy.version) is None


def test_a_publication_is_stored_once(database: Database) -> None:
    """Two processes that take the same step agree on its name."""
    store(database, make_policy("a"))
    with database.unit_of_work() as uow:
        assert not uow.policies.add_if_absent(make_policy("a", published_at=NOON + DAY))
        assert [policy.published_at for policy in uow.policies.versions("s", "privacy", "ru")] == [NOON]


def test_a_text_that_comes_back_is_a_publication_of_its_own(database: Database) -> None:
    """With the old version's name; looked up, the newest publication answers."""
    store(
        database,
        make_policy("a", version="v"),
        make_policy("b", version="w", published_at=NOON + DAY),
        make_policy("c", version="v", published_at=NOON + 2 * DAY),
    )
    with database.unit_of_work(read_only=True) as uow:
        assert [policy.publication for policy in uow.policies.versions("s", "privacy", "ru")] == ["c", "b", "a"]
        found = uow.policies.get("s", "privacy", "ru", "v")
        assert found is not None
        assert found.publication == "c"


def test_what_is_in_force_is_known_for_each_day(database: Database) -> None:
    """The latest to take effect counts, not the latest to be published; then it is the latter."""
    store(
        database,
        make_policy("old", effective_on=TODAY - 9 * DAY),
        make_policy("now", effective_on=TODAY),
        make_policy("corrected", effective_on=TODAY, published_at=NOON + DAY),
        make_policy("old, published late", effective_on=TODAY - 5 * DAY, published_at=NOON + 2 * DAY),
        make_policy("next", effective_on=TODAY + DAY),
        make_policy("kazakh", locale="kk", effective_on=TODAY - DAY),
        make_policy("terms", kind="terms", effective_on=TODAY - DAY),
        make_policy("other", site="other"),
    )
    with database.unit_of_work(read_only=True) as uow:

        def in_force(on: dt.date) -> list[str]:
            return [policy.publication for policy in uow.policies.in_force("s", on)]

        assert in_force(TODAY - 10 * DAY) == []
        assert in_force(TODAY - 9 * DAY) == ["old"]
        assert in_force(TODAY - 5 * DAY) == ["old, published late"]
        assert in_force(TODAY) == ["kazakh", "corrected", "terms"]
        assert in_force(TODAY + DAY) == ["kazakh", "next", "terms"]


def test_the_latest_material_publication_is_known(database: Database) -> None:
    """Of each kind, once it takes effect; corrections do not count."""
    store(
        database,
        make_policy("first", material=True, effective_on=TODAY - 2 * DAY),
        make_policy("material", material=True, effective_on=TODAY - DAY),
        make_policy("material", material=True, effective_on=TODAY - DAY, locale="kk"),
        make_policy("correction", effective_on=TODAY),
        make_policy("coming", material=True, effective_on=TODAY + DAY),
        make_policy("terms", kind="terms"),
    )
    with database.unit_of_work(read_only=True) as uow:
        assert uow.policies.latest_material("s", TODAY) == {"privacy": "material"}
        assert uow.policies.latest_material("s", TODAY + DAY) == {"privacy": "coming"}
        assert uow.policies.latest_material("other", TODAY) == {}


def test_the_stamp_of_policies_changes_with_a_publication(database: Database) -> None:
    """Other processes look at it for news."""
    with database.unit_of_work() as uow:
        before = uow.policies.stamp()
        uow.policies.add_if_absent(make_policy("a"))
        assert uow.policies.stamp() != before
