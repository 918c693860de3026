"""`lockproof.check` for test suites: a check that raises when it finds something, or cannot tell."""

from __future__ import annotations

import base64
import hashlib
import importlib.machinery
import importlib.util
import inspect
import json
import os
import re
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any, TypedDict

from lockproof.campaign.check_target import check as run_check
from lockproof.campaign.explore import run_exploration
from lockproof.campaign.protocol.messages import Pickled, Setup
from lockproof.core.errors import LockproofError
from lockproof.core.mutation_report import MutationReport
from lockproof.core.options import CheckOptions, ExploreOptions, MutateOptions, Options
from lockproof.core.repeat import RepeatTest
from lockproof.core.scenario import Scenario
from lockproof.core.settings import REASON_PREFIX, settings
from lockproof.core.specification import Specification
from lockproof.core.verdict import Consistency, Finding, Interrupted, Report, Verdict

_MOST_KEPT = 10
"""Failing scenarios that are kept for a subject."""


class Violation(AssertionError):
    """The check found something. `report` has all of it, the message shows it."""

    def __init__(self, report: Report) -> None:
        from lockproof.report.text import as_text

        super().__init__("\n" + as_text(report))
        self.report = report


class NotShown(AssertionError):
    """The check could not tell: the verdict is UNKNOWN, and that is no pass."""

    def __init__(self, report: Report) -> None:
        from lockproof.report.text import as_text

        super().__init__("\n" + as_text(report))
        self.report = report


class ScoreTooLow(AssertionError):
    """Too many mutants survived. `report` has all of them, the message shows the survivors."""

    def __init__(self, report: MutationReport) -> None:
        from lockproof.report.mutants_text import mutation_as_text

        super().__init__("\n" + mutation_as_text(report))
        self.report = report


def check(
    subject: type | Specification | str,
    *,
    budget: float | None = None,
    seed: int | None = None,
    threads: int = 3,
    model: str | type | None = None,
    factory: Callable[[], Any] | str | None = None,
    consistency: Consistency | str = Consistency.LINEARIZABLE,
    scenario: str | None = None,
    engine: str = "both",
    hang: float = 3.0,
    memory: int = 1024,
) -> Report:
    """Check a class, or what a `Specification` says, in a child process, on real threads and under
    control (`engine` is threads, schedules or both), and return the report.

    `budget` is in seconds. What is given here goes before the options of the command line, these before the defaults:
    10 seconds, and a seed that is drawn and shown. `model` and `factory` are a class and a function without
    parameters, or their names as `module:name`.

    Raises:
        Violation: something was found.
        NotShown: the verdict is UNKNOWN.
        LockproofError: the subject or an option is wrong.

    """
    if not isinstance(subject, (type, Specification, str)):
        raise LockproofError(
            f"{subject!r} cannot be checked",
            "an object was given instead of its class" if not callable(subject) else "a function was given",
            "give the class, with factory=... if it has to be made in a special way",
        )
    if isinstance(subject, Specification):
        subject = _with_names(subject)
    options = CheckOptions(
        **_common(CheckOptions, budget, seed), threads=threads, consistency=Consistency(consistency),
        scenario=scenario, hang=hang, memory=memory, engine=engine,
    )  # fmt: skip
    setup = Setup.of(_packed(subject, model, factory), options, threads=threads)
    store = _store_of(subject)
    try:
        report = run_check(setup, options, repeat=lambda _: _repeat(options), first=list(_saved(store)))
    except Interrupted as stopped:
        _count(stopped.report)
        raise
    _save(store, report.findings)
    _count(report)
    return _or_raise(report)


def explore(
    target: Callable[[], object] | str,
    *,
    budget: float | None = None,
    seed: int | None = None,
    bound: int = ExploreOptions.bound,
    strategy: str = ExploreOptions.strategy,
    hang: float = 3.0,
    memory: int = 1024,
) -> Report:
    """Run a function that starts threads and asserts, in a child process, one thread at a time, in many orders.

    `bound` is the most preemptions that are tried exhaustively; for the rest see `check`.

    Raises:
        Violation: an assertion failed, a thread raised, or threads wait for ever.
        NotShown: the verdict is UNKNOWN.
        LockproofError: the function or an option is wrong.

    """
    options = ExploreOptions(
        **_common(ExploreOptions, budget, seed), bound=bound, strategy=strategy, hang=hang, memory=memory
    )
    if not isinstance(target, str) and not inspect.isfunction(target):
        raise LockproofError(f"{target!r} is no function", "an object or a class was given", "see lockproof.check")
    setup = Setup.of(target if isinstance(target, str) else _packed(target, None, None), options)
    name = target if isinstance(target, str) else "the function"
    try:
        report = run_exploration(setup, options, repeat=lambda _: _repeat(options), name=name)
    except Interrupted as stopped:
        _count(stopped.report)
        raise
    _count(report)
    return _or_raise(report)


def mutate(
    subject: type | str,
    *,
    min_score: float = 1.0,
    budget: float | None = None,
    seed: int | None = None,
    threads: int = 3,
    model: str | None = None,
    factory: str | None = None,
    operators: Iterable[str] = (),
    equivalents: str | Path | None = None,
    jobs: int = 0,
) -> MutationReport:
    """Take the locks of a class away, one at a time, and see whether a check notices; return the report.

    `min_score` is the least share of mutants that are to be killed, from 0 to 1, and `budget` the seconds for each that
    nothing is found in. The rest is as for `lockproof mutate`. What is known of mutants is kept in pytest's cache.

    Raises:
        ScoreTooLow: fewer were killed, or one that the reviewed file calls equivalent was.
        LockproofError: the subject or an option is wrong, the class has no lock, or fails as it is.

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


class _Common(TypedDict):
    budget: float
    seed: int


def _common(kind: type[Options], budget: float | None, seed: int | None) -> _Common:
    """Return the budget and the seed: those of the call, or else those of pytest's options, or the defaults."""
    if seed is None:
        seed = settings.seed if settings.seed is not None else secrets.randbelow(2**31)
    if budget is None:
        budget = settings.budget if settings.budget is not None else kind.budget
    return {"budget": budget, "seed": seed}


def _name_of(cls: type) -> str:
    """Return the name of a class as another process finds it."""
    module = sys.modules[cls.__module__]
    if "<locals>" in cls.__qualname__ or module.__name__ == "__main__":
        raise LockproofError(
            f"{cls.__qualname__} has no name that another process finds",
            "it is defined inside a function, or in the script that runs",
            "define it at the top of a module",
        )
    return f"{module.__name__ if _found_by_name(module) else module.__file__}:{cls.__qualname__}"


def _count(report: Report) -> None:
    """Add a report to what the summary of a test run says."""
    covered = report.coverage
    why = report.unknown if report.verdict is Verdict.UNKNOWN else ()
    settings.add({"checks": 1, "scenarios": covered.scenarios, "invocations": covered.invocations,
                  "schedules": covered.schedules, "seconds": covered.seconds, report.verdict.value: 1,
                  **dict.fromkeys((REASON_PREFIX + reason.code for reason in why), 1)})  # fmt: skip


def _or_raise(report: Report) -> Report:
    if report.verdict is Verdict.VIOLATION:
        raise Violation(report)
    if report.verdict is Verdict.UNKNOWN:
        raise NotShown(report)
    return report


def _with_names(specification: Specification) -> Specification:
    """Return it with a name for its subject, which the report shows."""
    made = specification.subject
    home, own = getattr(made, "__module__", ""), getattr(made, "__qualname__", type(made).__qualname__)
    return replace(specification, subject_name=specification.subject_name or f"{home}:{own}")


def _packed(subject: Any, model: Any, factory: Any) -> Pickled:
    """Return what is checked as the child reads it: objects of modules by reference, local ones by value."""
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
    """Tell whether another process that has the same path would import the same file under this name."""
    file = getattr(module, "__file__", None)
    if file is None:
        return True
    try:
        spec = importlib.util.find_spec(module.__name__)
    except (ImportError, ValueError):
        return False
    # A module that is loaded answers with the spec that it has, wherever it came from.
    known = module.__name__.rpartition(".")[0]
    places = sys.modules[known].__path__ if known in sys.modules else sys.path
    found = importlib.machinery.PathFinder.find_spec(module.__name__, places)
    return spec is not None and found is not None and found.origin == file


def _repeat(options: Options) -> RepeatTest:
    """Return what repeats a finding: in a test, the test with its seed; what was found is tried first."""
    test = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
    if not test:
        return RepeatTest((Path(sys.executable).name, *sys.orig_argv[1:]), f"with seed={options.seed}")
    budget = [] if settings.budget is None else [f"--lockproof-budget={settings.budget:g}s"]
    return RepeatTest(("pytest", f"--lockproof-seed={options.seed}", *budget, test))


def _store_of(subject: Any) -> Path | None:
    home = settings.store
    if home is None:
        return None
    if isinstance(subject, Specification):
        name = subject.subject_name
    else:
        name = subject if isinstance(subject, str) else f"{subject.__module__}:{subject.__qualname__}"
    digest = hashlib.sha256(name.encode()).hexdigest()[:12]
    return home / f"{re.sub(r'[^A-Za-z0-9]+', '-', name)[-60:]}-{digest}.json"


def _saved(store: Path | None) -> Iterator[Scenario]:
    """Yield the scenarios that failed earlier. A file that cannot be read is as good as none."""
    if store is None or not store.exists():
        return
    try:
        texts = json.loads(store.read_text(encoding="utf-8"))
        yield from [Scenario.parse(text) for text in texts]
    except (OSError, ValueError, TypeError, LockproofError):
        return


def _save(store: Path | None, findings: Iterable[Finding]) -> None:
    """Keep what failed, the newest first. A scenario stays when it no longer fails: it is tried again each time."""
    texts = [str(finding.scenario) for finding in findings if len(finding.scenario.threads) > 1]
    if store is None or not texts:
        return
    texts += [old for old in map(str, _saved(store)) if old not in texts]
    store.parent.mkdir(parents=True, exist_ok=True)
    part = store.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}")
    part.write_text(json.dumps(texts[:_MOST_KEPT], indent=1) + "\n", encoding="utf-8")
    part.replace(store)
