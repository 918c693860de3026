"""Do the commands have the defaults of the library, and does `--help` show every option?"""

from __future__ import annotations

from dataclasses import fields

import click
import pytest

from lockproof.cli.commands import cli
from lockproof.core.options import CheckOptions, ExploreOptions, MutateOptions, Options

pytestmark = pytest.mark.one_build

COMMANDS = {"check": CheckOptions, "explore": ExploreOptions, "mutate": MutateOptions}


def options_of(command: str) -> list[click.Option]:
    return [each for each in cli.commands[command].params if isinstance(each, click.Option)]


@pytest.mark.parametrize(("command", "kind"), COMMANDS.items(), ids=COMMANDS)
def test_a_command_has_the_defaults_of_the_library(command: str, kind: type[Options]) -> None:
    context = cli.commands[command].make_context(command, ["module:name"])
    defaults = kind()
    given = {name: value for name, value in context.params.items() if hasattr(defaults, name) and value is not None}
    assert {"budget", "hang", "memory"} <= given.keys()
    assert given == {name: getattr(defaults, name) for name in given}


@pytest.mark.parametrize(("command", "kind"), COMMANDS.items(), ids=COMMANDS)
def test_a_command_has_every_option_of_the_library(command: str, kind: type[Options]) -> None:
    not_said = {"mutate": {"store"}}  # always the working directory's
    names = {each.name for each in cli.commands[command].params}
    assert {each.name for each in fields(kind)} - names == not_said.get(command, set())


@pytest.mark.parametrize("command", cli.commands)
def test_the_help_shows_every_option_with_a_text_of_its_own(command: str) -> None:
    shown = cli.commands[command].get_help(click.Context(cli.commands[command]))
    texts = [each.help for each in options_of(command)]
    assert all(each.opts[0] in shown for each in options_of(command))
    assert all(texts)
    assert len(set(texts)) == len(texts)
