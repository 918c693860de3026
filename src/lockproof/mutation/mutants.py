"""Mutants of a module: each change that an operator can make in the parts that a class uses, as a text of its own."""

from __future__ import annotations

import ast
import difflib
import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from lockproof.core.errors import LockproofError
from lockproof.core.mutant import Mutant, SyncSite
from lockproof.mutation.operators.context import Change, Context
from lockproof.mutation.operators.registry import OPERATORS
from lockproof.mutation.operators.snapshots import two_steps
from lockproof.mutation.scope import Mutated, overridden, reached, used_modules
from lockproof.mutation.sections import Section
from lockproof.mutation.source import Source
from lockproof.mutation.synchronization import Knowledge


@dataclass(frozen=True)
class ModuleMutants:
    """The synchronization of a module, and its mutants."""

    module: str
    mutants: tuple[Mutant, ...]
    sites: tuple[SyncSite, ...]
    knowledge: Knowledge


def mutants_of(
    module: str,
    file: str,
    text: str,
    *,
    names: Iterable[str] | None = None,
    known: Iterable[Knowledge] = (),
    operators: Iterable[str] | None = None,
    without: Collection[str] = (),
) -> ModuleMutants:
    """Return the mutants of a module, given its text.

    `names`: classes and functions; only code that they use is changed (None: the whole module). `known`: knowledge of
    other modules that this one uses. `operators`: names of the operators to apply (None: all). `without`: qualified
    names of functions that stay unchanged.

    Raises:
        LockproofError: the text is not Python, or has syntax newer than the running Python.

    """
    try:
        source = Source(module, file, text)
    except SyntaxError as error:
        raise LockproofError(
            f"{file} cannot be parsed, at line {error.lineno}",
            "the file is not Python, or its syntax is newer than the running Python",
            f"python -m py_compile {file}",
        ) from None
    context = Context.of(source, tuple(known))
    used = _Used(source, None if names is None else reached(source, names), tuple(without))
    chosen = [name for name in OPERATORS if operators is None or name in set(operators)]
    mutants = _named(_distinct(context, chosen, used), source)
    return ModuleMutants(module, tuple(mutants), tuple(_sites(context, used)), context.found.knowledge)


def mutants_of_class(
    owner: Mutated, *, operators: Iterable[str] | None = None, ran: Collection[tuple[str, str | int]] | None = None
) -> tuple[ModuleMutants, ...]:
    """Return the mutants of the modules of its own package that a class or function uses; modules without
    synchronization are left out.

    `ran`: the functions that operations have run, by file and qualified name. If given, methods of base classes that
    the class overrides, and that no operation ran, have no mutants: no operation could distinguish these from the
    class.
    """
    parts = used_modules(owner)
    dead = frozenset[tuple[str, str]]()
    if ran is not None:
        dead = overridden(owner, [Source(each.module, each.file, each.text) for each in parts]) - frozenset(ran)
    found: list[ModuleMutants] = []
    for part in parts:
        known = [each.knowledge for each in found]
        without = [function for file, function in dead if file == part.file]
        found.append(
            mutants_of(
                part.module, part.file, part.text, names=part.names, known=known, operators=operators, without=without
            )
        )
    return tuple(each for each in found if each.sites)


@dataclass(frozen=True)
class _Used:
    """The part of a module that a class uses: the statements that it reaches, without methods that never run."""

    source: Source
    inside: frozenset[ast.AST] | None
    without: tuple[str, ...]

    def __contains__(self, node: ast.AST) -> bool:
        if self.inside is not None and self.source.top(node) not in self.inside:
            return False
        around = f"{self.source.qualname(node)}."
        return not any(around.startswith(f"{each}.") for each in self.without)


def _distinct(context: Context, operators: Iterable[str], used: _Used) -> Iterator[tuple[str, Change, str]]:
    """Yield the changes whose text compiles, and differs from the original and from all texts before."""
    source = context.source
    seen = {source.text}
    for operator in operators:
        for change in OPERATORS[operator](context):
            if change.node not in used or context.only_for_types(change.node):
                continue
            edits = [*change.edits]
            if change.before:
                edits.append(source.before_top(edits, change.before))
            text = source.edited(edits)
            if text in seen or not _compiles(text):
                continue
            seen.add(text)
            yield operator, change, text


def _compiles(text: str) -> bool:
    try:
        compile(text, "<mutant>", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def _named(changes: Iterable[tuple[str, Change, str]], source: Source) -> Iterator[Mutant]:
    counts: Counter[str] = Counter()
    before = source.text.splitlines(keepends=True)
    for operator, change, text in changes:
        lines = list(difflib.unified_diff(before, text.splitlines(keepends=True), source.file, source.file, n=3))
        changed = "".join(each for each in lines[2:] if each[0] in "+-")
        function = source.qualname(change.node)
        name = f"{operator}:{function}:{hashlib.sha256(changed.encode()).hexdigest()[:6]}"
        counts[name] += 1
        if counts[name] > 1:
            name = f"{name}-{counts[name]}"
        diff = "".join(each if each.endswith("\n") else f"{each}\n\\ No newline at end of file\n" for each in lines)
        yield Mutant(
            name, operator, source.module, source.file, function, source.line(change.node), diff, text, change.said
        )


def _sites(context: Context, used: _Used) -> Iterator[SyncSite]:
    """Yield the synchronization of a module, in the order of the text."""
    source, found = context.source, context.found
    bulk = {change.node for change in two_steps(context)}
    firsts: dict[ast.AST, Section] = {section.first: section for section in context.sections}
    for node in source.nodes:
        kind = ""
        if node in firsts:
            kind = f"section: {firsts[node].form}"
        elif node in bulk:
            kind = "bulk change in one step"
        if source.is_decorator(node) and found.behaviour(node.func if isinstance(node, ast.Call) else node).decorates:
            kind = "decorator that locks"
        match node:
            case ast.Call(func=ast.Attribute(value=owner, attr=name)) if name in _METHODS:
                held = found.kind(owner)
                kind = name if held is not None else ""
            case ast.Call(func=function):
                made, behaviour = found.factory(function), found.behaviour(function)
                if made is not None:
                    kind = f"makes: {made}"
                elif behaviour.runner is not None:
                    kind = "call under a lock"
                elif behaviour.orders:
                    kind = "order of locks"
        if kind and node in used and not context.only_for_types(node):
            line = source.line(node)
            yield SyncSite(kind, source.module, source.qualname(node), line, source.text.splitlines()[line - 1].strip())


_METHODS: Final = ("wait", "wait_for", "notify", "notify_all", "notifyAll", "acquire", "release", "enter_context")


def what_was_looked_for() -> str:
    """Return a description of what counts as synchronization, for the message that a class has none."""
    return (
        "with statements, acquire and release, wait and notify on objects that threading or _thread makes (Lock, RLock,"
        " Condition, Semaphore, BoundedSemaphore, Event, Barrier, allocate_lock), under any name that they are imported"
        " or kept by: globals, attributes, locals, parameters with an annotation, elements of collections; functions of"
        " the module that return a lock, hold one (context managers, ExitStack), call an argument under one or decorate"
        " with one; and names like _lock, mutex, cond or not_empty, where nothing else is known of them. Locks of"
        " asyncio and multiprocessing were not looked for"
    )
