"""`lockproof.check`, `explore` and `mutate` for test suites. They raise where the command ends with a status not 0."""

from __future__ import annotations

import base64
import hashlib
import importlib.machinery
import importlib.util
import inspect
import json
import os
import random
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, TypedDict

from lockproof.campaign.check_target import check as run_check
from lockproof.campaign.explore import run_exploration
from lockproof.campaign.protocol.setup import Pickled, Setup
from lockproof.core.errors import LockproofError
from lockproof.core.mutation_report import MutationReport
from lockproof.core.options import CheckOptions, ExploreOptions, MutateOptions, Options, Time, in_seconds
from lockproof.core.repeat import RepeatTest
from lockproof.core.scenario import Scenario
from lockproof.core.settings import REASON_PREFIX, settings
from lockproof.core.specification import Specification
from lockproof.core.verdict import Consistency, Finding, Interrupted, Report, Verdict
from lockproof.report.kept_scenarios import Kept, failed, read_kept

_MOST_KEPT = 10
"""The most failing scenarios that are kept for a subject."""


class _NotHeld(AssertionError):
    def __init__(self, report: Report) -> None:
        from lockproof.report.text import as_text

        super().__init__("\n" + as_text(report))
        self.report = report


class Violation(_NotHeld):
    """Raised if the verdict is VIOLATION. `report` has the findings, and the message shows them."""


class NotShown(_NotHeld):
    """Raised if the verdict is UNKNOWN, which is no pass. `report` has the reasons, and the message shows them."""


class ScoreTooLow(AssertionError):
    """Raised if too few mutants were killed. `report` has all mutants, and the message shows the survivors."""

    def __init__(self, report: MutationReport) -> None:
        from lockproof.report.mutants_text import mutation_as_text

        super().__init__("\n" + mutation_as_text(report))
        self.report = report


def check(
    subject: type | Specification | str,
    *,
    budget: Time | None = None,
    seed: int | None = None,
    threads: int = 3,
    model: str | type | None = None,
    factory: Callable[[], Any] | str | None = None,
    teardown: str | None = None,
    consistency: Consistency | str = Consistency.LINEARIZABLE,
    scenario: str | None = None,
    engine: str = "both",
    runs: int | None = None,
    schedules: int | None = None,
    hang: Time = 3.0,
    memory: int = 1024,
    skip: Iterable[str] = (),
    sanitizer: str | None = None,
    python: str | Path | None = None,
    suppressions: Iterable[str | Path] = (),
) -> Report:
    """Check a class or a `Specification` in a child process, and return the report if the verdict is HELD.

    Args:
        subject: the class, its name as `module:Class` or `file.py:Class`, or a `Specification`.
        budget: seconds of the check, or a text like `500ms`, `3s` or `2m`; by default --lockproof-budget of pytest, or
            else 10.
        seed: the seed of the random choices; by default --lockproof-seed of pytest, or else one is drawn. The report
            shows it.
        threads: the most threads of a scenario, at least 2.
        model: what the class should do: a class, its name as `module:Class`, or the name of a kind, like `set`; by
            default inferred from the class.
        factory: a function without parameters that makes a subject, or its name as `module:function`; by default the
            class itself.
        teardown: a line that ends the subject `a` after each run (see `Specification.teardown`).
        consistency: the condition that histories are judged by.
        scenario: the only scenario to run, like `a.add(1) || a.add(1)`; by default scenarios are generated.
        engine: `threads` for real threads, `schedules` for schedules under control, or `both`.
        runs: end after so many runs on real threads, instead of a budget. Without `schedules`, only real threads run.
        schedules: end after so many schedules under control, instead of a budget. Then the same seed gives the same
            result on each machine. Without `runs`, only schedules run.
        hang: seconds without progress that count as a hang, or a text like `3s`.
        memory: the most memory of the child process, in MiB.
        skip: names of public members that no operation calls; HELD does not need them.
        sanitizer: `thread` runs real threads under ThreadSanitizer, on the interpreter of `python`: races in C code are
            findings. That interpreter imports the subject, so the subject, the model and the factory need names.
        python: the path of a free-threaded CPython that is built with the sanitizer.
        suppressions: the paths of files with its suppressions, beside those of TSAN_OPTIONS and of CPython.

    Raises:
        Violation: something was found.
        NotShown: the verdict is UNKNOWN, for instance since a public member was never called with success.
        LockproofError: the subject or an option is wrong.

    """
    if not isinstance(subject, (type, Specification, str)):
        raise LockproofError(
            f"{subject!r} cannot be checked",
            "an object was given instead of its class" if not callable(subject) else "a function was given",
            "give the class, with factory=... if it has to be made in a special way",
        )
    if budget is not None and (runs is not None or schedules is not None):
        raise LockproofError(
            "budget and a count are two ends for one check", "", "leave out budget, or runs and schedules"
        )
    if isinstance(subject, Specification):
        subject = _with_names(subject)
    options = CheckOptions(
        **_common(CheckOptions, budget, seed), threads=threads, consistency=Consistency(consistency),
        scenario=scenario, hang=in_seconds("hang", hang), memory=memory, engine=engine, skip=_names(skip),
        teardown=teardown, runs=runs, schedules=schedules, sanitizer=sanitizer,
        python=None if python is None else str(python), suppressions=tuple(map(str, suppressions)),
    )  # fmt: skip
    if sanitizer is None:
        setup = Setup.of(_packed(subject, model, factory), options, threads=threads)
    else:
        names = {"model": _named(model), "factory": _named(factory)}
        setup = Setup.of(_named(subject), replace(options, **names), threads=threads)
    store, name = _store_of(subject), _target_of(subject)
    kept = tuple(_kept().get(name, ()))

    def run() -> Report:
        return run_check(setup, options, repeat=lambda _: _repeat(options), first=list(_saved(store)), kept=kept)

    report = _counted(run, name)
    _save(store, report.findings)
    return _or_raise(report)


def explore(
    target: Callable[[], object] | str,
    *,
    budget: Time | None = None,
    seed: int | None = None,
    bound: int = ExploreOptions.bound,
    strategy: str = ExploreOptions.strategy,
    hang: Time = 3.0,
    memory: int = 1024,
) -> Report:
    """Run a function in a child process, one thread at a time, in many orders; return the report if it is HELD.

    The function starts threads, joins them, and asserts what must be true.

    Args:
        target: the function, or its name as `module:function` or `file.py:function`.
        budget: seconds of the exploration, or a text like `500ms`, `3s` or `2m`; by default --lockproof-budget of
            pytest, or else 10.
        seed: the seed of the random choices; by default --lockproof-seed of pytest, or else one is drawn. The report
            shows it.
        bound: every schedule with at most so many preemptions is run.
        strategy: the name of a strategy, or `module:Class`.
        hang: seconds without a step of a thread that count as a hang, or a text like `3s`.
        memory: the most memory of the child process, in MiB.

    Raises:
        Violation: an assertion failed, a thread raised, or threads wait for ever.
        NotShown: the verdict is UNKNOWN.
        LockproofError: the function or an option is wrong.

    """
    options = ExploreOptions(
        **_common(ExploreOptions, budget, seed),
        bound=bound,
        strategy=strategy,
        hang=in_seconds("hang", hang),
        memory=memory,
    )
    if not isinstance(target, str) and not inspect.isfunction(target):
        raise LockproofError(f"{target!r} is no function", "an object or a class was given", "see lockproof.check")
    setup = Setup.of(target if isinstance(target, str) else _packed(target, None, None), options)
    name = target if isinstance(target, str) else "the function"
    return _or_raise(_counted(lambda: run_exploration(setup, options, repeat=lambda _: _repeat(options), name=name)))


def mutate(
    subject: type | str,
    *,
    min_score: float = 1.0,
    budget: Time | None = None,
    seed: int | None = None,
    threads: int = 3,
    model: str | None = None,
    factory: str | None = None,
    operators: Iterable[str] = (),
    equivalents: str | Path | None = None,
    jobs: int = 0,
) -> MutationReport:
    """Remove the locks of a class one at a time, see whether a check notices, and return the report.

    pytest's cache keeps the fates of mutants between runs.

    Args:
        subject: the class, or its name as `module:Class` or `file.py:Class`.
        min_score: the least share of mutants that checks must kill, from 0 to 1.
        budget: seconds for the check of each mutant, or a text like `3s`; by default --lockproof-budget of pytest, or
            else 10.
        seed: the seed of the random choices; by default --lockproof-seed of pytest, or else one is drawn.
        threads: the most threads of a scenario, at least 2.
        model: what the class should do: its name as `module:Class`, or the name of a kind, like `set`; by default
            inferred from the class.
        factory: the name of a function without parameters that makes a subject, as `module:function`.
        operators: the names of the operators to use, like `remove-lock`; by default all.
        equivalents: the path of the reviewed file that says why no check can kill some mutants.
        jobs: how many mutants are checked at the same time; 0: one for each processor.

    Raises:
        ScoreTooLow: fewer mutants were killed, or one was killed that the reviewed file calls equivalent.
        LockproofError: the subject or an option is wrong, the class has no lock, or fails without any mutant.

    """
    from lockproof.campaign.mutate import mutate_target

    if isinstance(subject, type):
        subject = _name_of(subject)
    options = MutateOptions(
        **_common(MutateOptions, budget, seed), threads=threads, model=model, factory=factory,
        operators=tuple(operators), equivalents=None if equivalents is None else Path(equivalents), jobs=jobs,
        store=settings.store or MutateOptions.store,
    )  # fmt: skip
    report = mutate_target(subject, options)
    if (report.score or 0.0) < min_score or any(each.why for each in report.killed):
        raise ScoreTooLow(report)
    return report


def _names(skip: Iterable[str]) -> tuple[str, ...]:
    """Return the names to skip, with those of the marks of the running test. A text is one name."""
    return tuple(dict.fromkeys((*settings.skip, *((skip,) if isinstance(skip, str) else skip))))


class _Common(TypedDict):
    budget: float
    seed: int


def _common(kind: type[Options], budget: Time | None, seed: int | None) -> _Common:
    """Return the budget and the seed: those of the call, or else those of pytest's options, or else the defaults."""
    if seed is None:
        seed = settings.seed if settings.seed is not None else random.SystemRandom().randrange(2**31)
    if budget is None:
        budget = settings.budget if settings.budget is not None else kind.budget
    return {"budget": in_seconds("budget", budget), "seed": seed}


def _named(what: Any) -> Any:
    """Return what another interpreter can import: None and names as they are, the names of classes and functions.

    Raises:
        LockproofError: it has no such name.

    """
    if what is None or isinstance(what, str):
        return what
    if not hasattr(what, "__qualname__"):
        raise LockproofError(
            f"{what!r} cannot be sent to another interpreter",
            "an object has no name; a sanitizer runs the check on the interpreter of python=",
            "keep it in a module, and give its name: module:name",
        )
    return _name_of(what)


def _name_of(cls: Any) -> str:
    """Return the name of a class, or of a function, by which another process can import it.

    Raises:
        LockproofError: the class has no such name.

    """
    module = sys.modules[cls.__module__]
    if "<locals>" in cls.__qualname__ or module.__name__ == "__main__":
        raise LockproofError(
            f"{cls.__qualname__} has no name that another process finds",
            "it is defined inside a function, or in the script that runs",
            "define it at the top of a module",
        )
    return f"{module.__name__ if _found_by_name(module) else module.__file__}:{cls.__qualname__}"


def _counted(run: Callable[[], Report], target: str = "") -> Report:
    """Call `run`, and add its report to the totals of the test run, even if it is interrupted.

    With a target, its scenarios that failed are for the file that keeps them.
    """
    try:
        report = run()
    except Interrupted as stopped:
        _count(stopped.report)
        _keep(target, stopped.report)
        raise
    _count(report)
    _keep(target, report)
    return report


def _kept() -> Kept:
    """Return what the file of scenarios has; nothing if there is no such file."""
    return {} if settings.scenarios is None else read_kept(settings.scenarios)


def _keep(target: str, report: Report) -> None:
    """Hand the scenarios that failed to the plugin, which writes them at the end of the test run."""
    if target and settings.scenarios is not None:
        settings.keep(target, failed(report.findings))


def _count(report: Report) -> None:
    """Add a report to the totals of the test run."""
    covered = report.coverage
    why = report.unknown if report.verdict is Verdict.UNKNOWN else ()
    settings.add({"checks": 1, "called": len(covered.called), "methods": len(covered.called) + len(covered.uncalled),
                  "scenarios": covered.scenarios, "invocations": covered.invocations,
                  "schedules": covered.schedules, "seconds": covered.seconds, report.verdict.value: 1,
                  **dict.fromkeys((REASON_PREFIX + reason.code for reason in why), 1)})  # fmt: skip


def _or_raise(report: Report) -> Report:
    if report.verdict is Verdict.VIOLATION:
        raise Violation(report)
    if report.verdict is Verdict.UNKNOWN:
        raise NotShown(report)
    return report


def _with_names(specification: Specification) -> Specification:
    """Return the specification with a name for its subject. The report shows it."""
    made = specification.subject
    home, own = getattr(made, "__module__", ""), getattr(made, "__qualname__", type(made).__qualname__)
    return replace(specification, subject_name=specification.subject_name or f"{home}:{own}")


def _packed(subject: Any, model: Any, factory: Any) -> Pickled:
    """Return the objects as cloudpickle sends them to the child: those of modules by reference, local ones by value.

    A module that the child would not find by its name goes along with the path of its file.
    """
    try:
        import cloudpickle
    except ImportError:
        raise LockproofError("cloudpickle is not installed", "", "pip install lockproof") from None
    try:
        data = cloudpickle.dumps((subject, model, factory))
    except Exception as error:
        raise LockproofError(
            f"{subject!r} cannot be sent to another process: {error}",
            "it is defined inside a function, and uses something that cannot be pickled, like a lock",
            "define it at the top of its module",
        ) from None
    modules = {}
    for name in {getattr(each, "__module__", None) for each in _mentioned(subject, model, factory)}:
        module = sys.modules.get(name or "")
        if module is not None and name != "__main__" and not _found_by_name(module):
            modules[module.__name__] = str(module.__file__)
    return Pickled(base64.b64encode(data).decode("ascii"), modules)


def _mentioned(*objects: Any) -> Iterator[Any]:
    for each in objects:
        yield each
        if isinstance(each, type):
            yield from each.__mro__
        if isinstance(each, Specification):
            yield from _mentioned(each.subject, each.model, each.state, each.lift, each.lower, *each.names.values())
            yield from (kind.normalize for kind in each.operations)


def _found_by_name(module: ModuleType) -> bool:
    """Return whether another process with the same `sys.path` would import the same file by the name of the module."""
    file = getattr(module, "__file__", None)
    if file is None:
        return True
    try:
        spec = importlib.util.find_spec(module.__name__)
    except (ImportError, ValueError):
        return False
    # For a module that is loaded, find_spec returns the module's own __spec__, wherever the module came from.
    known = module.__name__.rpartition(".")[0]
    places = sys.modules[known].__path__ if known in sys.modules else sys.path
    found = importlib.machinery.PathFinder.find_spec(module.__name__, places)
    return spec is not None and found is not None and found.origin == file


def _repeat(options: Options) -> RepeatTest:
    """Return the command that runs this test, or this script, again with the same seed.

    The check then tries the scenarios that failed before it tries others.
    """
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    if not test:
        return RepeatTest((Path(sys.executable).name, *sys.orig_argv[1:]), f"with seed={options.seed}")
    budget = [] if settings.budget is None else [f"--lockproof-budget={settings.budget:g}s"]
    return RepeatTest(("pytest", f"--lockproof-seed={options.seed}", *budget, test))


def _target_of(subject: type | Specification | str) -> str:
    """Return the name of a subject that stays the same in other runs."""
    if isinstance(subject, Specification):
        return subject.subject_name
    return subject if isinstance(subject, str) else f"{subject.__module__}:{subject.__qualname__}"


def _store_of(subject: Any) -> Path | None:
    home = settings.store
    if home is None:
        return None
    name = _target_of(subject)
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return home / f"{re.sub(r'[^A-Za-z0-9]+', '-', name)[-60:]}-{digest}.json"


def _saved(store: Path | None) -> Iterator[Scenario]:
    """Yield the scenarios that failed earlier; none if the file cannot be read, since it only saves time."""
    if store is None or not store.exists():
        return
    try:
        texts = json.loads(store.read_text(encoding="utf-8"))
        yield from [Scenario.parse(text) for text in texts]
    except (OSError, ValueError, TypeError, LockproofError):
        return


def _save(store: Path | None, findings: Iterable[Finding]) -> None:
    """Keep the failing scenarios, the newest first.

    A scenario stays after it no longer fails: later checks try it again, in case the failure returns.
    """
    texts = [str(finding.scenario) for finding in findings if len(finding.scenario.threads) > 1]
    if store is None or not texts:
        return
    texts += [old for old in map(str, _saved(store)) if old not in texts]
    store.parent.mkdir(parents=True, exist_ok=True)
    part = store.with_suffix(f".{os.getpid()}.{os.urandom(4).hex()}")
    part.write_text(json.dumps(texts[:_MOST_KEPT], indent=1) + "\n", encoding="utf-8")
    part.replace(store)
