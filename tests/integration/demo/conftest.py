"""The newsroom, with its bundled stories or with some of a test's own."""

from __future__ import annotations

import pytest

from consentkit.demo.newsroom import create_app

_STORIES = {
    "ru__most.txt": (
        "Мост через Шу <b>открыт</b>",
        "2025-11-27",
        "Первыми прошли школьники.",
        "Их проводили депутаты Мажилиса.",
        "Что изменится для пешеходов",
        "«Теперь до школы восемь минут», – говорит Дамир.",
        "Фото: Сания Омарова",
    ),
    "ru__gorka.txt": ("Горку зальют в декабре", "2025-11-28", "Если будет мороз.", "«Подождём», – решил двор."),
    "ru__shkola.txt": ("Школа получила рояль", "2025-11-26", "На нём уже играли все, кто умеет, и многие, кто нет."),
}


def _run(folder, **options):
    app = create_app(database_url=f"sqlite:///{folder}/demo.db", secret_key="of the test", **options)
    app.testing = True
    return app


@pytest.fixture(scope="module")
def herald(tmp_path_factory):
    """The newsroom with its bundled stories."""
    return _run(tmp_path_factory.mktemp("herald"))


@pytest.fixture(scope="module")
def reader(herald):
    """A browser that keeps no cookie."""
    return herald.test_client(use_cookies=False)


@pytest.fixture(scope="module")
def gazette(tmp_path_factory):
    """A browser at a newsroom that was given stories of its own, in one language."""
    folder = tmp_path_factory.mktemp("gazette")
    for name, paragraphs in _STORIES.items():
        title, date, *body = paragraphs
        (folder / name).write_text("\n".join((title, date, "", "\n\n".join(body))), "utf-8")
    return _run(folder, articles=folder).test_client(use_cookies=False)
