"""From TOML files to sites, or to everything that is wrong with them."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings
from hypothesis import strategies as st

from consentkit.consent.load import MAX_BYTES
from consentkit.consent.load import LoadedSite
from consentkit.consent.load import load_site
from consentkit.consent.load import load_sites
from consentkit.consent.load import parse_site
from consentkit.consent.load import site_files
from consentkit.consent.site import Site
from consentkit.errors import ConfigError
from consentkit.errors import Problem
from tests.unit.consent.example import GOOD
from tests.unit.consent.example import changed
from tests.unit.consent.example import problems_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one good configuration and the policy that it names."""
    (tmp_path / "consentkit.toml").write_text(GOOD, encoding="utf-8")
    (tmp_path / "privacy.ru.md").write_text("# Политика\n", encoding="utf-8")
    return tmp_path


# ── files ──


def test_a_file_gives_a_site(folder: Path) -> None:
    """What is written there is in the site."""
    site = load_site(folder / "consentkit.toml")
    assert site.id == "steppe-herald"
    assert site.locales == ("ru", "kk")
    assert [service.hosts for service in site.services] == [("counter.example",)]
    assert site.services[0].cookies[0].matches("_c_123")


def test_a_loaded_site_knows_where_it_comes_from(folder: Path) -> None:
    """Path, folder and digest are those of the file."""
    file = folder / "consentkit.toml"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    for path in (file, folder):
        assert load_sites(path) == {
            "steppe-herald": LoadedSite(site=load_site(file), path=file, folder=folder, digest=digest)
        }


def test_a_folder_holds_many_sites(folder: Path) -> None:
    """Each file in it is a site, and so is the file in each folder within; hidden ones are not."""
    for name in ("b", "a", ".hidden"):
        (folder / name).mkdir()
        text = changed("steppe-herald", f"site-{name.strip('.')}").replace("www.steppe-herald", f"{name.strip('.')}")
        (folder / name / "consentkit.toml").write_text(text, encoding="utf-8")
        (folder / name / "privacy.ru.md").touch()
    (folder / ".saved.toml").write_text("[", encoding="utf-8")
    (folder / "a" / "other.toml").write_text("[", encoding="utf-8")
    assert list(load_sites(folder)) == ["site-a", "site-b", "steppe-herald"]
    assert site_files(folder) == tuple(folder / name / "consentkit.toml" for name in ("a", "b", "."))


def test_the_errors_of_all_files_come_at_once(folder: Path) -> None:
    """Who runs many sites sees everything in one go."""
    (folder / "broken.toml").write_text("[", encoding="utf-8")
    (folder / "wrong.toml").write_text(changed('"P2Y"', '"2 years"'), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_sites(folder)
    assert [problem.where for problem in caught.value.problems] == [
        f"{folder / 'broken.toml'}:1",
        f"{folder / 'wrong.toml'}:30",
    ]


def test_two_sites_cannot_have_one_id(folder: Path) -> None:
    """Records of two sites would be mixed."""
    (folder / "second.toml").write_text(GOOD, encoding="utf-8")
    with pytest.raises(ConfigError, match="found 'steppe-herald', expected another id"):
        load_sites(folder)


def test_an_origin_belongs_to_one_site(folder: Path) -> None:
    """A reader's page must tell which site it is."""
    (folder / "second.toml").write_text(changed('"steppe-herald"', '"second"'), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_sites(folder)
    [problem] = caught.value.problems
    assert problem.path == "site.origins[0]"
    assert "'steppe-herald' has it" in problem.message


def test_what_is_not_there_says_what_to_do(tmp_path: Path) -> None:
    """A missing file, and a folder without any, lead to the command that writes one."""
    for path in (tmp_path / "absent.toml", tmp_path):
        with pytest.raises(ConfigError, match="consentkit init"):
            load_sites(path)


def test_a_name_that_no_file_can_have_is_refused() -> None:
    """A NUL in the setting is an error of the setting."""
    with pytest.raises(ConfigError, match="cannot be read"):
        load_sites(Path("a\0b"))


def test_what_is_no_file_is_refused() -> None:
    """A device would never end."""
    with pytest.raises(ConfigError, match="expected a file or a folder"):
        load_sites(Path("/dev/null"))


def test_a_file_is_at_most_one_mebibyte(folder: Path) -> None:
    """A bigger one is something else."""
    file = folder / "consentkit.toml"
    padding = b"#" * (MAX_BYTES - len(file.read_bytes()))
    file.write_bytes(file.read_bytes() + padding)
    assert load_site(file).id == "steppe-herald"
    file.write_bytes(file.read_bytes() + b"#")
    with pytest.raises(ConfigError, match="expected at most 1,048,576 bytes"):
        load_site(file)


def test_a_byte_that_is_not_utf_8_has_its_line(folder: Path) -> None:
    """A file in another encoding says where it shows."""
    file = folder / "consentkit.toml"
    file.write_bytes("# ok\n# Вестник\n".encode("windows-1251"))
    with pytest.raises(ConfigError, match=r"consentkit\.toml:2: found the byte 0xc2, expected text in UTF-8"):
        load_site(file)


def test_the_mark_of_windows_editors_is_passed_over(folder: Path) -> None:
    """A byte order mark at the beginning is no part of the text."""
    file = folder / "consentkit.toml"
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert load_site(file).id == "steppe-herald"


def test_a_policy_that_is_not_there_is_told(folder: Path) -> None:
    """The nearest file is proposed."""
    (folder / "consentkit.toml").write_text(changed("privacy.ru.md", "privaccy.ru.md"), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_site(folder / "consentkit.toml")
    [problem] = caught.value.problems
    assert (problem.path, problem.hint) == ("policies.privacy.files.ru", "Did you mean 'privacy.ru.md'?")


@pytest.mark.parametrize(
    "name", ["../secret.md", "/etc/passwd", "a/../../b.md", "a\\\\b.md", "c:/x.md", "a\\u0000b", ""]
)
def test_a_policy_cannot_be_a_file_elsewhere(name: str) -> None:
    """Who may edit one site's configuration gets no other files by it."""
    assert "policies.privacy.files.ru" in problems_of(changed("privacy.ru.md", name))


# ── hostile values ──


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JAVASCRIPT:alert(1)",
        "data:text/html,x",
        "//evil.example/",
        "/\\\\evil.example",
        'https://a.example/\\"onclick=x',
        "https://a.example/<script>",
        "https://a.example/ b",
        "https://a.example/\\nb",
        "/a\\u0000b",
        "",
    ],
)
def test_an_address_cannot_be_a_script(address: str) -> None:
    """Links of a policy lead to pages."""
    text = GOOD.replace("https://www.steppe-herald.example/terms", address)
    assert set(problems_of(text)) == {"policies.terms.urls"}


@pytest.mark.parametrize("end", ["\\n", "\\r\\n", " ", "\\u0000", "\\t", "\\u2028"])
@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("www.steppe-herald.example", "site.origins[0]"),
        ("steppe-herald", "site.id"),
        ("counter.example", "services[0].hosts[0]"),
        ("_c_*", "services[0].cookies[0].name"),
        ("P2Y", "services[0].cookies[0].lifetime"),
        ("privacy@steppe-herald.example", "controller.email"),
        ("IE", "services[0].country"),
    ],
)
def test_nothing_hides_behind_the_end_of_a_name(value: str, path: str, end: str) -> None:
    """A line break at the end would end up in headers and in the CSP."""
    assert path in problems_of(changed(f'{value}"', f'{value}{end}"'))


def test_markup_in_a_text_is_text() -> None:
    """It is kept as it is: whatever prints it escapes it."""
    site = parse_site(changed("Степной вестник", "<script>alert(1)</script>"), "site.toml")
    assert site.site.name["ru"] == "<script>alert(1)</script>"


@pytest.mark.parametrize("escape", ["\\u0000", "\\u0007", "\\u001b[31m", "\\r", "\\u007f", "\\u0085"])
def test_control_characters_in_a_text_are_refused(escape: str) -> None:
    """They would reach terminals, logs and spreadsheets."""
    found = problems_of(changed("Степной вестник", f"a{escape}b"))
    assert found["site.name.ru"].message == "found control characters, expected plain text."


@pytest.mark.parametrize(
    "value",
    [
        f'"{"x" * 1_000_000}"',
        f'["{"x" * 1_000_000}"]',
        f"[{'1,' * 30_000}]",
        f"{'[' * 400_000}",
        f"{'[' * 5_000}{']' * 5_000}",
        f"{'{a=' * 5_000}1{'}' * 5_000}",
        "9" * 1_000_000,
        "0x" + "f" * 1_000_000,
        "1e999999999",
        f"{{{','.join(f'k{i}=1' for i in range(10_000))}}}",
        f"{{{'a.' * 300_000}a=1}}",
    ],
    ids=["text", "texts", "list", "open", "nested", "tables", "digits", "hexadecimal", "float", "keys", "dotted"],
)
@pytest.mark.parametrize("key", ["name", "origins", "unknown"])
def test_huge_values_are_refused_in_few_words(key: str, value: str) -> None:
    """No input makes a page of errors, nor takes long."""
    with pytest.raises(ConfigError) as caught:
        parse_site(f"[site]\n{key} = {value}\n", "site.toml")
    assert all(len(str(problem)) < 400 for problem in caught.value.problems)


# ── properties ──

WORDS = st.sampled_from(
    [*re.findall(r'"[^"]*"|[a-z_]+|\[\[?[a-z.]+\]?\]', GOOD), "[", "]", "{", "}", "=", ".", ",", "\n", "#", "1", "true"]
) | st.text(max_size=5)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """Draw the good text with some of it cut out, doubled, moved or replaced."""
    text = GOOD
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 40)))
        text = text[:start] + draw(WORDS | st.just(text[start:end] * 2)) + text[end:]
    return text


def attempt(text: str, **hooks: list[str]) -> tuple[Site | None, tuple[Problem, ...]]:
    """The site that *text* gives, or its problems."""
    try:
        return parse_site(text, "site.toml", **hooks), ()
    except ConfigError as error:
        return None, error.problems


@settings(deadline=None)
@given(mutated() | st.text(max_size=200) | st.lists(WORDS, max_size=40).map(" ".join))
def test_any_text_is_a_site_or_our_error(text: str) -> None:
    """Nothing that a file can hold raises anything else, and each problem is one short line of plain words."""
    site, problems = attempt(text, text_keys=["title"], locales=["ru", "kk"])
    assert (site is None) == bool(problems)
    for problem in problems:
        assert re.fullmatch(r"site\.toml(:[1-9][0-9]*)?", problem.where)
        assert re.match(r"found|cannot", problem.message)
        assert problem.message.endswith(".")
        assert "\n" not in str(problem)
        assert not re.search(r"pydantic|validation|input should|_type\b|dict|NoneType", str(problem), re.IGNORECASE)


@settings(deadline=None)
@given(st.data())
def test_a_value_of_any_kind_in_any_place_is_told_there(data: st.DataObject) -> None:
    """A wrong value is refused with its path, or taken because it is right."""
    line = data.draw(st.sampled_from([line for line in GOOD.splitlines() if "=" in line]))
    value = data.draw(st.sampled_from(["1", "-1", "true", "''", "'x'", "[]", "[1]", "{}", "{ru=1}", "nan", "07:32:00"]))
    key = line.partition(" =")[0]
    site, problems = attempt(GOOD.replace(line, f"{key} = {value}", 1))
    assert site is not None or any(re.search(f"{key}|purposes|policies", problem.path) for problem in problems)
