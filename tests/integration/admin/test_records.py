"""The list of records, a record's page, what records refer to, and the export."""

from __future__ import annotations

import csv
import dataclasses
import datetime as dt
import io
import re

import pytest

from consentkit.consent.decisions import Action
from consentkit.operations.sample_records import add_sample_records
from consentkit.storage.accounts import Role
from consentkit.storage.records import RecordFilter
from tests.factories import make_policy_version
from tests.factories import make_record

ADMIN = "/consent/admin"
SCRIPT = "<script>alert(1)</script>"


def add(runtime, *records):
    """Store records."""
    for record in records:
        runtime.recorder.record(record, nonce=None)
    return records


def add_many(runtime, count):
    """Store records of different minutes, the oldest first, and return them newest first."""
    start = runtime.clock.now() - dt.timedelta(minutes=count)
    records = [make_record(decided_at=start + dt.timedelta(minutes=minute)) for minute in range(count)]
    add(runtime, *records)
    return records[::-1]


def ids(answer):
    """Return the ids of the records in a list, in its order."""
    return re.findall(rf'<td role="cell" class="when"><a href="{ADMIN}/records/([0-9a-f-]+)"', answer.text)


def link(answer, rel):
    """Return the address of a link to another page of the list."""
    found = re.search(rf'href="([^"]+)" rel="{rel}"', answer.text)
    return found[1].replace("&amp;", "&") if found else None


def decided(runtime, **changes):
    """Return a record of a decision on the published notice of the site."""
    snapshot = runtime.sites["steppe-herald"]
    facts = {
        "notice_version": snapshot.notices["ru"].version,
        "config_version": snapshot.config_version,
        "policy_versions": snapshot.policy_versions("ru"),
        "purposes": {"analytics": True, "embeds": False},
        "services": {"counter": True},
    }
    return make_record(**(facts | changes))


# ── the list ──


def test_without_records_the_list_says_what_would_be_there(officer):
    """And how to get it."""
    answer = officer.get(f"{ADMIN}/records")
    assert answer.status_code == 200
    assert "No decisions yet" in answer.text
    assert "<table" not in answer.text


def test_the_title_is_the_place(officer):
    """In each language."""
    assert "<title>Records · Steppe Herald</title>" in officer.get(f"{ADMIN}/records").text
    assert "<title>Записи · Steppe Herald</title>" in officer.get(f"{ADMIN}/records?lang=ru").text
    assert "<title>Жазбалар · Steppe Herald</title>" in officer.get(f"{ADMIN}/records?lang=kk").text


def test_paging_goes_through_all_records_and_back(officer, runtime):
    """Each record once, newest first, fifty a page, whatever is added meanwhile."""
    records = [record.id for record in add_many(runtime, 120)]
    pages = [officer.get(f"{ADMIN}/records")]
    add(runtime, make_record(decided_at=runtime.clock.now() + dt.timedelta(minutes=1)))
    while older := link(pages[-1], "next"):
        pages.append(officer.get(older))
    assert [len(ids(page)) for page in pages] == [50, 50, 20]
    assert [id_ for page in pages for id_ in ids(page)] == records
    middle = officer.get(link(pages[2], "prev"))
    assert ids(middle) == ids(pages[1])
    # Something came in at the top: going up shows it, on a full page.
    top = officer.get(link(middle, "prev"))
    assert len(ids(top)) == 50
    assert link(top, "prev") is not None
    newest = officer.get(link(top, "prev"))
    assert len(ids(newest)) == 50
    assert link(newest, "prev") is None


def test_each_filter_narrows(officer, runtime):
    """By site, period, action, language and id."""
    at = dt.datetime(2026, 11, 1, 23, 59, 59, tzinfo=dt.UTC)
    first, second, third = add(
        runtime,
        make_record(decided_at=at),
        make_record(decided_at=at + dt.timedelta(seconds=1), action=Action.REJECT_ALL, locale="kk"),
        make_record(decided_at=at + dt.timedelta(days=2), site="other-paper"),
    )
    everything = [third.id, second.id, first.id]
    for query, expected in {
        "": everything,
        "site=&since=&until=&action=&locale=&record=": everything,
        "unknown=1": everything,
        "site=other-paper": [third.id],
        "since=2026-11-02": [third.id, second.id],
        "until=2026-11-01": [first.id],
        "since=2026-11-02&until=2026-11-02": [second.id],
        "action=reject_all": [second.id],
        "locale=kk": [second.id],
        "locale=kk&action=accept_all": [],
        f"record={first.id}": [first.id],
        f"record=%20{first.id.upper()}%20": [first.id],
        "until=9999-12-31": everything,
        "since=0001-01-01": everything,
    }.items():
        answer = officer.get(f"{ADMIN}/records?{query}")
        assert answer.status_code == 200, query
        assert ids(answer) == expected, query


def test_a_filter_that_fits_nothing_says_so(officer, runtime):
    """And leads back to all records."""
    add(runtime, make_record())
    answer = officer.get(f"{ADMIN}/records?since=2020-01-01&until=2020-01-02")
    assert "No record fits this filter" in answer.text


def test_the_filter_stays_in_every_link(officer, runtime):
    """Paging, exporting and changing the language keep it."""
    add_many(runtime, 60)
    answer = officer.get(f"{ADMIN}/records?action=accept_all&since=2026-11-01")
    for path in (f"{ADMIN}/records.csv", f"{ADMIN}/records"):
        assert f'href="{path}?since=2026-11-01&amp;action=accept_all' in answer.text
    assert re.search(r'href="[^"]*action=accept_all[^"]*lang=ru"', answer.text)


@pytest.mark.parametrize(
    "query",
    [
        "since=yesterday",
        "since=2026-02-30",
        "since=20261101",
        "since=２０２６-11-01",
        "until=2026-13-01",
        "since=2026-11-02&until=2026-11-01",
        "action=delete_all",
        "action=' OR 1=1 --",
        "site=%00",
        "site=Steppe Herald",
        "site=../../etc/passwd",
        "site=" + "x" * 10_000,
        "locale=klingon-please",
        "locale=%F0%9F%98%80",
        "record=1",
        "record=%",
        "record=" + "x" * 10_000,
        f"record={SCRIPT}",
        f"since={SCRIPT}&until={SCRIPT}&site={SCRIPT}&action={SCRIPT}&locale={SCRIPT}",
        "record=%ff%fe",
    ],
)
@pytest.mark.parametrize("page", ["records", "records.csv"])
def test_a_filter_that_makes_no_sense_is_told(officer, query, page):
    """With 400, beside the field, and quickly; nothing is looked up and nothing runs."""
    answer = officer.get(f"{ADMIN}/{page}?{query}")
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.text
    assert SCRIPT not in answer.text
    assert len(answer.text) < 12_000


@pytest.mark.parametrize("place", ["before=x", "after=%00", "before=" + "9" * 10_000, "after=' OR 1=1"])
def test_a_place_that_makes_no_sense_is_the_beginning(officer, runtime, place):
    """A cursor comes from our own links; another one is ignored."""
    (record,) = add(runtime, make_record())
    assert ids(officer.get(f"{ADMIN}/records?{place}")) == [record.id]


def test_samples_say_that_they_are(officer, runtime):
    """In the list and on their own page."""
    with runtime.database.unit_of_work() as uow:
        add_sample_records(uow, runtime.sites["steppe-herald"], count=3, clock=runtime.clock)
    listed = officer.get(f"{ADMIN}/records")
    assert listed.text.count(">sample<") == 3
    assert ">sample<" in officer.get(f"{ADMIN}/records/{ids(listed)[0]}").text


# ── one record ──


def test_a_record_shows_everything_that_is_stored(officer, runtime):
    """Granted and refused in words, and every field."""
    (first,) = add(runtime, decided(runtime, subject_id="A" * 22, decided_at=runtime.clock.now()))
    record = decided(runtime, action=Action.SAVE, subject_id="A" * 22, gpc=True)
    add(runtime, record)
    text = officer.get(f"{ADMIN}/records/{record.id}").text
    assert re.search(r"Audience statistics.*?granted.*?Embedded media.*?refused.*?Counter.*?granted", text, re.DOTALL)
    for fact in (
        record.id,
        first.id,
        "A" * 22,
        record.notice_version,
        record.config_version,
        *record.policy_versions.values(),
        "The reader chose for each purpose.",
        "Kazakhstan",
        "Русский",
        "Firefox",
        "Phone",
        "Bar at the edge of the page",
        "First layer of the notice",
        "Notice with script",
        "sent by the browser",
        "2026-11-23T12:00:00.000Z",
        "23 November 2026, 12:00:00 UTC",
        "Counter Ltd",
    ):
        assert fact in text, fact


def test_every_field_of_a_record_has_its_place(officer, runtime):
    """A field that is added to records must be added to their page."""
    record = decided(
        runtime,
        subject_id="B" * 22,
        tc_string="the TC string",
        gvl_version=4711,
        gpp_string="the GPP string",
        section="the section",
        user_agent_family="the browser",
    )
    add(runtime, record)
    text = officer.get(f"{ADMIN}/records/{record.id}").text
    in_words = {"action", "purposes", "services", "regime", "country", "layout", "layer", "method", "device_class"}
    elsewhere = {"previous_id", "gpc", "decided_at", "expires_at", "sample", "leaf_index", "salt"}
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if field.name in in_words | elsewhere:
            continue
        for part in value.values() if isinstance(value, dict) else (value,):
            assert f">{part}<" in text or f"{part}\n" in text or str(part) in text, field.name


def test_script_in_any_field_is_shown_as_text(officer, runtime):
    """Whatever a reader or a site could bring in."""
    record = make_record(
        purposes={SCRIPT: True, "analytics": False},
        services={f"{SCRIPT}2": False},
        policy_versions={SCRIPT: SCRIPT},
        **dict.fromkeys(
            (
                "site",
                "subject_id",
                "regime",
                "country",
                "locale",
                "notice_version",
                "config_version",
                "layout",
                "section",
                "user_agent_family",
                "device_class",
                "tc_string",
                "gpp_string",
            ),
            SCRIPT,
        ),
    )
    add(runtime, record)
    for page in (f"{ADMIN}/records", f"{ADMIN}/records/{record.id}"):
        answer = officer.get(page)
        assert answer.status_code == 200
        assert SCRIPT not in answer.text
        assert "&lt;script&gt;" in answer.text


@pytest.mark.parametrize(
    "record_id", ["x", "%00", "..%2F..%2Fetc", "' OR 1=1", "A" * 5000, "019b76da-a800-72e9-8b03-affa1bbbda17"]
)
def test_a_record_that_does_not_exist_is_not_found(officer, record_id):
    """With the same page, whatever the id looks like."""
    answer = officer.get(f"{ADMIN}/records/{record_id}")
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text


def test_a_record_without_its_evidence_is_still_shown(officer, runtime):
    """It says what is missing."""
    record = make_record(layer=None, country=None, section=None, subject_id=None)
    add(runtime, record)
    text = officer.get(f"{ADMIN}/records/{record.id}").text
    assert "This notice is not in the database." in text
    assert "<iframe" not in text


# ── what it refers to ──


@pytest.mark.parametrize("layer", ["1", "2"])
def test_the_notice_is_shown_in_a_frame_that_can_do_nothing(officer, runtime, layer):
    """Exactly as it was stored, without script, without a request to anywhere, inside our own pages alone."""
    record = decided(runtime)
    add(runtime, record)
    page = officer.get(f"{ADMIN}/records/{record.id}").text
    frames = re.findall(r'<iframe[^>]* sandbox=""[^>]* src="([^"]+)"', page)
    assert len(frames) == page.count("<iframe") == 2
    answer = officer.get(frames[int(layer) - 1])
    notice = runtime.sites["steppe-herald"].notices["ru"]
    stored = notice.html if layer == "1" else notice.preferences_html
    assert stored.replace("%BASE%", "").replace("%NEXT%", "") in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "frame-ancestors 'self'" in policy
    assert policy.endswith("; sandbox")
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


def test_a_stylesheet_cannot_end_its_element(officer, runtime):
    """Stored evidence is shown, never run."""
    notice = runtime.sites["steppe-herald"].notices["ru"].stored(runtime.clock.now())
    evil = dataclasses.replace(notice, version="e" * 16, style=f"a{{}}</style>{SCRIPT}")
    with runtime.database.unit_of_work() as uow:
        uow.notices.add_if_absent(evil)
    answer = officer.get(f"{ADMIN}/notices/steppe-herald/{'e' * 16}/1")
    assert answer.text.count("</style>") == 2


def test_the_configuration_of_the_day_can_be_read(officer, runtime):
    """As it was in force."""
    snapshot = runtime.sites["steppe-herald"]
    answer = officer.get(f"{ADMIN}/configurations/steppe-herald/{snapshot.config_version}")
    assert answer.status_code == 200
    assert "Counter Ltd" in answer.text
    assert snapshot.config_version in answer.text


def test_the_policy_of_the_day_can_be_read(officer, runtime):
    """With links that lead to the readers' pages from here too."""
    record = decided(runtime)
    add(runtime, record)
    page = officer.get(f"{ADMIN}/records/{record.id}").text
    path = re.search(rf'href="({ADMIN}/policies/steppe-herald/privacy/[^"]+)"', page)[1]
    assert "This is what the paper promises." in officer.get(path).text
    html = '<p><a href="cookies?site=x">a</a><a href="#b">b</a><a href="https://c.example/">c</a> not href="x"</p>'
    with runtime.database.unit_of_work() as uow:
        uow.policies.add_if_absent(make_policy_version(html=html, version="d" * 16, publication="d" * 16))
    shown = officer.get(f"{ADMIN}/policies/steppe-herald/privacy/ru/{'d' * 16}").text
    assert (
        '<a href="/consent/cookies?site=x">a</a><a href="#b">b</a><a href="https://c.example/">c</a> not href="x"'
        in shown
    )


@pytest.mark.parametrize(
    "path",
    [
        "notices/steppe-herald/x/1",
        "notices/steppe-herald/%00/1",
        "notices/steppe-herald/x/3",
        "configurations/steppe-herald/x",
        "configurations/%00/%00",
        "policies/steppe-herald/privacy/ru/x",
        "policies/a/b/c/%00",
        "policies/..%2F..%2Fetc/passwd/x/y",
        "nothing",
        "static/secret.py",
        "static/..%2Fblueprint.py",
    ],
)
def test_what_does_not_exist_is_not_found(officer, path):
    """A page of ours says so."""
    assert officer.get(f"{ADMIN}/{path}").status_code == 404


# ── the export ──


def test_the_export_holds_what_the_filter_shows(officer, runtime):
    """Oldest first, as a file of a name that tells what it is."""
    first, _, third = add(
        runtime,
        make_record(),
        make_record(action=Action.REJECT_ALL, decided_at=runtime.clock.now()),
        make_record(section='=HYPERLINK("https://x.example")', decided_at=runtime.clock.now()),
    )
    answer = officer.get(f"{ADMIN}/records.csv?action=accept_all&site=steppe-herald")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="records-steppe-herald-2026-11-23.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert {row["id"] for row in rows} == {first.id, third.id}
    assert {row["section"] for row in rows} == {"news", '\'=HYPERLINK("https://x.example")'}


def test_an_export_that_is_left_early_frees_its_connection(officer, runtime):
    """A browser that goes away holds nothing."""
    add_many(runtime, 1200)
    for _ in range(30):
        answer = officer.get(f"{ADMIN}/records.csv", buffered=False)
        next(answer.iter_encoded())
        answer.close()
    assert officer.get(f"{ADMIN}/records").status_code == 200


def test_the_export_asks_for_its_right(officer, account, runtime, monkeypatch):
    """A role that may not export gets a page that says so, and no file."""
    monkeypatch.setitem(__import__("consentkit.admin.roles", fromlist=["RIGHTS"]).RIGHTS, Role.AUDITOR, {"read"})
    answer = officer.get(f"{ADMIN}/records.csv")
    assert answer.status_code == 403
    assert "Your role does not allow this" in answer.text
    assert "records.csv" not in officer.get(f"{ADMIN}/records").text


@pytest.mark.parametrize(
    ("allowed", "told"),
    [(False, "none: this reader never agreed to anything"), (True, "none: decided on a page of another site")],
)
def test_why_a_record_has_no_subject_is_told(officer, runtime, allowed, told):
    """Who refused everything gets none; on another site nobody does, whatever they agreed to."""
    record = make_record(subject_id=None, purposes={"analytics": allowed}, services={})
    add(runtime, record)
    assert told in officer.get(f"{ADMIN}/records/{record.id}").text


@pytest.mark.parametrize(("form", "begins"), [("csv", b"id,"), ("jsonl", b'{"id":'), ("parquet", b"PAR1")])
def test_records_come_as_files_of_three_forms(officer, runtime, form, begins):
    """Of the current filter, under a name of ours; after a record's id, what comes after it."""
    with runtime.database.unit_of_work() as uow:
        uow.records.add_samples([make_record(sample=True, locale=locale) for locale in ("ru", "kk", "kk")])
    answer = officer.get(f"{ADMIN}/records.{form}?locale=kk")
    assert answer.status_code == 200
    assert answer.data.startswith(begins)
    assert answer.headers["Content-Disposition"].endswith(f'.{form}"')
    with runtime.database.unit_of_work(read_only=True) as uow:
        first = next(uow.records.stream(RecordFilter(locale="kk")))
    if form != "parquet":
        assert answer.data.count(b"\n") - (form == "csv") == 2
        rest = officer.get(f"{ADMIN}/records.{form}?locale=kk&after={first.id}").data
        assert rest.count(b"\n") == 1
        assert first.id.encode() not in rest
