"""What a difference between subject and model is about, and how a report tells the two results apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from lockproof.core.values import Collected, TextForm, show

DETAILS: Final = {
    "different result": "{} does not answer what {} answers",
    "different exception": "{} raises where {} does not, or the reverse, or something else",
    "different state": "{} leaves other contents than {} has then",
}
"""What each kind of difference means; the blanks are the operation and the model."""


DOES_NOT_REPEAT: Final = (
    "it does not do the same twice on one thread: it depends on chance, hashes, addresses or the like"
)
"""Why an operation is left out that differed once and did not do so again."""

LOOKS: Final = (
    "{} looks like a {} and differs from it on one thread, so it is compared with itself, run by one thread; if it "
    "should do what the builtin does, ask for that with --model"
)

MASKED: Final = "compared without times, and identifiers only by which of them are equal, since neither repeats"
UNREAD: Final = "run, and only exceptions compared: results do not repeat"
OWN_THREADS: Final = (
    "the class starts threads of its own, which are not calls: on real threads only exceptions are compared, and under "
    "control a result is wrong if no run of one call at a time showed it, however far these threads were"
)
SLOW: Final = "not compared on one thread, since the class is slow: raise --budget"
"""What a note says of the operations that it names."""


@dataclass(frozen=True)
class Difference:
    """The first difference of a program: the index of the operation, and its result on both sides."""

    index: int
    subject: Any
    model: Any


def told_apart(subject: Any, model: Any) -> tuple[str, str]:
    """Return the texts of two different results; if those are equal, with the kinds of the results."""
    shown = show(subject), show(model)
    if shown[0] != shown[1]:
        return shown
    return f"{shown[0]} (a {_kind_of(subject)})", f"{shown[1]} (a {_kind_of(model)})"


def _kind_of(form: Any) -> str:
    return form.kind if isinstance(form, Collected) else "text" if isinstance(form, TextForm) else type(form).__name__
