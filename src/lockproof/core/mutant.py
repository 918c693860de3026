"""Mutants and the sites of synchronization that they change, as data.

A *mutant* is a module with one flaw in its synchronization: would a check of the class notice the flaw? An *operator*
is a kind of flaw, like `remove-lock`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SyncSite:
    """One place in a source that synchronizes threads.

    Attributes:
        kind: what stands there, like `section: with`.
        module: the name of the module.
        function: the qualified name of the function.
        line: the line in the file, counted from 1.
        text: the source of this line.

    """

    kind: str
    module: str
    function: str
    line: int
    text: str


@dataclass(frozen=True)
class Mutant:
    """A module with one flaw.

    Attributes:
        id: made of the operator, the function and the changed lines, so an edit elsewhere in the file keeps it.
        operator: the kind of the flaw.
        module: the name of the module.
        file: the path of the module's file.
        function: the qualified name of the changed function.
        line: the first changed line in the file, counted from 1.
        diff: the change as a unified diff.
        source: the whole text of the module with the flaw.
        said: what the flaw is, in a sentence.

    """

    id: str
    operator: str
    module: str
    file: str
    function: str
    line: int
    diff: str
    source: str
    said: str
