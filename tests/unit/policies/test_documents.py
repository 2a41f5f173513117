"""Policies as files."""

from __future__ import annotations

import hashlib
import pathlib

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from consentkit.errors import ConfigError
from consentkit.policies.documents import MAX_BYTES
from consentkit.policies.documents import documents_of
from consentkit.policies.documents import parse_document
from tests.factories import make_site


def parse(data: bytes) -> str:
    """Return the source that a file's bytes give."""
    return parse_document("privacy", "ru", data, where="privacy.ru.md", values={"site.name": "X"}).source


def test_the_version_is_of_the_finished_text() -> None:
    """It depends on what readers get, not on how the file was saved."""
    document = parse_document("privacy", "ru", b"# T\n\n{{ site.name }}\n", where="p", values={"site.name": "X"})
    assert document.source == "# T\n\nX\n"
    assert document.version == hashlib.sha256(b"# T\n\nX\n").hexdigest()[:16]


@pytest.mark.parametrize(
    "data", [b"\xef\xbb\xbf# T\r\n\r\nX\r\n", b"# T\r\rX\r", b"\n\n# T\n\nX\n\n\n", b"<!-- a\nb -->\n# T\n\nX"]
)
def test_line_ends_marks_and_comments_make_no_version(data: bytes) -> None:
    """The same text saved elsewhere is the same version."""
    assert parse(data) == "# T\n\nX\n"


@pytest.mark.parametrize(
    ("data", "place", "found"),
    [
        (b"# T\n\n\xff\n", "privacy.ru.md:3", "0xff"),
        (b"# T\n\nx\x00y", "privacy.ru.md:3", "U+0000"),
        (b"# T\n\n" + "x\x85y".encode(), "privacy.ru.md:3", "U+0085"),
        (b"Text without a title", "privacy.ru.md:1", "no title"),
        (b"", "privacy.ru.md:1", "no title"),
        (b"# T\n" + b"x" * MAX_BYTES, "privacy.ru.md", "more than 512 KiB"),
        (b"<!--\n\n-->\n# T\n\n{{ nothing }}", "privacy.ru.md:6", "nothing"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(data: bytes, place: str, found: str) -> None:
    """The file and the line, and what was found there."""
    with pytest.raises(ConfigError) as caught:
        parse(data)
    (problem,) = caught.value.problems
    assert problem.where == place
    assert found in problem.message


def test_all_files_are_judged_at_once(tmp_path: pathlib.Path) -> None:
    """An author mends everything in one go."""
    for tag in ("kk", "ru", "en", "ar"):
        (tmp_path / f"privacy.{tag}.md").write_text("# T\n\n{{ nothing }}\n", encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        documents_of(make_site(), tmp_path, "privacy")
    assert len(caught.value.problems) == 4


def test_a_missing_file_is_told_by_its_setting(tmp_path: pathlib.Path) -> None:
    """And not as a traceback."""
    with pytest.raises(ConfigError, match=r"policies\.privacy\.files\.kk: 'privacy\.kk\.md' cannot be read"):
        documents_of(make_site(), tmp_path, "privacy")


@pytest.mark.parametrize("name", ["../secret.md", "/etc/hostname", "sub/../../secret.md", "link.md", "nul\x01.md"])
def test_a_policy_does_not_lead_out_of_its_folder(tmp_path: pathlib.Path, name: str) -> None:
    """What a policy names is published to everybody."""
    (tmp_path / "secret.md").write_text("# Secret\n", encoding="utf-8")
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "link.md").symlink_to(tmp_path / "secret.md")
    site = make_site()
    source = site.policies.privacy.model_copy(update={"files": {"ru": name}})
    site = site.model_copy(update={"policies": site.policies.model_copy(update={"privacy": source})})
    with pytest.raises(ConfigError):
        documents_of(site, folder, "privacy")


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_become_a_document_or_our_error(data: bytes) -> None:
    """Nothing else gets out."""
    try:
        document = parse_document("terms", "en", b"# T\n" + data, where="t.md", values={})
    except ConfigError:
        return
    assert document.title
