"""lockproof: does a thread-safe class stay correct when the GIL no longer protects it by accident?

    lockproof check package.module:Class            # on the command line
    lockproof.check(Class)                          # in a test
    lockproof explore races.py:function             # one thread at a time, in every order that matters
    lockproof mutate package.module:Class           # is each of its locks needed, and would a check notice?

Everything that costs time to import is imported when it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockproof.campaign.loading import infer
    from lockproof.errors import LockproofError
    from lockproof.model import block, choose
    from lockproof.operation import Code, op
    from lockproof.specification import Specification
    from lockproof.testing import NotShown, ScoreTooLow, Violation, check, explore, mutate
    from lockproof.values import unordered
    from lockproof.verdict import Consistency, Finding, Report, Verdict

_HOMES = {
    "Code": "operation",
    "Consistency": "verdict",
    "Finding": "verdict",
    "LockproofError": "errors",
    "NotShown": "testing",
    "Report": "verdict",
    "ScoreTooLow": "testing",
    "Specification": "specification",
    "Verdict": "verdict",
    "Violation": "testing",
    "block": "model",
    "check": "testing",
    "choose": "model",
    "explore": "testing",
    "infer": "campaign.loading",
    "mutate": "testing",
    "op": "operation",
    "unordered": "values",
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
