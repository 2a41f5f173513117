"""The page on the consent log: how it is doing, in words."""

from __future__ import annotations

import pytest

PAGE = "/consent/admin/log"


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
