"""`tox run -e install`: does it install for a stranger, and does it print what README.md shows?

For each build: README's lines that install, then its commands and examples, in a fresh environment of that build's
own `venv` and pip. First from the checkout, as the lines say; then from the wheels and from the source archives, with
what the first round has brought along.
Nothing of this machine helps: no variable of pip or Python, an empty home, an empty cache, and a PATH without a
compiler. What comes along has to be pure Python, so that no later release can lack a wheel for one of the builds.

lockedset is pure Python then, and the log of its build says why. It has to be compiled where a wheel with the core is
made of the source archive, with the compiler of this machine, and then installed without a compiler; and with --dist,
where pip chooses among ready wheels with the core.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import os
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

if __package__ in (None, ""):
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from ci.builds import OPTIONAL, REQUIRED, Build, Interpreter
from ci.console import CiError, duration, run_captured, run_main
from ci.documents import commands, examples, files, install_lines, missing, verdict_of
from ci.found import path_directories, search
from ci.toolbox import scripts_directory

ROOT = Path(__file__).resolve().parent.parent
PROJECTS = {".": "lockedset", "./src/lockproof": "lockproof"}
"""What a line of README installs, and which distribution that is."""


@dataclass(frozen=True)
class Source:
    """What a distribution is installed from, and which implementation of LockedSet that has to give."""

    name: str
    implementation: str = "pure"

    @property
    def compiled(self) -> bool:
        return self.implementation == "compiled"


CHECKOUT, WHEEL, SDIST = Source("checkout"), Source("wheel"), Source("sdist")
CORE = Source("sdist with a compiler", "compiled")
READY = Source("wheel with the core", "compiled")

SERVES = "import lockedset; print(lockedset.implementation)"
"""The program by which README lets a user see which implementation serves."""

NOT_BUILT = "lockedset: the compiled core was not built: "
"""What the log of a build says that has no core (src/lockedset/native/build_hook.py)."""

AT_ONCE = 2
LONGEST = 300.0
STATUS_OF = {"HELD": 0, "VIOLATION": 1, "UNKNOWN": 3}

NETWORK = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")
"""Variables without which some machines reach no package index. Nothing else of the environment is passed on."""

SYSTEM = ("SYSTEMROOT", "TMPDIR", "TEMP", "TMP")

_INSTALLED = """
import importlib.metadata, json
wheels = {each.metadata["Name"].lower(): each.read_text("WHEEL") or "" for each in importlib.metadata.distributions()}
print(json.dumps({name: [line for line in text.splitlines() if line[:5] == "Tag: "] for name, text in wheels.items()}))
"""

EXAMPLES = """
examples:
  python -m ci.install                  every build that is on PATH
  python -m ci.install 3.13t            only this one
  python -m ci.install --dist dist      test the wheels and source archives in dist/ instead of making them

exit status: 0 all of it works on each build, 1 something does not, 2 a problem with the set-up
"""


class Failure(Exception):
    """What a stranger would see go wrong."""


@dataclass(frozen=True)
class Shown:
    """What README tells a stranger to do: the parts of it that are run here."""

    text: str

    def lines(self) -> list[str]:
        """Return the lines that install, which have to be one for each distribution.

        Raises:
            CiError: README has other lines.

        """
        found = install_lines(self.text)
        if {line.rpartition(" ")[2] for line in found} != set(PROJECTS) or len(found) != len(PROJECTS):
            wanted = " and ".join(f"`pip install {target}`" for target in PROJECTS)
            raise CiError(f"README.md installs by {found}, not by {wanted}", "", "mend README.md, or ci/install.py")
        return found


def environment(scripts: Path, home: Path, elsewhere: str = "") -> dict[str, str]:
    """Return the variables of a stranger's shell in which an environment is active; `elsewhere` is the rest of PATH."""
    kept = {name: value for name, value in os.environ.items() if name.upper() in (*NETWORK, *SYSTEM)}
    return {
        **kept,
        "PATH": f"{scripts}{os.pathsep}{elsewhere}" if elsewhere else str(scripts),
        "HOME": str(home),
        "USERPROFILE": str(home),
        "LOCALAPPDATA": str(home),
        "LANG": "C.UTF-8",
    }


class Trial:
    """One build: a fresh environment and what happens in it.

    `made` has the files of each source but the checkout, and `ready` the directory of wheels with the core, if any.
    """

    def __init__(
        self,
        interpreter: Interpreter,
        made: Mapping[str, Mapping[str, Path]],
        place: Path,
        home: Path,
        ready: Path | None = None,
    ) -> None:
        self.interpreter, self.made, self.place, self.ready = interpreter, made, place, ready
        self.venv = place / "venv"
        self.scripts = scripts_directory(self.venv)
        self.env = environment(self.scripts, home)
        self.env_with_compiler = environment(self.scripts, home, os.environ.get("PATH", ""))

    def run(self, shown: Shown) -> None:
        """Do all that README says.

        Raises:
            Failure: something went wrong, or was not as shown.

        """
        self._make()
        for source in self.sources():
            try:
                self._from(source, shown)
            except Failure as problem:
                raise Failure(f"from the {source.name}: {problem}") from None

    def sources(self) -> list[Source]:
        """Return what is installed from."""
        return [CHECKOUT, WHEEL, SDIST, CORE, *([READY] if self.ready else [])]

    def _from(self, source: Source, shown: Shown) -> None:
        work = self.place / source.name
        work.mkdir()
        for line in shown.lines():
            name = PROJECTS[line.rpartition(" ")[2]]
            if source.compiled and name != "lockedset":
                continue  # it is the same everywhere
            self._install(line, name, source, self._words(source, name))
            if name == "lockproof":
                self._commands(shown, work)
            else:
                self._examples(shown, work)
            # The other one has to do without it.
            self._do(["pip", "uninstall", "--yes", "--quiet", name], self.place)

    def _make(self) -> None:
        """Make the environment; with pip from outside where the build comes without one that works."""
        python = str(self.interpreter.path.resolve())  # a venv of a link looks for its library beside the link
        own = [python, "-I", "-m", "venv", str(self.venv)]
        if run_captured(own, env=self.env, timeout=LONGEST)[0] == 0 and self._pip_works():
            return
        self._do([python, "-I", "-m", "venv", "--clear", "--without-pip", str(self.venv)], self.place)
        target = str(self.scripts / "python")
        self._do([sys.executable, "-m", "pip", "--python", target, "install", "--quiet", "pip"], self.place)

    def _pip_works(self) -> bool:
        return run_captured([str(self.scripts / "python"), "-m", "pip", "--version"], env=self.env)[0] == 0

    def _words(self, source: Source, name: str) -> list[str]:
        """Return what a line that installs has in the place of the checkout's folder; nothing for the checkout."""
        if source == READY:
            return ["--no-index", "--find-links", str(self.ready), name]
        if source == CORE:
            made = self.place / "core"
            archive = str(self.made[SDIST.name][name])
            command = ["pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(made), archive]
            self._do(command, self.place, env=self.env_with_compiler)
            return [str(path) for path in made.iterdir()]
        instead = self.made.get(source.name, {}).get(name)
        return [str(instead)] if instead else []

    def _install(self, line: str, name: str, source: Source, instead: Sequence[str] = ()) -> None:
        """Run a line that installs, with other words in the place of the checkout's folder if there are any."""
        words = shlex.split(line)
        words = [*words[:-1], "--verbose", *(instead or words[-1:])]  # the log of the build
        before = self._installed().keys()
        log = self._do(words, self.place if instead else ROOT, log=True)
        after = self._installed()
        came = after.keys() - before
        if name not in came or set(PROJECTS.values()) <= came or (name == "lockedset" and len(came) > 1):
            raise Failure(f"`{line}` installed {', '.join(sorted(came)) or 'nothing'}")
        compiled = {each for each in came if not all(tag.endswith("-none-any") for tag in after[each])}
        if name == "lockedset":
            self._serves(source, name in compiled, log)
            compiled.discard(name)
        if compiled:
            raise Failure(f"`{line}` installed {', '.join(sorted(compiled))}, which is not pure Python")

    def _serves(self, source: Source, core: bool, log: str) -> None:
        """See that lockedset is what this source has to give, and that a build without the core says so."""
        if core is not source.compiled:
            raise Failure(f"the wheel {'has' if core else 'lacks'} the compiled core")
        if source in (CHECKOUT, SDIST) and NOT_BUILT not in log:
            raise Failure(f"the log of the build does not say `{NOT_BUILT}...`, but\n{log}")
        serves = self._do(["python", "-I", "-c", SERVES], self.place).strip()
        if serves != source.implementation:
            raise Failure(f"`{SERVES}` printed {serves}, not {source.implementation}")

    def _installed(self) -> dict[str, list[str]]:
        """Return the tags of all that is installed, by names."""
        answer = json.loads(self._do(["python", "-I", "-c", _INSTALLED], self.place))
        return {str(name): list(tags) for name, tags in answer.items()}

    def _commands(self, shown: Shown, work: Path) -> None:
        for name, text in files(shown.text).items():
            (work / name).write_text(text, encoding="utf-8")
        told = commands(shown.text)
        if not told:
            raise Failure("README.md shows no command")
        for command in told:
            status = STATUS_OF.get(verdict_of(command), 0)
            printed = self._do(shlex.split(command.text), work, status)
            lacking = missing(command, printed, gil=not self.interpreter.build.free_threaded)
            if lacking:
                raise Failure(f"`{command.text}` did not print\n  " + "\n  ".join(lacking) + f"\nbut\n{printed}")

    def _examples(self, shown: Shown, work: Path) -> None:
        text = examples(shown.text)
        if not text:
            raise Failure("README.md shows no example")
        (work / "examples.txt").write_text(text, encoding="utf-8")
        self._do(["python", "-m", "doctest", "examples.txt"], work)

    def _do(
        self,
        words: Sequence[str],
        where: Path,
        status: int = 0,
        env: Mapping[str, str] | None = None,
        log: bool = False,
    ) -> str:
        """Run a command as a stranger types it, and return what it printed; with `log` to standard error too."""
        program = shutil.which(words[0], path=str(self.scripts)) or words[0]
        ended, out, err = run_captured([program, *words[1:]], env=env or self.env, cwd=where, timeout=LONGEST)
        if ended != status:
            raise Failure(f"`{shlex.join(words)}` ended with status {ended}, not {status}:\n{out}{err}")
        return out + err if log else out


def make(place: Path) -> None:
    """Make the source archives and wheels of both distributions, in pure Python."""
    for target in PROJECTS:
        command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(place), str(ROOT / target)]
        env = {**os.environ, "LOCKEDSET_PURE": "1"}
        ended, out, err = run_captured(command, env=env, cwd=ROOT, timeout=LONGEST)
        if ended != 0:
            raise CiError(f"{target} cannot be built:\n{out}{err}", "", f"python -m build {target}")


def found_in(place: Path, tag: str = "") -> dict[str, dict[str, Path]]:
    """Return the wheels in pure Python and the source archives by the names of the distributions.

    Raises:
        CiError: the directory does not hold one of each, or they are of another version than the tag.

    """
    found: dict[str, dict[str, Path]] = {}
    for kind, ending in (("wheel", "-py3-none-any.whl"), ("sdist", ".tar.gz")):
        paths = sorted(place.glob(f"*{ending}"))
        names = [path.name[: -len(ending)].rpartition("-") for path in paths]
        if sorted(name for name, _, _ in names) != sorted(PROJECTS.values()):
            raise CiError(
                f"{place} does not hold one {kind} of each distribution: {', '.join(path.name for path in paths)}",
                "it holds files of several versions, or of one distribution alone",
                "empty it, and run `tox run -e dist`",
            )
        if tag and {f"v{version}" for _, _, version in names} != {tag}:
            raise CiError(
                f"the tag is {tag}, and the files are {', '.join(path.name for path in paths)}",
                "__version__ was not raised, or the tag is misspelt",
                "tag the commit in which __version__ has this version",
            )
        found[kind] = {name: path.resolve() for (name, _, _), path in zip(names, paths)}
    return found


def ready_in(place: Path) -> Path | None:
    """Return the directory if it holds wheels with the core, else None.

    Raises:
        CiError: one of them is of another version than the wheel in pure Python.

    """
    pure = found_in(place)["wheel"]["lockedset"].name.partition("-py3-")[0]
    cores = [path.name for path in place.glob("*.whl") if not path.name.endswith("-none-any.whl")]
    others = sorted(name for name in cores if not name.startswith(f"{pure}-cp"))
    if others:
        raise CiError(
            f"{place} holds {', '.join(others)} beside {pure}",
            "it holds files of several versions",
            "empty it, and build all wheels of one commit",
        )
    return place.resolve() if cores else None


def on_path(wanted: Sequence[Build]) -> dict[Build, Interpreter]:
    """Return the interpreters of these builds that are on PATH."""
    every, _ = search(wanted, [("PATH", directory) for directory in path_directories(os.environ)])
    first = {each.build: each for each in reversed(every)}
    return {build: first[build] for build in wanted if build in first}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m ci.install", description=__doc__, epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    parser.add_argument("builds", nargs="*", metavar="BUILD", type=Build.parse, help="only these, like 3.13t")
    parser.add_argument("--dist", type=Path, metavar="DIR", help="test these files instead of making them")
    parser.add_argument(
        "--tag", default="", help="the tag of a release, which the files of --dist have to be of: v0.1.0"
    )
    options = parser.parse_args(sys.argv[1:] if arguments is None else arguments)
    shown = Shown((ROOT / "README.md").read_text(encoding="utf-8"))
    shown.lines()
    wanted = options.builds or [*REQUIRED, *OPTIONAL]
    have = on_path(wanted)
    must = [build.name for build in options.builds or REQUIRED if build not in have]
    if must:
        raise CiError(
            f"no CPython {' and no CPython '.join(must)} on PATH",
            "tox was started without the interpreters that ci/test provides",
            "./ci/test install, or put the interpreters on PATH",
        )
    with tempfile.TemporaryDirectory(prefix="lockedset-install-") as folder:
        place = Path(folder)
        dist = options.dist
        if dist is None:
            dist = place / "dist"
            make(dist)
        made, ready = found_in(dist, options.tag), ready_in(dist)
        home = place / "home"
        home.mkdir()
        trials = []
        for interpreter in have.values():
            within = place / interpreter.build.name
            within.mkdir()
            trials.append(Trial(interpreter, made, within, home, ready))
        failed = run_all(trials, shown)
    for build in wanted:
        if build not in have:
            print(f"not run: {build.name}, which is not on PATH")
    print(f"{len(trials) - failed} passed, {failed} failed")
    return 1 if failed else 0


def run_all(trials: Sequence[Trial], shown: Shown) -> int:
    """Run the trials, two at a time, and return how many failed."""

    def one(trial: Trial) -> tuple[str, float]:
        began = time.monotonic()
        try:
            trial.run(shown)
        except Failure as problem:
            return str(problem), time.monotonic() - began
        return "", time.monotonic() - began

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        for trial, (problem, seconds) in zip(trials, pool.map(one, trials)):
            sources = ", ".join(source.name for source in trial.sources())
            words = "fails" if problem else f"installs from {sources}, and prints what README.md shows"
            print(f"{trial.interpreter.build.name}: {words} ({duration(seconds)})", flush=True)
            if problem:
                print(problem, file=sys.stderr, flush=True)
                failed += 1
    return failed


if __name__ == "__main__":
    run_main(main)
