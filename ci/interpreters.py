#!/usr/bin/env python3
"""Make sure that the interpreters are there: CPython 3.13 and 3.13t of one release, 3.14, 3.15, and others if possible.

The ways are tried in this order:

1. on the machine: PATH, and this project's cache;
2. `uv python install`, with uv from PATH or from a private environment in the cache;
3. on Debian: standard builds from the binary packages of newer suites, unpacked into the cache (seconds), and 3.13t
   compiled from the source package (about 2 minutes on 2 processors).

Standard output has one line `BUILD=PATH` for each interpreter; progress goes to standard error.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

if __package__ in (None, ""):
    # Run as a script: the package is found from the repository's root, not from inside itself.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from ci import compiled, debian, found, prefixes, uv
from ci.apt import Archive
from ci.builds import OPTIONAL, PAIR, REQUIRED, Build, Interpreter, Release, order_releases, verify
from ci.cache import Refusals, cache_directory, process_lock
from ci.console import CiError, Reporter, run_main

EXAMPLES = """
examples:
  ci/interpreters.py                    3.13, 3.13t, 3.14 and 3.15, and later builds where they can be had
  ci/interpreters.py 3.13t              only this build
  ci/interpreters.py --list             look at the machine only; download and build nothing
  ci/interpreters.py --refresh          ask again for what could not be had the last time

exit status: 0 all that was required is there, 2 it is not (standard error says what was tried), 130 interrupted
Everything is kept in the cache directory %s; delete it to undo everything.
"""


class Ways(Protocol):
    """The ways to an interpreter; the resolver knows no more of them than this."""

    def search(self, builds: Sequence[Build]) -> tuple[list[Interpreter], dict[str, list[str]]]: ...

    def verify(self, interpreter: Interpreter) -> str: ...

    def uv(self, builds: Sequence[Build]) -> str: ...

    def unpack(self, build: Build, release: Release | None) -> Interpreter: ...

    def source(self, minor: str) -> tuple[Release, Path]: ...

    def compile(self, build: Build, release: Release, archive: Path, why: str) -> Interpreter: ...

    def clean(self) -> None: ...


@dataclass
class Outcome:
    """The interpreters that are there, and for each build that is not all that was tried."""

    have: dict[str, Interpreter] = field(default_factory=dict)
    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def missing_by_reasons(self) -> dict[tuple[str, ...], list[str]]:
        """The missing builds grouped, so that one reason is said in one line."""
        grouped: dict[tuple[str, ...], list[str]] = {}
        for name, reasons in self.missing.items():
            grouped.setdefault(reasons, []).append(name)
        return grouped


def by_version(builds: Iterable[Build]) -> list[list[Build]]:
    """The builds in groups of one version each, oldest version first."""
    groups: dict[str, list[Build]] = {}
    for build in sorted(set(builds)):
        groups.setdefault(build.minor, []).append(build)
    return list(groups.values())


class Machine:
    """What is on the machine, by one search; each interpreter that is chosen is verified once."""

    def __init__(self, builds: Sequence[Build], ways: Ways) -> None:
        self._ways = ways
        self._pool, self._rejected = ways.search(builds)
        self._faults: dict[Interpreter, str] = {}

    def _sound(self, interpreter: Interpreter) -> bool:
        if interpreter not in self._faults:
            self._faults[interpreter] = self._ways.verify(interpreter)
        return not self._faults[interpreter]

    def best(self, build: Build, release: Release) -> Interpreter | None:
        """A sound interpreter of this build and release."""
        matching = (item for item in self._pool if (item.build, item.release) == (build, release))
        return next(filter(self._sound, matching), None)

    def choose(self, group: Sequence[Build]) -> dict[str, Interpreter]:
        """The builds of one version: in the newest release that all have, else each in its newest.

        For the pair that is compared it is all or nothing.
        """
        chosen: dict[str, Interpreter] = {}
        for release in order_releases([item.release for item in self._pool if item.build in group]):
            same = {build.name: item for build in group if (item := self.best(build, release)) is not None}
            if len(same) == len(group):
                return same
            chosen = {**same, **chosen}
        return {} if set(group) == set(PAIR) else chosen

    def seen(self, group: Sequence[Build]) -> list[str]:
        """What there is of the builds that were not chosen, in words."""
        mine = [item for item in self._pool if item.build in group]
        faults = [f" {self._faults[item]}" if self._faults.get(item) else "" for item in mine]
        seen = [item.describe() + fault for item, fault in zip(mine, faults)]
        seen += dict.fromkeys(reason for build in group for reason in self._rejected.get(build.name, []))
        if len({item.build for item in mine}) == 2 and not any(faults):
            seen.append("the releases differ")
        return ["on the machine: " + "; ".join(seen)] if seen else []


def from_debian(group: Sequence[Build], machine: Machine, ways: Ways) -> dict[str, Interpreter]:
    """The builds of one version from Debian's archive. The caller holds the cache's lock.

    A free-threaded build is compiled, for which Debian has the source alone. A standard build of the same version
    has to be of its release, which need not be the newest that there is as a package.
    """
    if not any(build.free_threaded for build in group):
        return {build.name: ways.unpack(build, None) for build in group}
    release, archive = ways.source(group[0].minor)
    chosen: dict[str, Interpreter] = {}
    for build in group:
        ready = machine.best(build, release)
        why = "Debian has no package of it"
        if ready is None and not build.free_threaded:
            try:
                ready = ways.unpack(build, release)
            except CiError as problem:
                # The archive drops the package of a release when a newer one comes; the source serves as well.
                why = problem.fact
        chosen[build.name] = ready or ways.compile(build, release, archive, why)
    return chosen


def get(group: Sequence[Build], required: Iterable[Build], machine: Machine, ways: Ways) -> Outcome:
    """Get the builds of one version by the ways in order. The caller holds the cache's lock.

    Builds that are not required are left to uv: none of them is worth minutes of compiling.
    """
    chosen = machine.choose(group)
    if len(chosen) == len(group):
        return Outcome(chosen)
    lacking = [build for build in group if build.name not in chosen]
    tried = machine.seen(lacking)
    refusal = ways.uv(lacking)
    if refusal:
        tried.append("uv: " + refusal)
    else:
        machine = Machine(group, ways)
        chosen = machine.choose(group)
        if len(chosen) < len(group):
            tried.append("uv: it installed something else; now " + "; ".join(machine.seen(group)))
    must = [build for build in group if build in required and build.name not in chosen]
    if must:
        try:
            chosen = {**chosen, **from_debian(must, machine, ways)}
        except CiError as problem:
            tried.append("Debian's archive: " + problem.fact + (f" ({problem.next_step})" if problem.next_step else ""))
    return Outcome(chosen, {build.name: tuple(tried) for build in group if build.name not in chosen})


class MachineWays:
    """The real ways, over this machine and the cache directory."""

    def __init__(self, cache: Path, report: Reporter, *, refresh: bool = False) -> None:
        self.cache = cache
        self.report = report
        self.log = cache / "logs" / "interpreters.log"
        self.lock_descriptor: int | None = None
        self._archive = Archive(cache, report, self.log, refresh=refresh)

    def search(self, builds: Sequence[Build]) -> tuple[list[Interpreter], dict[str, list[str]]]:
        directories = [("PATH", directory) for directory in found.path_directories(os.environ)]
        pool, rejected = found.search(builds, directories + uv.directories(self.cache))
        return pool + prefixes.finished(self.cache, builds), rejected

    def verify(self, interpreter: Interpreter) -> str:
        return verify(interpreter)

    def uv(self, builds: Sequence[Build]) -> str:
        return uv.install(self.cache, builds, self.report, self.log)

    def _open_archive(self) -> Archive:
        closed = self._archive.unusable()
        if closed:
            raise CiError(closed)
        return self._archive

    def unpack(self, build: Build, release: Release | None) -> Interpreter:
        release, packages = self._open_archive().packages(build.minor, release)
        return debian.unpack(self.cache, build, release, packages, self.report, lock_descriptor=self.lock_descriptor)

    def source(self, minor: str) -> tuple[Release, Path]:
        return self._open_archive().source(minor)

    def compile(self, build: Build, release: Release, archive: Path, why: str) -> Interpreter:
        self.report.say(f"{build.name} is compiled: {why}")
        compiled.install_headers(self.report, self.log)
        return compiled.compile_build(
            self.cache, build, release, archive, self.report, lock_descriptor=self.lock_descriptor
        )

    def clean(self) -> None:
        self._archive.clean()


def look(builds: Sequence[Build], ways: Ways) -> Outcome:
    """What is on the machine, without changing anything."""
    machine = Machine(builds, ways)
    outcome = Outcome()
    for group in by_version(builds):
        chosen = machine.choose(group)
        outcome.have.update(chosen)
        lacking = [build for build in group if build.name not in chosen]
        for build in lacking:
            outcome.missing[build.name] = tuple(machine.seen(lacking)) or ("nothing found on the machine",)
    return outcome


def ensure(
    required: Sequence[Build] = REQUIRED,
    optional: Sequence[Build] = OPTIONAL,
    *,
    refresh: bool = False,
    cache: Path | None = None,
    report: Reporter | None = None,
) -> Outcome:
    """Make the required builds be there, and the optional ones where they can be had.

    Raises CiError with all that was tried when a required build cannot be had. What could not be had of the
    optional builds is remembered for a day and not asked for again, unless `refresh` says so.
    """
    cache = cache_directory() if cache is None else cache
    report = Reporter(prefix="interpreters") if report is None else report
    ways = MachineWays(cache, report, refresh=refresh)
    refusals = Refusals(cache / "refusals.json")
    outcome = look(sorted({*required, *optional}), ways)
    pending = []
    for name in outcome.missing:
        refusal = None if refresh or Build.parse(name) in required else refusals.recall(name)
        if refusal is None:
            pending.append(Build.parse(name))
        else:
            outcome.missing[name] = refusal
    if pending:
        names = ", ".join(build.name for build in pending)
        with process_lock(cache / "lock", f"getting CPython {names}", report, wait_seconds=3 * 3600) as held:
            ways.lock_descriptor = held.descriptor
            machine = Machine(pending, ways)
            try:
                # The newest version first, so that a quick refusal does not wait for the compiler.
                for group in reversed(by_version(pending)):
                    result = get(group, required, machine, ways)
                    lacking = [build for build in group if build in required and build.name in result.missing]
                    if lacking:
                        raise _cannot_be_had(lacking, result.missing[lacking[0].name])
                    outcome.have.update(result.have)
                    outcome.missing = {name: why for name, why in outcome.missing.items() if name not in result.have}
                    for name, reasons in result.missing.items():
                        outcome.missing[name] = reasons
                        refusals.remember(name, reasons)
            finally:
                ways.clean()
    return outcome


def _cannot_be_had(builds: Sequence[Build], reasons: Sequence[str]) -> CiError:
    names = " and ".join(build.name for build in builds)
    tried = "".join(f"\n    {number}. {reason}" for number, reason in enumerate(reasons, 1))
    release = " (3.13.1 or newer, both of one release)" if set(builds) == set(PAIR) else ""
    return CiError(
        f"CPython {names}{release} cannot be had; tried:{tried}",
        "no way to a download, or a tool that is needed to set it up is missing",
        "install it by any means (uv, pyenv, a package) so that it is on PATH, and run this again;"
        " or name the builds or environments that you have",
    )


def build_argument(text: str) -> Build:
    try:
        return Build.parse(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="ci/interpreters.py",
        description=__doc__,
        epilog=EXAMPLES % cache_directory(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "builds",
        nargs="*",
        type=build_argument,
        metavar="BUILD",
        help="a build to have, like 3.13t; without any: "
        + ", ".join(build.name for build in REQUIRED)
        + ", and others where uv can download them",
    )
    parser.add_argument("--list", action="store_true", help="only look: download nothing, build nothing")
    parser.add_argument("--refresh", action="store_true", help="ask again for what could not be had the last time")
    options = parser.parse_args(arguments)
    required = options.builds or list(REQUIRED)
    optional = [] if options.builds else list(OPTIONAL)
    report = Reporter(prefix="interpreters")
    if options.list:
        outcome = look([*required, *optional], MachineWays(cache_directory(), report))
    else:
        outcome = ensure(required, optional, refresh=options.refresh, report=report)
    for reasons, names in outcome.missing_by_reasons().items():
        report.say(f"{', '.join(names)}: {'; '.join(reasons)}")
    for name, item in sorted(outcome.have.items()):
        print(f"{name}={item.path}")
    return 0 if all(build.name in outcome.have for build in required) else 2


if __name__ == "__main__":
    run_main(main)
