"""Programs whose threads read context variables: see `test_threads`."""

from __future__ import annotations

import threading
from contextvars import Context, ContextVar, copy_context
from functools import partial
from typing import Any

from lockproof.core.interpreter import HAS_CONTEXT
from tests.lockproof.engines.control.inside import at_most, explore

variable = ContextVar("variable", default=0)


def contexts() -> list[int]:
    """The value of a variable in a thread without a context, and in two with one, where Python has that argument."""
    seen: list[int] = []

    def look() -> None:
        seen.append(variable.get())
        variable.set(7)

    variable.set(1)
    given: list[Any] = [{}]
    if HAS_CONTEXT:
        given += [{"context": copy_context()}, {"context": Context()}]
    variable.set(1)
    for each in given:
        thread = threading.Thread(target=look, **each)
        thread.start()
        thread.join()
    return [*seen, variable.get()]


def ask_uncontrolled() -> str:
    return repr(Context().run(contexts))


def ask_contexts() -> dict[str, Any]:
    return explore(partial(Context().run, contexts), at_most(0))
