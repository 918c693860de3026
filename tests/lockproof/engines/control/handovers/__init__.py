"""Short functions that show where the interpreter hands over the GIL: see `test_handover`.

In each function, `o.trip` is a step in C, after which another thread waits for the GIL. Then come one construct of the
language and a call of `done`: the interpreter hands over at the beginning of `done` at the latest.
"""

from __future__ import annotations

from typing import Final

from tests.lockproof.engines.control.handovers import calls, loops, objects, operations
from tests.lockproof.engines.control.handovers.objects import CASES as CASES
from tests.lockproof.engines.control.handovers.objects import Subject as Subject
from tests.lockproof.engines.control.handovers.objects import Trip as Trip

FILES: Final = frozenset(each.__file__ for each in (calls, loops, objects, operations))
"""The files of the functions, and of the Python code that they run."""
