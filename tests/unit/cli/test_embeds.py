"""``consentkit embeds``: what is known, and entries to paste."""

from __future__ import annotations

import tomllib

from click.testing import CliRunner

from consentkit.cli.embeds import embeds


def test_it_lists_every_provider() -> None:
    """One on a line, with who it is."""
    result = CliRunner().invoke(embeds)
    assert result.exit_code == 0
    assert len(result.output.splitlines()) == 22
    assert "Telegram FZ-LLC, AE" in result.output


def test_an_entry_can_be_pasted() -> None:
    """Several at once, each a service for the purpose that was asked for."""
    result = CliRunner().invoke(embeds, ["vimeo", "telegram", "--purpose", "video"])
    services = tomllib.loads(result.output)["services"]
    assert [(one["id"], one["purposes"]) for one in services] == [("vimeo", ["video"]), ("telegram", ["video"])]


def test_an_unknown_name_is_wrong_use() -> None:
    """And the known ones are named."""
    result = CliRunner().invoke(embeds, ["viemo"])
    assert result.exit_code == 2
    assert "vimeo" in result.output
