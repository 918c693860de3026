#!/usr/bin/env python3
"""Make sure that the interpreters are there: CPython 3.13 and 3.13t of one release, later ones where possible.

For each version the ways are tried in this order, and the first that gives all its builds in one release wins:

1. on the machine: PATH, pyenv's versions (not its shims), uv's, and this project's cache;
2. `uv python install`, with uv from PATH or from a private environment in the cache;
3. on Debian, CPython compiled from the source package (about 3 minutes a build on 2 processors).

Standard output has one line `BUILD=PATH` for each interpreter (or JSON); progress goes to standard error.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

if __package__ in (None, ""):
    # Run as a script: the package is found from the repository's root, not from inside itself.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from ci import compiled, found, uv
from ci.apt_sources import SourceArchives
from ci.builds import (
    OPTIONAL,
    REQUIRED,
    Build,
    Interpreter,
    Release,
    order_releases,
    release_text,
    verify,
)
from ci.cache import Refusals, cache_directory, process_lock
from ci.console import CiError, Reporter, run_main

EXAMPLES = """
examples:
  ci/interpreters.py                    3.13 and 3.13t, and later builds where they can be had
  ci/interpreters.py 3.13t              only this build
  ci/interpreters.py --list             look at the machine only; download and build nothing
  ci/interpreters.py --links DIR        also make DIR/python3.13, DIR/python3.13t, ... for the front of PATH
  ci/interpreters.py --refresh          ask again for what could not be had the last time

exit status: 0 all that was required is there, 2 it is not (standard error says what was tried), 130 interrupted
Everything is kept in the cache directory %s; delete it to undo everything.
"""


class Ways(Protocol):
    """The ways to an interpreter; the resolver knows no more of them than this."""

    def search(self, builds: Sequence[Build]) -> tuple[list[Interpreter], dict[str, list[str]]]: ...

    def verify(self, interpreter: Interpreter) -> str: ...

    def uv(self, builds: Sequence[Build]) -> str: ...

    def fetch(self, minor: str) -> tuple[Release, Path]: ...

    def compile(self, build: Build, release: Release, archive: Path) -> Interpreter: ...


@dataclass
class Outcome:
    """The interpreters that are there, and for each build that is not all that was tried."""

    have: dict[str, Interpreter] = field(default_factory=dict)
    missing: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def merge(self, other: Outcome) -> None:
        self.have.update(other.have)
        self.missing.update(other.missing)


def variants(builds: Iterable[Build]) -> list[Build]:
    """Both variants of every version that occurs."""
    return sorted({Build(build.version, free) for build in builds for free in (False, True)})


def by_version(builds: Iterable[Build]) -> list[list[Build]]:
    """The builds in groups of one version each, oldest version first."""
    groups: dict[str, list[Build]] = {}
    for build in sorted(set(builds)):
        groups.setdefault(build.minor, []).append(build)
    return list(groups.values())


class Choice:
    """Chooses among found interpreters; each is verified once, and those that fail are remembered with the reason."""

    def __init__(self, ways: Ways) -> None:
        self._ways = ways
        self._verdicts: dict[Path, str] = {}

    def sound(self, interpreter: Interpreter) -> bool:
        if interpreter.path not in self._verdicts:
            self._verdicts[interpreter.path] = self._ways.verify(interpreter)
        return not self._verdicts[interpreter.path]

    def refused(self) -> list[str]:
        return [f"{path}: {reason}" for path, reason in self._verdicts.items() if reason]

    def best(self, pool: Sequence[Interpreter], build: Build, release: Release) -> Interpreter | None:
        for interpreter in pool:
            if (interpreter.build, interpreter.release) == (build, release) and self.sound(interpreter):
                return interpreter
        return None

    def same_release(self, pool: Sequence[Interpreter], builds: Sequence[Build]) -> dict[str, Interpreter]:
        """All the builds in the newest release that every one of them has, or nothing.

        For one build alone a release is preferred that its sibling has too, so that `ci/test py313t` runs on the
        very interpreter that the whole matrix would run on.
        """
        both = {(item.build.version, item.release, item.build.free_threaded) for item in pool}

        def paired(release: Release) -> bool:
            return all((builds[0].version, release, free) in both for free in (False, True))

        releases = order_releases([item.release for item in pool if item.build in builds])
        for release in sorted(releases, key=lambda release: (not paired(release), releases.index(release))):
            chosen = {build.name: self.best(pool, build, release) for build in builds}
            complete = {name: item for name, item in chosen.items() if item is not None}
            if len(complete) == len(builds):
                return complete
        return {}

    def singles(self, pool: Sequence[Interpreter], builds: Sequence[Build]) -> dict[str, Interpreter]:
        """For each build the newest that there is, whatever the release of its sibling."""
        chosen: dict[str, Interpreter] = {}
        for build in builds:
            for release in order_releases([item.release for item in pool if item.build == build]):
                best = self.best(pool, build, release)
                if best is not None:
                    chosen[build.name] = best
                    break
        return chosen


def on_machine(builds: Sequence[Build], ways: Ways) -> tuple[dict[str, Interpreter], list[str]]:
    """The builds of one version that are there in one release; else nothing, with what was seen instead."""
    pool, rejected = ways.search(variants(builds))
    choice = Choice(ways)
    chosen = choice.same_release(pool, builds)
    if chosen:
        return chosen, []
    mine = [item for item in pool if item.build in builds]
    seen = [item.describe() for item in mine] + choice.refused()
    for build in builds:
        seen += [reason for reason in rejected.get(build.name, []) if reason not in seen]
    if len(builds) > 1 and len({item.build for item in mine}) == len(builds) and not choice.refused():
        seen.append("the releases differ")
    return {}, ["on the machine: " + ("; ".join(seen) if seen else "nothing found")]


def resolve(builds: Sequence[Build], ways: Ways, *, complete: bool) -> Outcome:
    """Get the builds of one version by the ways in order. The caller holds the cache's lock.

    With `complete` a part of the builds is no use; without it what is on the machine is taken as it is when the
    whole cannot be had.
    """
    chosen, tried = on_machine(builds, ways)
    if chosen:
        return Outcome(have=chosen)
    refusal = ways.uv(builds)
    if refusal:
        tried.append("uv: " + refusal)
    else:
        chosen, seen = on_machine(builds, ways)
        if chosen:
            return Outcome(have=chosen)
        tried.append("uv: it installed something else; now " + "; ".join(seen))
    try:
        release, archive = ways.fetch(builds[0].minor)
        pool, _ = ways.search(builds)
        choice = Choice(ways)
        built = Outcome()
        for build in builds:
            ready = choice.best(pool, build, release)
            built.have[build.name] = ready if ready is not None else ways.compile(build, release, archive)
        return built
    except CiError as problem:
        tried.append("built from source: " + problem.fact + (f" ({problem.next_step})" if problem.next_step else ""))
    outcome = Outcome()
    if not complete:
        pool, _ = ways.search(variants(builds))
        outcome.have = Choice(ways).singles(pool, builds)
    for build in builds:
        if build.name not in outcome.have:
            outcome.missing[build.name] = tuple(tried)
    return outcome


class MachineWays:
    """The real ways, over this machine and the cache directory."""

    def __init__(self, cache: Path, report: Reporter, *, refresh: bool = False) -> None:
        self.cache = cache
        self.report = report
        self.log = cache / "logs" / "interpreters.log"
        self.lock_descriptor: int | None = None
        self._sources = SourceArchives(cache, report, self.log, refresh=refresh)

    def search(self, builds: Sequence[Build]) -> tuple[list[Interpreter], dict[str, list[str]]]:
        directories = found.machine_directories(os.environ) + uv.directories(self.cache)
        pool, rejected = found.search(builds, directories)
        return pool + compiled.finished(self.cache, builds), rejected

    def verify(self, interpreter: Interpreter) -> str:
        return verify(interpreter)

    def uv(self, builds: Sequence[Build]) -> str:
        return uv.install(self.cache, builds, self.report, self.log)

    def fetch(self, minor: str) -> tuple[Release, Path]:
        closed = self._sources.unusable()
        if closed:
            raise CiError(closed)
        return self._sources.fetch(minor)

    def compile(self, build: Build, release: Release, archive: Path) -> Interpreter:
        compiled.install_headers(self.report, self.log)
        return compiled.compile_build(
            self.cache, build, release, archive, self.report, lock_descriptor=self.lock_descriptor
        )


def look(builds: Sequence[Build], ways: Ways) -> Outcome:
    """What is on the machine, without changing anything."""
    outcome = Outcome()
    for group in by_version(builds):
        chosen, tried = on_machine(group, ways)
        if not chosen:
            pool, _ = ways.search(variants(group))
            chosen = {} if set(group) <= set(REQUIRED) else Choice(ways).singles(pool, group)
        outcome.have.update(chosen)
        outcome.missing.update({build.name: tuple(tried) for build in group if build.name not in chosen})
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
    outcome = Outcome()
    pending: list[tuple[list[Build], bool]] = []
    groups = [(group, True) for group in by_version(required)]
    groups += [(group, False) for group in by_version(set(optional) - set(required))]
    for group, must in groups:
        chosen, tried = on_machine(group, ways)
        refusal = None if must or refresh else refusals.recall(_key(group))
        if chosen and not refresh:
            outcome.have.update(chosen)
        elif refusal is not None:
            outcome.merge(_partly(group, ways, (*tried, *refusal.reasons)))
        else:
            pending.append((group, must))
    if pending:
        waiting_for = ", ".join(build.name for group, _ in pending for build in group)
        with process_lock(cache / "lock", f"getting CPython {waiting_for}", report, wait_seconds=3 * 3600) as held:
            ways.lock_descriptor = held.descriptor
            for group, must in pending:
                result = resolve(group, ways, complete=must)
                outcome.merge(result)
                if must and result.missing:
                    raise _cannot_be_had(result)
                if result.missing:
                    reasons = next(iter(result.missing.values()))
                    refusals.remember(_key(group), tuple(text for text in reasons if not text.startswith("on the ")))
                else:
                    refusals.forget(_key(group))
    return outcome


def _key(group: Sequence[Build]) -> str:
    return "+".join(build.name for build in group)


def _partly(group: Sequence[Build], ways: Ways, reasons: tuple[str, ...]) -> Outcome:
    pool, _ = ways.search(variants(group))
    chosen = Choice(ways).singles(pool, group)
    return Outcome(chosen, {build.name: reasons for build in group if build.name not in chosen})


def _cannot_be_had(result: Outcome) -> CiError:
    names = " and ".join(result.missing)
    reasons = next(iter(result.missing.values()))
    tried = "".join(f"\n    {number}. {reason}" for number, reason in enumerate(reasons, 1))
    return CiError(
        f"CPython {names} (3.13.1 or newer, all of one release) cannot be had; tried:{tried}",
        "no way to a download, or a tool that a build needs is missing",
        "install them by any means (pyenv, uv, a package) so that they are on PATH, and run this again",
    )


def make_links(directory: Path, interpreters: Mapping[str, Interpreter]) -> None:
    """Put `python3.13`, `python3.13t`, ... into a directory for the front of PATH.

    A symbolic link to the real executable finds its own prefix; a link to a shim or a wrapper would not.
    """
    if os.name == "nt":
        raise CiError(
            "links are not made on Windows, where python.exe must stay beside its files",
            next_step="give tox the paths: tox --discover PATH PATH",
        )
    directory.mkdir(parents=True, exist_ok=True)
    for name, interpreter in interpreters.items():
        draft = directory / f".{name}.{os.getpid()}"
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()
        draft.symlink_to(interpreter.path)
        os.replace(draft, directory / f"python{name}")
    for path in directory.iterdir():
        if path.is_symlink() and not path.exists():
            path.unlink()


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
        help="a build to have, like 3.13t; without any: 3.13 and 3.13t, and the later ones where they can be had",
    )
    parser.add_argument("--json", action="store_true", help="print JSON with paths, releases and what is missing")
    parser.add_argument("--list", action="store_true", help="only look: download nothing, build nothing")
    parser.add_argument("--refresh", action="store_true", help="ask again for what could not be had the last time")
    parser.add_argument("--links", type=Path, metavar="DIR", help="make links named python3.13, ... in this directory")
    options = parser.parse_args(arguments)
    required = options.builds or list(REQUIRED)
    optional = [] if options.builds else list(OPTIONAL)
    report = Reporter(prefix="interpreters")
    if options.list:
        outcome = look([*required, *optional], MachineWays(cache_directory(), report))
    else:
        outcome = ensure(required, optional, refresh=options.refresh, report=report)
    for name, reasons in outcome.missing.items():
        report.say(f"{name} is not there: {'; '.join(reasons)}")
    if options.links is not None:
        make_links(options.links, outcome.have)
    if options.json:
        have = {
            name: {"path": str(item.path), "release": release_text(item.release), "origin": item.origin}
            for name, item in sorted(outcome.have.items())
        }
        print(json.dumps({"have": have, "missing": outcome.missing}, indent=2))
    else:
        for name, item in sorted(outcome.have.items()):
            print(f"{name}={item.path}")
    return 0 if all(build.name in outcome.have for build in required) else 2


if __name__ == "__main__":
    run_main(main)
