"""Critical sections: the statements that run while locks are held, and how to replace them.

Three forms: a `with` statement; `lock.acquire()` before a `try` whose `finally` releases it; `lock.acquire()` and
`lock.release()` in one block.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from lockproof.mutation.layout import MARGIN
from lockproof.mutation.lock_kinds import LockKind
from lockproof.mutation.source import Edit, Source
from lockproof.mutation.synchronization import Synchronization
from lockproof.mutation.syntax import arguments
from lockproof.mutation.tree import NewStatement, Statement


class Form(StrEnum):
    """How a section is written."""

    WITH = "with"
    TRY = "acquire and try"
    PAIR = "acquire and release"


@dataclass(frozen=True)
class Section:
    """The statements that run while `locks` are held. `nodes`: the consecutive statements of a block that form the
    section.

    `plain`: the section takes only locks, and binds no name to them, so it may be written twice.
    """

    source: Source
    form: Form
    nodes: tuple[ast.stmt, ...]
    locks: tuple[ast.expr, ...]
    kinds: tuple[LockKind, ...]
    statements: tuple[ast.stmt, ...]
    plain: bool

    @property
    def first(self) -> ast.stmt:
        """The first statement of the section."""
        return self.nodes[0]

    def again(self, statements: Iterable[Statement]) -> list[NewStatement]:
        """Return a section of the same form around other statements."""
        source = self.source
        inner = [source.new_statement(each) for each in statements]
        match self.form, self.nodes:
            case Form.WITH, [ast.With(items=items) as node]:
                return [NewStatement(source.head(node, items[-1]) + source.layout.newline + _nested(source, inner))]
            case Form.TRY, [acquire, ast.Try() as node]:
                parts = (source.head(node), _nested(source, inner), source.tail(node))
                attempt = replace(source.new_statement(node), text=source.layout.newline.join(parts))
                return [replace(source.new_statement(acquire), above=()), attempt]
            case _, [acquire, *_, release]:
                return [replace(source.new_statement(acquire), above=()), *inner, source.new_statement(release)]
        raise AssertionError(self.form)

    def replaced(self, statements: Sequence[Statement]) -> Edit:
        """Return the edit that replaces the whole section by statements; the comments above it stay."""
        return self.source.rewritten(self.nodes, statements)


def _nested(source: Source, statements: Iterable[NewStatement]) -> str:
    """Return the text of statements as the block of a compound statement."""
    deeper, lines = MARGIN + source.layout.default_indent, list[str]()
    for each in statements:
        lines += [line.replace(MARGIN, deeper) for line in each.above]
        lines.append(deeper + each.text.replace(MARGIN, deeper))
    return source.layout.newline.join(lines)


def call_of(statement: ast.AST) -> ast.Call | None:
    """Return the call if a statement is just a call, else None."""
    match statement:
        case ast.Expr(value=ast.Call() as call):
            return call
    return None


def method_call(statement: ast.AST | NewStatement, method: str) -> ast.expr | None:
    """Return the object of a statement like `lock.release()`, None for other statements."""
    if isinstance(statement, NewStatement):
        return None
    match call_of(statement):
        case ast.Call(func=ast.Attribute(value=value, attr=name)) if name == method:
            return value
    return None


_ALWAYS: Final = ("", "True", "blocking=True")
"""Arguments of an `acquire` that always gets the lock."""


def sections_of(found: Synchronization) -> list[Section]:
    """Return the critical sections of a module, in the order of the text."""
    sections = []
    for node in found.source.nodes:
        match node:
            case ast.With(items=items, body=body) if found.takes_here(node):
                kinds = [found.taken(each.context_expr) for each in items]
                locks = tuple(each.context_expr for each, kind in zip(items, kinds, strict=True) if kind)
                sections.append(
                    Section(
                        found.source, Form.WITH, (node,), locks, tuple(filter(None, kinds)), tuple(body),
                        len(locks) == len(items) and all(each.optional_vars is None for each in items),
                    )
                )  # fmt: skip
            case ast.Expr() if found.source.has_lines(node):
                section = _acquired(found, node)
                if section is not None:
                    sections.append(section)
    return sections


def _acquired(found: Synchronization, node: ast.Expr) -> Section | None:
    lock = method_call(node, "acquire")
    call = call_of(node)
    kind = found.taken(lock) if lock is not None else None
    if lock is None or call is None or kind is None:
        return None
    source = found.source
    code = source.code(lock)
    if ", ".join(source.argument(each).strip() for each in arguments(call)) not in _ALWAYS:
        return None
    block = source.block(node)
    following = block[next(place for place, each in enumerate(block) if each is node) + 1 :]
    match following:
        case [ast.Try(body=body, handlers=[], orelse=[], finalbody=final) as attempt, *_] if [
            _released(source, each) for each in final
        ] == [code]:
            return Section(source, Form.TRY, (node, attempt), (lock,), (kind,), tuple(body), True)
    for place, each in enumerate(following):
        if source.has_lines(each) and _released(source, each) == code:
            inner = tuple(following[:place])
            nodes = (node, *inner, each)
            return Section(source, Form.PAIR, nodes, (lock,), (kind,), inner, True) if inner else None
    return None


def _released(source: Source, statement: ast.AST) -> str:
    lock = method_call(statement, "release")
    return "" if lock is None else source.code(lock)
