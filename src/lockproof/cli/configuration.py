"""The configuration of a project: the table `[tool.lockproof]` of the `pyproject.toml` in the working directory.

It has values for all targets, profiles that change them, and the targets with their own values and their accepted
findings. What is nearer to a target counts: its own value before that of the profile, and that before the common one.
An option on the command line counts before all of them.

An unknown key is refused, since a misspelt one would leave a check out without a word. No profile is chosen because of
a variable like CI, which other tools set: a check must not become another one where nobody asked for it.
"""

from __future__ import annotations

import datetime
import difflib
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lockproof.core.errors import LockproofError
from lockproof.core.options import (
    CONFORMANCES,
    COUNTS,
    ENGINES,
    LEAST_MEMORY,
    LEAST_SCHEDULES,
    SANITIZERS,
    CheckOptions,
)
from lockproof.core.settings import seconds
from lockproof.core.verdict import Consistency
from lockproof.report.known import Accepted

FILE: Final = "pyproject.toml"
TABLE: Final = "tool.lockproof"

PROFILE_VARIABLE: Final = "LOCKPROOF_PROFILE"
"""The environment variable that chooses a profile where no option does."""


@dataclass(frozen=True)
class Setting:
    """A value and where it comes from: a table of the file, `the command line` or `default`."""

    value: Any
    origin: str


@dataclass(frozen=True)
class ConfiguredTarget:
    """A target, the settings of its check by name, and the findings in it that are accepted.

    `package` is the package that it was found in, "" for a target that is named by itself: what is accepted in a
    package may be in any of its targets.
    """

    target: str
    settings: Mapping[str, Setting]
    accepted: tuple[Accepted, ...] = ()
    package: str = ""

    @property
    def options(self) -> CheckOptions:
        """The options of its check."""
        return CheckOptions(**{name: each.value for name, each in self.settings.items()})


def read_configuration(folder: Path, profile: str | None, given: Mapping[str, Any]) -> tuple[ConfiguredTarget, ...]:
    """Return the targets of the configuration in a directory; none without a file or without the table.

    Args:
        folder: the directory of the file.
        profile: the name of the profile to use; None or "" for none.
        given: the options of the command line by name, which count before the file.

    Raises:
        LockproofError: the file cannot be read, or has a key or a value that is wrong, or lacks the profile.

    """
    table = _table(folder / FILE)
    _refuse_unknown(table, (*_COMMON, "profile", "target"), TABLE)
    profiles = _tables(table.get("profile", {}), f"{TABLE}.profile")
    layers = [(TABLE, {name: value for name, value in table.items() if name in _COMMON})]
    for name, values in profiles.items():
        _refuse_unknown(values, tuple(_COMMON), f"{TABLE}.profile.{name}")
        _read(values, f"{TABLE}.profile.{name}")
    if profile:
        if profile not in profiles:
            near = ", ".join(profiles) or "none"
            raise LockproofError(
                f"{FILE} has no profile {profile!r}; it has {near}",
                "a misspelt name, or another working directory",
                f"choose one with --profile or {PROFILE_VARIABLE}, or add [{TABLE}.profile.{profile}]",
            )
        layers.append((f"{TABLE}.profile.{profile}", profiles[profile]))
    targets = table.get("target", [])
    if not isinstance(targets, list) or not all(isinstance(each, dict) for each in targets):
        raise _wrong(TABLE, "target", targets, "an array of tables", f"[[{TABLE}.target]]")
    found = tuple(_target(each, number, layers, given) for number, each in enumerate(targets, 1))
    names = [each.target for each in found]
    for name in names:
        if names.count(name) > 1:
            raise LockproofError(f"{FILE} has the target {name} twice", "a copied table", "take one of them out")
    _read(layers[0][1], TABLE)
    return found


def _table(path: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise LockproofError(f"{path} cannot be read: {error.strerror or error}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LockproofError(f"{path} is no TOML: {error}", "a slip in the file", "correct it there") from None
    tool = document.get("tool", {})
    table = tool.get("lockproof", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise _wrong("tool", "lockproof", table, "a table", f"[{TABLE}]")
    return table


def _tables(value: Any, where: str) -> dict[str, dict[str, Any]]:
    if not isinstance(value, dict) or not all(isinstance(each, dict) for each in value.values()):
        raise _wrong(TABLE, "profile", value, "a table of tables", f"[{where}.ci]")
    return value


def _target(
    table: dict[str, Any], number: int, layers: Iterable[tuple[str, dict[str, Any]]], given: Mapping[str, Any]
) -> ConfiguredTarget:
    name = table.get("target")
    where = f"{TABLE}.target {name if isinstance(name, str) else number}"
    if not isinstance(name, str) or not name:
        raise _wrong(where, "target", name, "the name of a class or a function", 'target = "package.module:Class"')
    _refuse_unknown(table, (*_SETTINGS, "target", "accepted"), where)
    own = {key: value for key, value in table.items() if key in _SETTINGS}
    defaults = CheckOptions()
    settings = {key: Setting(getattr(defaults, key), "default") for key in _SETTINGS}
    for origin, values in (*layers, (where, own)):
        _lay_over(settings, _read(values, origin), origin)
    _lay_over(settings, {key: value for key, value in given.items() if key in _SETTINGS}, "the command line")
    return ConfiguredTarget(name, settings, _accepted(table.get("accepted", []), where, name))


def _lay_over(settings: dict[str, Setting], values: Mapping[str, Any], origin: str) -> None:
    """Let the values of a layer count before those of the layers below it.

    A budget and counts are two ends for one check, so the layer nearest to the target that has one of them decides.

    Raises:
        LockproofError: the layer has both.

    """
    counts = [name for name in COUNTS if name in values]
    if counts and "budget" in values:
        raise LockproofError(
            f"{FILE}, {origin}: budget and {counts[0]} are two ends for one check",
            "",
            "leave one of them out there; what is nearer to a target counts",
        )
    if counts or "budget" in values:
        defaults = CheckOptions()
        settings |= {
            name: Setting(getattr(defaults, name), "default") for name in ("budget", *COUNTS) if name not in counts
        }
    settings |= {key: Setting(value, origin) for key, value in values.items()}


def _accepted(entries: Any, where: str, target: str) -> tuple[Accepted, ...]:
    if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
        raise _wrong(where, "accepted", entries, "an array of tables", f"[[{TABLE}.target.accepted]]")
    found = []
    for each in entries:
        _refuse_unknown(each, ("finding", "reason", "date"), f"{where}, accepted")
        finding, reason, date = (each.get(name) for name in ("finding", "reason", "date"))
        if not isinstance(finding, str) or not finding:
            raise _wrong(
                where, "finding", finding, "a fingerprint", 'finding = "2998dcff8e80951c", which a check shows'
            )
        if not isinstance(reason, str) or not reason.strip():
            raise _wrong(where, "reason", reason, "a reason", 'reason = "only one thread ever writes"')
        if not isinstance(date, datetime.date) or isinstance(date, datetime.datetime):
            raise _wrong(where, "date", date, "a date", "date = 2026-11-26, without quotes")
        found.append(Accepted(finding, target, reason, date.isoformat()))
    return tuple(found)


def _read(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return the values of a table as options have them."""
    found = {}
    for name, value in values.items():
        read, what, example = _SETTINGS[name]
        try:
            found[name] = read(value)
        except (TypeError, ValueError):
            raise _wrong(where, name, value, what, f"{name} = {example}") from None
    return found


def _wrong(where: str, name: str, value: Any, what: str, example: str) -> LockproofError:
    said = "is missing" if value is None else f"is {value!r}"
    return LockproofError(f"{FILE}, {where}: {name} {said}, and must be {what}", "", f"write: {example}")


def _refuse_unknown(table: Mapping[str, Any], known: Iterable[str], where: str) -> None:
    for name in table:
        if name not in (names := tuple(known)):
            near = difflib.get_close_matches(name, names, 1)
            raise LockproofError(
                f"{FILE}, {where}: there is no key {name!r} here",
                f"{near[0]} is meant" if near else "a misspelt key, or one of another table",
                f"the keys here are {', '.join(names)}",
            )


def _time(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    return seconds(str(value))


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(map(_text, value))


def _whole(least: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise ValueError
        return value

    return read


def _one_of(choices: Iterable[str]) -> Callable[[Any], str]:
    allowed = tuple(choices)

    def read(value: Any) -> str:
        if value not in allowed:
            raise ValueError
        return str(value)

    return read


type _Reader = tuple[Callable[[Any], Any], str, str]
"""What reads a value, what the value must be in words, and an example of it in TOML."""

_COMMON: Final[dict[str, _Reader]] = {
    "budget": (_time, "a length of time", '"10s"'),
    "seed": (_whole(0), "a whole number that is not negative", "1"),
    "threads": (_whole(2), "a whole number of at least 2", "3"),
    "engine": (_one_of(ENGINES), f"one of {', '.join(ENGINES)}", f'"{ENGINES[0]}"'),
    "conformance": (_one_of(CONFORMANCES), f"one of {', '.join(CONFORMANCES)}", f'"{CONFORMANCES[0]}"'),
    "consistency": (
        lambda value: Consistency(_text(value)), f"one of {', '.join(Consistency)}", f'"{CheckOptions.consistency}"',
    ),
    "runs": (_whole(1), "a whole number of at least 1", "20000"),
    "schedules": (_whole(LEAST_SCHEDULES), f"a whole number of at least {LEAST_SCHEDULES}", "2000"),
    "scenarios": (_text, "the name of a file", '"scenarios.toml"'),
    "hang": (_time, "a length of time", '"3s"'),
    "memory": (_whole(LEAST_MEMORY), f"a number of MiB of at least {LEAST_MEMORY}", "1024"),
    "sanitizer": (_one_of(SANITIZERS), f"one of {', '.join(SANITIZERS)}", f'"{SANITIZERS[0]}"'),
    "python": (_text, "the path of an interpreter", '"tsan/bin/python3.13t"'),
    "suppressions": (_texts, "an array of names of files", '["suppressions.txt"]'),
}  # fmt: skip
"""The settings that the whole configuration, a profile or a target may have."""

_SETTINGS: Final[dict[str, _Reader]] = {
    "model": (_text, "a text", '"set"'),
    "factory": (_text, "a text", '"tests.factories:small_bag"'),
    "teardown": (_text, "a text", '"a.close()"'),
    "skip": (_texts, "an array of texts", '["announce"]'),
    "scenario": (_text, "a text", '"a.add(1) || a.add(1)"'),
    **_COMMON,
}
"""The settings that a target may have."""
