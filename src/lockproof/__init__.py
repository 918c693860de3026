"""lockproof: does a thread-safe class stay correct when the GIL no longer protects it by accident?

    lockproof check package.module:Class            # on the command line
    lockproof check package                         # all that a package has; lockproof merge adds up shards
    lockproof.check(Class)                          # in a test
    lockproof explore races.py:function             # one thread at a time, in every order that matters
    lockproof mutate package.module:Class           # is each of its locks needed, and would a check notice?
    lockproof report *.json --html page.html        # one page from reports, builds side by side

Everything that costs time to import is imported when it is used.

The rooms of this package, in the order of the pipeline. Each imports the rooms at the end of its line, and no others
(tests/repository/test_layers.py reads this table):

    core                the vocabulary: operations, scenarios, schedules, models, evidence, findings    nothing
    inference           a class -> its specification                                                    core
    generate            a specification -> scenarios                                                    core
    engines.threads     a scenario -> a history, on real threads                                        core
    engines.control     a scenario -> a history, one thread at a time                                   core
    engines.strategies  what chooses the thread that goes on                                            core
    engines.sanitizer   ThreadSanitizer: what is started under it, what it reports                      core
    judge               a history -> a verdict                                                          core
    shrink              a failing scenario -> the smallest that fails                                   core
    mutation            a class -> mutants of its synchronization                                       core
    histories           a history recorded elsewhere -> a verdict                                       core judge
    report              findings -> text, JSON, page, test                                                  core
    campaign.protocol   what parent and child say to each other                           core engines.threads
    campaign.worker     the child: runs, judges   core inference generate engines judge mutation campaign.protocol
    campaign            the parent: decides   core generate shrink mutation campaign.protocol engines.sanitizer
    audit               many checks: units of work, each in a process of its own   core engines.threads campaign
    audit.cluster       units of work on a Dask cluster                                              core audit
    audit.listing       the child that imports a package and lists what it has                    core inference
    testing             lockproof.check in tests, the pytest plugin                       core campaign report
    testing.under_control  the child that runs pytest under control  core engines campaign.protocol campaign.worker
    cli                 the command                                       core histories campaign audit report
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockproof.core.errors import LockproofError
    from lockproof.core.model import block, choose
    from lockproof.core.operation import Code, op
    from lockproof.core.specification import Specification
    from lockproof.core.values import unordered
    from lockproof.core.verdict import Consistency, Finding, Report, Verdict
    from lockproof.inference.target import infer
    from lockproof.testing.checks import NotShown, ScoreTooLow, Violation, check, explore, mutate

_HOMES = {
    "Code": "core.operation",
    "Consistency": "core.verdict",
    "Finding": "core.verdict",
    "LockproofError": "core.errors",
    "NotShown": "testing.checks",
    "Report": "core.verdict",
    "ScoreTooLow": "testing.checks",
    "Specification": "core.specification",
    "Verdict": "core.verdict",
    "Violation": "testing.checks",
    "block": "core.model",
    "check": "testing.checks",
    "choose": "core.model",
    "explore": "testing.checks",
    "infer": "inference.target",
    "mutate": "testing.checks",
    "op": "core.operation",
    "unordered": "core.values",
}

__all__ = [
    "Code",
    "Consistency",
    "Finding",
    "LockproofError",
    "NotShown",
    "Report",
    "ScoreTooLow",
    "Specification",
    "Verdict",
    "Violation",
    "block",
    "check",
    "choose",
    "explore",
    "infer",
    "mutate",
    "op",
    "unordered",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'lockproof' has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"lockproof.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
