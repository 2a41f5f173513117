"""Fills a database with very many records, for the benchmarks of the audit view: ``fill(database, count)``.

The database makes them itself, from a seed. They are such as a national paper of Kazakhstan could have in a year:

======================= ==============================================================================
time                    even over the 365 days that end at ``UNTIL``
language                ru 56 %, kk 36 %, en 6 %, ar 2 %
country                 KZ 79 %, RU 7 %, UZ 3 %, KG 3 %, DE 2 %, TR 2 %, not known 2 %, US 1 %, forty others 1 %
decision                accepted 50 %, refused 36 %, chose 10 %, withdrew 3.5 %, by signal 0.5 %
rules                   ``us`` for the signalled ones and for the United States, else ``gdpr``
device                  phone 70 %, computer 25 %, tablet 5 %
section                 news 50 %, sport 20 %, culture 10 %, forty-nine others
notice                  six in the year, each in four languages; the revision rises with every second
way                     by script 97 %, by form 3 %; signals by signal
subject                 who agreed or withdrew, three records each on average
======================= ==============================================================================
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from consentkit.operations.rebuild_rollups import rebuild_rollups
from consentkit.storage.unit_of_work import Database
from tests.log import begin_log

SITE = "steppe-herald"
UNTIL = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
_DAYS = 365
_BATCH = 500_000

_ACCEPTED = '{"advertising":true,"analytics":true,"embeds":true,"preferences":true}'
_REFUSED = '{"advertising":false,"analytics":false,"embeds":false,"preferences":false}'
_CHOSEN = (
    '{"advertising":false,"analytics":true,"embeds":true,"preferences":true}',
    '{"advertising":false,"analytics":false,"embeds":true,"preferences":true}',
    '{"advertising":false,"analytics":true,"embeds":false,"preferences":false}',
)

# The two databases spell these differently.
_WORDS = {
    "postgresql": {
        "numbers": "generate_series(CAST(:first AS integer), CAST(:last AS integer)) AS n (i)",
        "random": "random()",
        "hex_time": "lpad(to_hex(CAST(at AS bigint)), 12, '0')",
        "hex_number": "lpad(to_hex(i), 12, '0')",
        "id": "CAST({0} AS uuid)",
        "dashes": "-",
        "moment": "to_timestamp(at / 1000.0)",
        "later": "to_timestamp(at / 1000.0) + interval '180 days'",
        "true": "true",
        "false": "false",
        "apart": "",
        "salt": "sha256(CAST('salt' || i AS bytea))",
    },
    "sqlite": {
        "numbers": "(WITH RECURSIVE c (i) AS (SELECT :first UNION ALL SELECT i + 1 FROM c WHERE i < :last) "
        "SELECT i FROM c) n",
        "random": "((random() & 9007199254740991) / 9007199254740992.0)",
        "hex_time": "printf('%012x', CAST(at AS INTEGER))",
        "hex_number": "printf('%012x', i)",
        "id": "{0}",
        "dashes": "",
        "moment": "strftime('%Y-%m-%d %H:%M:%f', at / 1000.0, 'unixepoch') || '000'",
        "later": "strftime('%Y-%m-%d %H:%M:%f', at / 1000.0 + 15552000, 'unixepoch') || '000'",
        "true": "1",
        "false": "0",
        # Or each look at a number would draw another one.
        "apart": "LIMIT -1",
        "salt": "zeroblob(32)",
    },
}


def _statement(dialect: str) -> str:
    words = _WORDS[dialect]
    dash = words["dashes"]
    record_id = words["id"].format(
        f"substr({words['hex_time']}, 1, 8) || '{dash}' || substr({words['hex_time']}, 9, 4)"
        f" || '{dash}7000{dash}8000{dash}'"
        f" || {words['hex_number']}"
    )

    def whole(text: str) -> str:
        return f"CAST({text} AS INTEGER)" if dialect == "sqlite" else f"CAST(floor({text}) AS integer)"

    country = f"""CASE WHEN c < 0.79 THEN 'KZ' WHEN c < 0.86 THEN 'RU' WHEN c < 0.89 THEN 'UZ' WHEN c < 0.92 THEN 'KG'
        WHEN c < 0.94 THEN 'DE' WHEN c < 0.96 THEN 'TR' WHEN c < 0.98 THEN NULL WHEN c < 0.99 THEN 'US'
        ELSE substr('ATBEBGCHCNCYCZDKEEESFIFRGBGEGRHRHUIEILINISITJPKRLTLULVMDMNMTNLNOPLPTROSESISKTJUA',
            1 + 2 * {whole("(c - 0.99) * 4000")}, 2) END"""
    epoch = whole("(i - 1) * 6.0 / :count")
    return f"""
    INSERT INTO consentkit_records (id, site, subject_id, action, purposes, services, regime, country, locale,
        notice_version, revision, config_version, policy_versions, layout, layer, method, section, user_agent_family,
        device_class, gpc, decided_at, expires_at, sample, salt)
    SELECT {record_id}, '{SITE}',
        CASE WHEN action IN ('reject_all', 'gpc') THEN NULL ELSE 'subject-' || {whole("s * :count / 5")} END, action,
        CASE action WHEN 'accept_all' THEN '{_ACCEPTED}' WHEN 'save' THEN
            CASE WHEN p < 0.5 THEN '{_CHOSEN[0]}' WHEN p < 0.8 THEN '{_CHOSEN[1]}' ELSE '{_CHOSEN[2]}' END
        ELSE '{_REFUSED}' END,
        '{{"youtube":true}}', CASE WHEN action = 'gpc' OR country = 'US' THEN 'us' ELSE 'gdpr' END, country, locale,
        'notice-v' || epoch || '-' || locale || 'aaaa', 1 + epoch / 2, 'config-version-' || epoch,
        '{{"privacy":"policy-version-' || epoch || '"}}', CASE WHEN p < 0.9 THEN 'bar' ELSE 'box' END, '1',
        CASE WHEN action = 'gpc' THEN 'signal' WHEN p < 0.03 THEN 'form' ELSE 'widget' END,
        CASE WHEN s < 0.5 THEN 'news' WHEN s < 0.7 THEN 'sport' WHEN s < 0.8 THEN 'culture'
            ELSE 'section-' || {whole("(s - 0.8) * 245")} END,
        CASE WHEN p < 0.6 THEN 'Chrome' ELSE 'Safari' END,
        CASE WHEN d < 0.7 THEN 'mobile' WHEN d < 0.95 THEN 'desktop' ELSE 'tablet' END,
        CASE WHEN action = 'gpc' OR d < 0.02 THEN {words["true"]} ELSE {words["false"]} END,
        {words["moment"]}, {words["later"]}, {words["false"]}, {words["salt"]}
    FROM (SELECT i, at, p, s, d, {epoch} AS epoch, {country} AS country,
            CASE WHEN l < 0.56 THEN 'ru' WHEN l < 0.92 THEN 'kk' WHEN l < 0.98 THEN 'en' ELSE 'ar' END AS locale,
            CASE WHEN a < 0.5 THEN 'accept_all' WHEN a < 0.86 THEN 'reject_all' WHEN a < 0.96 THEN 'save'
                WHEN a < 0.995 THEN 'withdraw' ELSE 'gpc' END AS action
        FROM (SELECT i, :begin + i * :step AS at, {words["random"]} AS a, {words["random"]} AS c,
            {words["random"]} AS l, {words["random"]} AS p, {words["random"]} AS s, {words["random"]} AS d
            FROM {words["numbers"]} {words["apart"]}) AS dice {words["apart"]}) AS drawn
    """


def fill(database: Database, count: int, *, seed: float = 0.5) -> None:
    """Store *count* records with their places in the log, and the counts of the overview; no tree.

    :param seed: between -1 and 1; the same gives the same records on PostgreSQL. SQLite's cannot be seeded.
    """
    is_sqlite = database.is_sqlite
    statement = sa.text(_statement("sqlite" if is_sqlite else "postgresql").replace('":', '"\\:'))
    begin_log(database)
    year = _DAYS * 86_400_000
    values = {"begin": int(UNTIL.timestamp() * 1000) - year, "step": year / count, "count": count}
    with database.unit_of_work() as uow:
        run = uow.session.execute
        # They are placed below: the queue would only be filled to be emptied.
        run(sa.text("DROP TRIGGER consentkit_records_queue" + ("" if is_sqlite else " ON consentkit_records")))
        if not is_sqlite:
            run(sa.text("SET LOCAL statement_timeout = 0"))
            run(sa.text("SELECT setseed(:seed)"), {"seed": seed})
        for first in range(1, count + 1, _BATCH):
            run(statement, {**values, "first": first, "last": min(first + _BATCH - 1, count)})
        run(
            sa.text(
                "INSERT INTO consentkit_log_leaves (site, leaf_index, item_id) "
                "SELECT site, row_number() OVER (ORDER BY id) - 1, id FROM consentkit_records"
            )
        )
    for _ in rebuild_rollups(database, SITE):
        pass
    with database.unit_of_work() as uow:
        if not is_sqlite:
            uow.session.execute(sa.text("SET LOCAL statement_timeout = 0"))
        # As the database does by itself some minutes later.
        uow.session.execute(sa.text("ANALYZE"))
