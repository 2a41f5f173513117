"""The group of commands. One module for each noun; here they only come together."""

from __future__ import annotations

import importlib
import typing as t

import click

from ..errors import ConfigError
from ..errors import ConsentKitError

#: Name of a command to the module that holds it. Loaded when called, so that ``--help`` is quick.
_COMMANDS = {
    "access": "consentkit.cli.access:access",
    "admin": "consentkit.cli.admin:admin",
    "audit-pack": "consentkit.cli.audit_pack:audit_pack",
    "csp": "consentkit.cli.csp:csp",
    "db": "consentkit.cli.db:db",
    "demo": "consentkit.console:demo",
    "embeds": "consentkit.cli.embeds:embeds",
    "init": "consentkit.cli.init:init",
    "keys": "consentkit.cli.keys:keys",
    "log": "consentkit.cli.log:log",
    "policy": "consentkit.cli.policy:policy",
    "receipt": "consentkit.cli.receipt:receipt",
    "records": "consentkit.cli.records:records",
    "retention": "consentkit.cli.retention:retention",
    "rollups": "consentkit.cli.rollups:rollups",
    "serve": "consentkit.console:serve",
    "services": "consentkit.cli.services:services",
    "worker": "consentkit.cli.worker:worker",
}


class _Commands(click.Group):
    """Loads a command when it is asked for, and turns our errors into exit codes: 2 for wrong use, 1 otherwise."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click gives it
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click gives it
        target = _COMMANDS.get(cmd_name)
        if target is None:
            return None
        module, _, name = target.partition(":")
        return t.cast("click.Command", getattr(importlib.import_module(module), name))

    def invoke(self, ctx: click.Context) -> t.Any:
        try:
            return super().invoke(ctx)
        except ConsentKitError as error:
            click.echo(str(error), err=True)
            ctx.exit(2 if isinstance(error, ConfigError) else 1)


@click.group("consentkit", cls=_Commands)
@click.version_option(package_name="consentkit")
def consentkit_cli() -> None:
    """Privacy consent for news sites.

    Settings come from environment variables such as CONSENTKIT_CONFIG and CONSENTKIT_DATABASE_URL, or, under 'flask
    consentkit', from the application.
    """
