"""Critical sections: the statements that run while locks are held, and statements to put in their place.

Three forms: a `with` statement; `lock.acquire()` before a `try` whose `finally` releases it; `lock.acquire()` and
`lock.release()` in one block.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import libcst as cst

from lockproof.mutate.kinds import Kind
from lockproof.mutate.source import Replacement, Source
from lockproof.mutate.synchronization import Synchronization


class Form(StrEnum):
    """How a section is written."""

    WITH = "with"
    TRY = "acquire and try"
    PAIR = "acquire and release"


@dataclass(frozen=True)
class Section:
    """The statements that run while `locks` are held. `nodes` are the statements of its block that it consists of.

    `plain`: it takes nothing but locks, so that it may be written twice.
    """

    form: Form
    nodes: tuple[cst.BaseStatement, ...]
    locks: tuple[cst.BaseExpression, ...]
    kinds: tuple[Kind, ...]
    statements: tuple[cst.BaseStatement, ...]
    plain: bool

    @property
    def first(self) -> cst.BaseStatement:
        """Where it begins."""
        return self.nodes[0]

    def again(self, statements: Iterable[cst.BaseStatement]) -> list[cst.BaseStatement]:
        """Return a section of the same form round other statements."""
        block = cst.IndentedBlock(list(statements))
        match self.form, self.nodes:
            case Form.WITH, [node]:
                return [node.with_changes(body=block, leading_lines=())]
            case Form.TRY, [acquire, node]:
                return [acquire.with_changes(leading_lines=()), node.with_changes(body=block)]
            case _, [acquire, *_, release]:
                return [acquire.with_changes(leading_lines=()), *block.body, release]
        raise AssertionError(self.form)

    def replaced(self, statements: Sequence[cst.BaseStatement]) -> dict[cst.CSTNode, Replacement]:
        """Return what puts statements in the place of the whole section; its comment goes to the first one."""
        lines = list(getattr(self.first, "leading_lines", ()))
        if statements and lines:
            own = getattr(statements[0], "leading_lines", ())
            statements = [statements[0].with_changes(leading_lines=[*lines, *own]), *statements[1:]]
        replacements: dict[cst.CSTNode, Replacement] = {node: cst.RemoveFromParent() for node in self.nodes[1:]}
        replacements[self.first] = cst.FlattenSentinel(statements)
        return replacements


def block_of(body: cst.BaseSuite) -> tuple[cst.BaseStatement, ...]:
    """Return the statements of a block, also of one that stands on the line of its head."""
    if isinstance(body, cst.SimpleStatementSuite):
        return tuple(
            cst.SimpleStatementLine([each.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]) for each in body.body
        )
    return tuple(each for each in body.body if isinstance(each, cst.BaseStatement))


def call_of(statement: cst.CSTNode) -> cst.Call | None:
    """Return the call that a statement is."""
    match statement:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call() as call)]):
            return call
    return None


def method_call(statement: cst.CSTNode, method: str) -> cst.BaseExpression | None:
    """Return the object of a statement like `lock.release()`, None if it is none."""
    call = call_of(statement)
    match call:
        case cst.Call(func=cst.Attribute(value=value, attr=cst.Name(value=name))) if name == method:
            return value
    return None


_ALWAYS: Final = ("", "True", "blocking=True")
"""Arguments of an `acquire` that gets the lock in any case."""


def sections_of(found: Synchronization) -> list[Section]:
    """Return the critical sections of a module, in the order of the text."""
    sections = []
    for node in found.source.nodes:
        match node:
            case cst.With(items=items, body=body) if found.takes_here(node):
                kinds = [found.taken(each.item) for each in items]
                locks = tuple(each.item for each, kind in zip(items, kinds, strict=True) if kind)
                sections.append(
                    Section(
                        Form.WITH, (node,), locks, tuple(filter(None, kinds)), block_of(body),
                        len(locks) == len(items) and all(each.asname is None for each in items),
                    )
                )  # fmt: skip
            case cst.SimpleStatementLine():
                section = _acquired(found, node)
                if section is not None:
                    sections.append(section)
    return sections


def _acquired(found: Synchronization, node: cst.SimpleStatementLine) -> Section | None:
    lock = method_call(node, "acquire")
    call = call_of(node)
    kind = found.taken(lock) if lock is not None else None
    if lock is None or call is None or kind is None:
        return None
    source = found.source
    code = source.code(lock)
    if ", ".join(source.code(each).strip() for each in call.args) not in _ALWAYS:
        return None
    block = source.parent(node)
    if not isinstance(block, (cst.IndentedBlock, cst.Module)):
        return None
    following = list(block.body[list(block.body).index(node) + 1 :])
    match following:
        case [cst.Try(body=body, handlers=[], orelse=None, finalbody=cst.Finally(body=final)) as attempt, *_] if [
            _released(source, each) for each in block_of(final)
        ] == [code]:
            return Section(Form.TRY, (node, attempt), (lock,), (kind,), block_of(body), True)
    for place, each in enumerate(following):
        if _released(source, each) == code:
            inner = tuple(following[:place])
            nodes = (node, *inner, each)
            return Section(Form.PAIR, nodes, (lock,), (kind,), inner, True) if inner else None
    return None


def _released(source: Source, statement: cst.CSTNode) -> str:
    lock = method_call(statement, "release")
    return "" if lock is None else source.code(lock)
