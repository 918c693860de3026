"""Mutants: a module with one flaw put into its synchronization, as data; and sites, the synchronization that was found.

A *mutant* asks whether a check of the class would notice the flaw. An *operator* is a kind of flaw, like `remove-lock`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SyncSite:
    """Synchronization in a source: `kind` says what it is, `function` where, `line` and `text` show it."""

    kind: str
    module: str
    function: str
    line: int
    text: str


@dataclass(frozen=True)
class Mutant:
    """A module with one flaw.

    `id` stays the same when other places of the file are edited: it is made of the operator, the function and the lines
    that differ. `function` is the qualified name of the function that is changed, `line` where, in the file as it is.
    `diff` shows the change, `source` is the whole text with it, and `said` tells of it in a sentence.
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
