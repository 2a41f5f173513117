"""Verifier keys as options take them."""

from __future__ import annotations

import typing as t
from pathlib import Path

import click

from ..errors import ProofInvalid
from ..ledger.notes import Verifier

# A file of keys holds a handful of lines.
_MAX_KEYS = 65_536


class VerifierKeys(click.ParamType):  # type: ignore[type-arg]  # older clicks take no argument here
    """A verifier key line, or a file of them."""

    name = "key"

    def convert(self, value: t.Any, param: click.Parameter | None, ctx: click.Context | None) -> list[Verifier]:
        """Return the keys."""
        text = str(value)
        try:
            path = Path(text)
            if path.is_file():
                with path.open(encoding="utf-8") as file:
                    text = file.read(_MAX_KEYS)
        except (OSError, ValueError):
            # No name that a file can have: a line, then.
            pass
        lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
        try:
            return [Verifier.parse(line) for line in lines]
        except ProofInvalid as error:
            self.fail(f"{error} Expected a file, or a line such as 'news.example/log/news+1a2b3c4d+Ab…'.", param, ctx)
