"""What repeats a finding, as data, and the shell command that is made of it.

The command has every option that can change what a finding shows and is not the default. Two kinds are left out: what
only says how long to search, once the command names the scenario or the schedule; and what chooses among scenarios or
schedules, once one is named.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import Final

from lockproof.core.options import CheckOptions, ExploreOptions
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Schedule

ALWAYS: Final = ("model", "factory", "consistency", "engine", "hang", "memory", "invocations")
"""Options that a command has where they are not the defaults."""

SEARCHING: Final = ("budget", "threads", "bound", "strategy")
"""Options of a search: a command has them where it names no scenario, or no schedule, to go straight to."""


@dataclass(frozen=True)
class RepeatTarget:
    """A finding in what `target` names: these options lead to it, the scenario and the schedule among them."""

    target: str
    options: CheckOptions | ExploreOptions

    def __str__(self) -> str:
        """The command."""
        options = self.options
        check = isinstance(options, CheckOptions)
        schedule = options.schedule if isinstance(options, ExploreOptions) else None
        words = ["lockproof", "check" if check else "explore", self.target]
        if options.scenario is not None:
            words += ["--scenario", options.scenario]
        words += ["--seed", str(options.seed)] if schedule is None else ["--schedule", schedule]
        straight = schedule is not None or (check and options.scenario is not None)
        return shlex.join([*words, *_words(options, SEARCHING if straight else ("invocations",))])


@dataclass(frozen=True)
class RepeatTest:
    """A finding in a test: the words of the command that runs the test, and what to say of it."""

    words: tuple[str, ...]
    said: str = ""

    def __str__(self) -> str:
        """The command."""
        return shlex.join(self.words) + (f"  # {self.said}" if self.said else "")


type Repeat = RepeatTarget | RepeatTest


def repeat_of_check(target: str, options: CheckOptions, scenario: Scenario) -> RepeatTarget:
    """Return what repeats a finding of a check; one of one thread alone has no scenario to go straight to."""
    named = str(scenario) if len(scenario.threads) > 1 else None
    return RepeatTarget(target, replace(options, scenario=named))


def repeat_of_exploration(target: str, options: ExploreOptions, schedule: Schedule | None) -> RepeatTarget:
    """Return what repeats a finding of an exploration: its schedule, if it has one."""
    return RepeatTarget(target, replace(options, schedule=None if schedule is None else str(schedule)))


def _words(options: CheckOptions | ExploreOptions, left: tuple[str, ...]) -> list[str]:
    words, defaults = [], type(options)()
    for name in (*ALWAYS, *SEARCHING):
        value = getattr(options, name, None)
        if name not in left and value is not None and value != getattr(defaults, name, None):
            words += [f"--{name}", f"{value:g}s" if name in ("hang", "budget") else str(value)]
    return words
