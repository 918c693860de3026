"""What repeats a finding, as data, and the shell command that is made from it.

The command has every option that is not the default and can change what a finding shows. A command that names the
scenario or the schedule needs no search, so it leaves out the options of a search (`SEARCHING`).
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from lockproof.core.options import CheckOptions, ExploreOptions
from lockproof.core.scenario import Scenario
from lockproof.core.schedule import Schedule

ALWAYS: Final = (
    "model", "factory", "teardown", "skip", "consistency", "engine", "conformance", "hang", "memory", "invocations",
    "sanitizer", "python", "suppressions",
)  # fmt: skip
"""Options that every command has, unless they have their defaults."""

SEARCHING: Final = ("budget", "runs", "schedules", "threads", "bound", "strategy")
"""Options of a search. A command that names the scenario or the schedule to run leaves them out."""


@dataclass(frozen=True)
class RepeatTarget:
    """A command of lockproof that repeats a finding.

    Attributes:
        target: the class or function, as on the command line.
        options: the options that lead to the finding; they include its scenario and its schedule.

    """

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
        return _joined([*words, *_words(options, SEARCHING if straight else ("invocations",))])


@dataclass(frozen=True)
class RepeatTest:
    """A test that repeats a finding.

    Attributes:
        words: the words of the command that runs the test.
        said: a comment on the command; "" for none.

    """

    words: tuple[str, ...]
    said: str = ""

    def __str__(self) -> str:
        """The command."""
        return _joined(self.words) + (f"  # {self.said}" if self.said else "")


type Repeat = RepeatTarget | RepeatTest


def repeat_of_check(target: str, options: CheckOptions, scenario: Scenario) -> RepeatTarget:
    """Return the command that repeats a finding of a check.

    It names the scenario, unless that has one thread: a check refuses such a scenario, and one thread alone shows the
    finding in every check.
    """
    named = str(scenario) if len(scenario.threads) > 1 else None
    return RepeatTarget(target, replace(options, scenario=named))


def repeat_of_exploration(target: str, options: ExploreOptions, schedule: Schedule | None) -> RepeatTarget:
    """Return the command that repeats a finding of an exploration. It names the schedule, if there is one."""
    return RepeatTarget(target, replace(options, schedule=None if schedule is None else str(schedule)))


def _joined(words: Sequence[str]) -> str:
    """Return the words as a shell command: as `shlex.join` does, but a word with single quotes stays readable."""
    return " ".join(
        f'"{word}"' if "'" in word and not set(word) & set('"$`\\!') else shlex.quote(word) for word in words
    )


def _words(options: CheckOptions | ExploreOptions, omitted: tuple[str, ...]) -> list[str]:
    words, defaults = [], type(options)()
    for name in (*ALWAYS, *SEARCHING):
        value = getattr(options, name, None)
        if name not in omitted and value is not None and value != getattr(defaults, name, None):
            several = value if isinstance(value, tuple) else (value,)
            for each in several:
                words += [f"--{name}", f"{each:g}s" if name in ("hang", "budget") else str(each)]
    return words
