"""Days and moments as options take them."""

from __future__ import annotations

import datetime as dt

import click


class Moment(click.ParamType):  # type: ignore[type-arg]  # older clicks take no argument here
    """A day or a moment in ISO 8601. Without a zone it is UTC."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> dt.datetime:
        """Return the moment; a day is where it begins."""
        if isinstance(value, dt.datetime):
            return value
        try:
            moment = dt.datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(
                f"found '{value}', expected a day like 2026-11-23 or a time like 2026-11-23T12:00:00Z.", param, ctx
            )
        return moment if moment.tzinfo is not None else moment.replace(tzinfo=dt.UTC)
