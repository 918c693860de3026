"""From the targets that were asked for to those that are checked: a package becomes the targets that are found in it.

A target of the configuration that is named by itself overrides what a package says of it. A package on the command line
takes from such a target only what says how its objects are made and judged: factory, model, teardown, skip, and the
findings that are accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from lockproof.audit.modules import Modules, modules_of
from lockproof.audit.sources import files_of
from lockproof.audit.surveying import survey_of
from lockproof.cli.configuration import ConfiguredTarget
from lockproof.core.errors import LockproofError
from lockproof.core.survey import Survey

_OF_ONE: Final = ("factory", "model", "teardown", "skip")
"""The settings that a package of the command line takes from a target of the configuration."""


@dataclass(frozen=True)
class Expanded:
    """The targets to check.

    Attributes:
        targets: the targets, with their settings.
        surveys: what was found in each package.
        files: the files whose contents decide what a check does.

    """

    targets: tuple[ConfiguredTarget, ...]
    surveys: tuple[Survey, ...]
    files: tuple[Path, ...]


def expanded(
    targets: Sequence[ConfiguredTarget],
    configured: Sequence[ConfiguredTarget] = (),
    survey: Callable[[str, Modules], Survey] = survey_of,
) -> Expanded:
    """Return the targets with each package replaced by what is found in it.

    Args:
        targets: the targets that were asked for.
        configured: for a package of the command line, the targets of the configuration.
        survey: returns what a package has to check.

    Raises:
        LockproofError: a package has a setting that is about one class.

    """
    named = {each.target for each in targets}
    own = {each.target: each for each in configured}
    found: list[ConfiguredTarget] = []
    surveys: list[Survey] = []
    files: list[Path] = []
    for each in targets:
        modules = _modules(each)
        seen = survey(each.target, modules) if modules is not None else None
        if modules is None or seen is None or _is_plain(modules, seen):
            found.append(each)
            continue
        _refuse(each)
        surveys.append(seen)
        files += modules.files
        for one in seen.found:
            names = (one.target, *one.aliases)
            if named.isdisjoint(names):
                override = next((own[name] for name in names if name in own), None)
                found.append(_of_package(each, one.target, override))
    for each in found:
        for name in (each.target, each.options.factory, each.options.model):
            if name is not None and ":" in name and not any(name in names for names in map(_names, surveys)):
                files += files_of(name)
    return Expanded(tuple(_once(found)), tuple(surveys), tuple(dict.fromkeys(files)))


def _names(survey: Survey) -> set[str]:
    return {each.target for each in survey.found}


def _once(targets: Sequence[ConfiguredTarget]) -> Sequence[ConfiguredTarget]:
    """Return each target once: two packages may overlap."""
    return list({each.target: each for each in reversed(targets)}.values())[::-1]


def _modules(target: ConfiguredTarget) -> Modules | None:
    """Return the modules that a target stands for; None for a class or a function, and for a given scenario."""
    if ":" in target.target or target.options.scenario is not None:
        return None
    return modules_of(target.target)


def _is_plain(modules: Modules, survey: Survey) -> bool:
    """Tell whether it is a module without classes of its own: its functions are checked as they are."""
    return modules.plain and not any(":" in each.target for each in survey.found)


def _refuse(package: ConfiguredTarget) -> None:
    for name in ("factory", "model"):
        if getattr(package.options, name) is not None:
            raise LockproofError(
                f"{package.target} has many targets, and a {name} is for one of them",
                "",
                f"give it at a [[tool.lockproof.target]] of its own in pyproject.toml, or as --{name} with one class",
            )


def _of_package(package: ConfiguredTarget, target: str, override: ConfiguredTarget | None) -> ConfiguredTarget:
    if override is None:
        return replace(package, target=target, package=package.target)
    own = {name: override.settings[name] for name in _OF_ONE if override.settings[name].value not in (None, ())}
    accepted = (*package.accepted, *override.accepted)
    settings = {**package.settings, **own}
    return replace(package, target=target, settings=settings, accepted=accepted, package=package.target)
