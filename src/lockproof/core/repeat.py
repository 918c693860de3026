"""The command that repeats a finding: written from the options of a check or an exploration, and read back.

Every option that can change what a finding shows is in the command where it is not the default. Two kinds are not: what
only says how long to search, once the command names the scenario or the schedule; and what chooses among scenarios or
schedules, once one is named.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from lockproof.core.options import CheckOptions, ExploreOptions
from lockproof.core.settings import seconds
from lockproof.core.verdict import Finding

ALWAYS: Final = ("model", "factory", "consistency", "engine", "hang", "memory", "invocations")
"""Options that a command has where they are not the defaults."""

SEARCHING: Final = ("budget", "threads", "bound", "strategy", "seed")
"""Options of a search: a command has them where it names no scenario, or no schedule, to go straight to."""

ELSEWHERE: Final = ("scenario", "schedule", "times")
"""Options that a command has from the finding; `times` is how often a reader wants to see it."""


def check_command(target: str, options: CheckOptions, seed: int, finding: Finding) -> str:
    """Return the command that repeats what a check has found."""
    words = ["lockproof", "check", target]
    named = len(finding.scenario.threads) > 1
    if named:
        words += ["--scenario", str(finding.scenario)]
    words += ["--seed", str(seed)]
    left = ("seed", *(SEARCHING if named else ("invocations",)))
    return shlex.join([*words, *_words(replace(options, seed=seed), CheckOptions(), left)])


def explore_command(target: str, options: ExploreOptions, finding: Finding) -> str:
    """Return the command that repeats what an exploration has found."""
    words = ["lockproof", "explore", target]
    if options.scenario is not None:
        words += ["--scenario", options.scenario]
    if finding.control is not None:
        words += ["--schedule", str(finding.control.schedule)]
        return shlex.join([*words, *_words(options, ExploreOptions(), SEARCHING)])
    words += ["--seed", str(options.seed)]
    return shlex.join([*words, *_words(options, ExploreOptions(), ("seed",))])


def _words(options: Any, defaults: Any, left: tuple[str, ...]) -> list[str]:
    words = []
    for name in (*ALWAYS, *SEARCHING):
        value = getattr(options, name, None)
        if name not in left and value is not None and value != getattr(defaults, name, None):
            words += [f"--{name}", f"{value:g}s" if name in ("hang", "budget") else str(value)]
    return words


_READ: Final[Mapping[str, Callable[[str], Any]]] = {
    "hang": seconds,
    "budget": seconds,
    **dict.fromkeys(("memory", "threads", "seed", "bound", "invocations"), int),
}


def arguments_of(command: str) -> dict[str, Any]:
    """Return the options of a command that one of the above has written, as a function of `lockproof` takes them."""
    words = shlex.split(command)[3:]
    given: Mapping[str, str] = dict(zip((word.removeprefix("--") for word in words[::2]), words[1::2], strict=False))
    return {name: _READ.get(name, str)(value) for name, value in given.items()}


def target_of(command: str) -> str | None:
    """Return what such a command names; None if it is none of ours."""
    words = shlex.split(command)
    ours = words[:2] in (["lockproof", "check"], ["lockproof", "explore"]) and len(words) > 2
    return words[2] if ours else None
