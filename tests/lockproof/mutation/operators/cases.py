"""For each operator two classes with a race: one whose mutant is deadly, and one whose mutant is equivalent.

`race` starts threads and asserts. On the unchanged class it holds in every schedule. On a deadly mutant it fails in
some schedule: it raises, or threads wait for ever. On an equivalent mutant it holds in every schedule too, and it
checks all that the class promises.
"""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent
from typing import Final

from lockproof.core.mutant import Mutant
from lockproof.mutation.mutants import mutants_of
from tests.lockproof.mutation.operators.deadly import DEADLY
from tests.lockproof.mutation.operators.equivalent import EQUIVALENT

_HEAD: Final = """\
import threading

def together(function, *others):
    threads = [threading.Thread(target=each) for each in others]
    for each in threads:
        each.start()
    function()
    for each in threads:
        each.join()


"""


@dataclass(frozen=True)
class Case:
    """A class `Box` with a race. `function`: the name of the method that the operator changes."""

    operator: str
    deadly: bool
    function: str
    body: str

    @property
    def name(self) -> str:
        return f"{self.operator}-{'deadly' if self.deadly else 'equivalent'}"

    @property
    def text(self) -> str:
        return _HEAD + dedent(self.body)

    def mutant(self) -> Mutant:
        """Return the only mutant that the operator makes in the function."""
        found = mutants_of("case", "case.py", self.text, names=["Box"], operators=[self.operator]).mutants
        (mutant,) = (each for each in found if each.function == f"Box.{self.function}")
        return mutant


CASES: Final = tuple(
    Case(operator, deadly, function, body)
    for deadly, cases in ((True, DEADLY), (False, EQUIVALENT))
    for operator, (function, body) in cases.items()
)
