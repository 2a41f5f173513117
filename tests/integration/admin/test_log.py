"""The page on the consent log: how it is doing, in words."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
import sqlalchemy as sa

from consentkit.admin import log
from consentkit.jobs import verifying
from consentkit.ledger.notes import COSIGNATURE
from consentkit.ledger.notes import LocalSigner
from consentkit.ledger.notes import Note
from consentkit.ledger.notes import Verifier
from consentkit.ledger.notes import cosign
from consentkit.operations.integrate import integrate
from consentkit.operations.publish_checkpoint import publish_checkpoint
from consentkit.storage import verifications
from consentkit.storage.log_checkpoints import LogCheckpointRow
from tests.factories import make_record

from .conftest import EMAIL

PAGE = "/consent/admin/log"
VERIFY = f"{PAGE}/steppe-herald/verify"
FORM = {"Origin": "http://localhost"}


def test_the_page_says_in_words_how_the_log_is_doing(officer, runtime):
    """Its name, its size, what waits, and what is the matter."""
    answer = officer.get(PAGE)
    assert answer.status_code == 200
    assert "The log keeps up." in answer.text
    assert "log/steppe-herald" in answer.text
    with runtime.database.unit_of_work() as uow:
        uow.log_tree.set_trouble("steppe-herald", "The <key> is gone.")
    answer = officer.get(PAGE)
    assert "No checkpoint is signed any more." in answer.text
    assert "The &lt;key&gt; is gone." in answer.text


@pytest.mark.parametrize(("lang", "word"), [("ru", "Журнал"), ("kk", "Бақылау нүктелеріне")])
def test_it_speaks_the_languages_of_the_audit_view(officer, runtime, lang, word):
    """Russian and Kazakh as well."""
    with runtime.database.unit_of_work() as uow:
        uow.log_tree.set_trouble("steppe-herald", "x")
    assert word in officer.get(f"{PAGE}?lang={lang}").text


@pytest.fixture
def verified(officer, runtime, monkeypatch):
    """What asks for a verification, waits for its end, and returns the page then."""
    begun = []

    def start(*args, **options):
        begun.append(verifying.start_verifying(*args, **options))
        return begun[-1]

    monkeypatch.setattr(log, "start_verifying", start)

    def ask():
        answer = officer.post(VERIFY, headers=FORM)
        assert answer.status_code == 303
        for thread in filter(None, begun):
            thread.join()
        return officer.get(PAGE).text

    return ask


@pytest.fixture
def logged(runtime):
    """A decision that is in the log, under a checkpoint of the site's own key."""
    record = make_record(salt=b"s" * 32, decided_at=runtime.clock.now())
    stored = runtime.recorder.record(record, nonce=None).record
    with runtime.database.unit_of_work(read_only=True) as uow:
        head = uow.log_tree.head("steppe-herald")
        key = uow.log_keys.active("steppe-herald")
    integrate(runtime.database, "steppe-herald", fence=head.fence)
    signer = runtime.signing_keys.signer(Verifier.parse(key.verifier))
    assert publish_checkpoint(runtime.database, "steppe-herald", signer=signer, clock=runtime.clock)
    return stored


def begin(runtime, *, by=EMAIL, seconds=60):
    """Begin a verification that nobody is at, as a process that died would leave it."""
    now = runtime.clock.now()
    with runtime.database.unit_of_work() as uow:
        return uow.verifications.start("steppe-herald", by=by, now=now, until=now + dt.timedelta(seconds=seconds))


@pytest.mark.usefixtures("logged")
def test_a_verification_says_that_the_log_holds_and_who_asked(verified):
    """What was checked, and by whom; it is kept."""
    page = verified()
    assert "The log holds." in page
    assert EMAIL in page.partition("The log holds.")[2]


def test_damage_is_found_and_said(verified, runtime, logged):
    """A record that was changed, with the words for it and the way to it."""
    with runtime.database.engine.begin() as connection:
        connection.execute(sa.text("UPDATE consentkit_records SET locale = 'xx'"))
    page = verified()
    assert "The log does not hold." in page
    assert "A record was changed after it entered the log" in page
    assert f"/records/{logged.id}" in page


def test_what_was_found_is_shown_as_text(officer, runtime):
    """Whatever a changed database says, and whoever asked: no markup."""
    run = begin(runtime, by="<b>anna</b>")
    finding = {
        "kind": "changed",
        "text": "<script>x</script>",
        "index": 3,
        "last": 4,
        "record": "<s>/../",
        "since": None,
    }
    outcome = {"holds": False, "size": 4, "records": 3, "erased": 0, "checkpoints": 1}
    outcome |= {"counts": {"changed": 1, "<em>": 2}, "findings": [finding], "remarks": ["<i>"], "silent": ["<u>"]}
    with runtime.database.unit_of_work() as uow:
        uow.verifications.finish(run, at=runtime.clock.now(), done=4, total=4, outcome=outcome)
    page = officer.get(PAGE).text
    assert "A record was changed after it entered the log" in page
    assert "&lt;script&gt;x" in page
    assert not any(markup in page for markup in ("<script>x", "<b>", "<i>", "<u>", "<s>", "<em>"))


def test_one_runs_at_a_time_and_the_page_shows_how_far_it_is(verified, runtime, officer):
    """Another process is at it: nothing is begun; the page comes again by itself, with script and without."""
    run = begin(runtime)
    with runtime.database.unit_of_work() as uow:
        until = runtime.clock.now() + dt.timedelta(minutes=1)
        assert uow.verifications.keep_up(run, done=4096, total=10000, until=until)
    page = verified()
    assert "4,096 of 10,000 entries" in page
    assert '<meta http-equiv="refresh"' in page
    assert "Verify now" not in page
    with runtime.database.unit_of_work(read_only=True) as uow:
        assert uow.verifications.latest("steppe-herald").id == run


def test_a_process_that_died_does_not_leave_it_running(verified, runtime, officer):
    """After a while it counts as ended before its end, and the next one begins."""
    run = begin(runtime, seconds=0)
    assert "did not come to its end" in officer.get(PAGE).text
    assert "The log holds." in verified()
    with runtime.database.unit_of_work() as uow:
        assert not uow.verifications.finish(run, at=runtime.clock.now(), done=0, total=0, outcome={})


def test_a_failure_is_said_and_not_left_running(verified, monkeypatch):
    """Whatever goes wrong in the background: the page says that it did not come to its end."""

    def fail(*_args, **_options):
        raise ValueError("a defect")

    monkeypatch.setattr(verifying, "verify_log", fail)
    assert "did not come to its end" in verified()


def test_only_the_last_results_are_kept(runtime):
    """So the table does not grow."""
    for _ in range(verifications.KEPT + 3):
        run = begin(runtime)
        with runtime.database.unit_of_work() as uow:
            uow.verifications.finish(run, at=runtime.clock.now(), done=0, total=0, outcome=None)
    with runtime.database.unit_of_work(read_only=True) as uow:
        count = uow.session.scalar(sa.select(sa.func.count()).select_from(verifications.VerificationRow))
    assert count == verifications.KEPT


def test_verifying_needs_a_form_of_ours_and_a_site(officer, visitor):
    """Not from elsewhere, not of a site that is not there, not by GET, not by strangers."""
    assert officer.post(VERIFY, headers={"Origin": "https://evil.example"}).status_code == 403
    assert officer.post("/consent/admin/log/nowhere/verify", headers=FORM).status_code == 404
    assert officer.get(VERIFY).status_code == 405
    assert visitor.post(VERIFY, headers=FORM).status_code == 303
    assert "Nobody has verified this log" in officer.get(PAGE).text


@pytest.mark.usefixtures("logged")
def test_keys_say_since_when_and_witnesses_whether_they_cosigned(officer, runtime, app):
    """A retired key with its time; a witness by what the last checkpoint bears."""
    witness = LocalSigner.generate("witness.example")
    verifier = dataclasses.replace(witness.verifier, kind=COSIGNATURE)
    settings = dataclasses.replace(runtime.settings, log_anchor=f"witness+https://witness.example/#{verifier}")
    app.extensions["consentkit"] = dataclasses.replace(runtime, settings=settings)
    page = officer.get(PAGE).text
    assert "signs since" in page
    assert "has not cosigned the last checkpoint" in page
    with runtime.database.unit_of_work() as uow:
        last = uow.checkpoints.latest("steppe-herald")
        note = Note.parse(last.note.encode())
        line = cosign(note.text, witness, int(runtime.clock.now().timestamp()))
        changed = sa.update(LogCheckpointRow).values(note=str(note.with_signature(line)))
        uow.session.execute(changed)
        uow.log_keys.retire("steppe-herald", uow.log_keys.active("steppe-herald").verifier, runtime.clock.now())
    page = officer.get(PAGE).text
    assert "cosigned the last checkpoint, " in page.replace("</code>", "")
    assert "has not cosigned" not in page
    assert "signed from" in page
