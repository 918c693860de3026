"""Functions that call one of their arguments while they hold a lock, and the same call without the lock.

`run(step, box, 1)` with `def run(step, box, *more): with box.lock: return step(box, *more)` becomes `step(box, 1)`.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from lockproof.mutation.source import Source
from lockproof.mutation.syntax import arguments, identifiers
from lockproof.mutation.tree import Definition


@dataclass(frozen=True)
class Parameters:
    """The parameters of a function. `method`: the first parameter is the object before the dot."""

    names: tuple[str, ...]
    named: tuple[str, ...]
    star: str
    double: str
    method: bool

    @classmethod
    def of(cls, function: Definition, method: bool) -> Parameters:
        """Return the parameters of a `def`."""
        given = function.args
        return cls(
            tuple(each.arg for each in (*given.posonlyargs, *given.args)),
            tuple(each.arg for each in given.kwonlyargs),
            given.vararg.arg if given.vararg else "",
            given.kwarg.arg if given.kwarg else "",
            method and not any(_is_static(each) for each in function.decorator_list),
        )


@dataclass(frozen=True, eq=False)
class CallText:
    """A call with its text: a call of the file, or one that is composed of several."""

    source: Source
    call: ast.Call

    @classmethod
    def of(cls, text: str) -> CallText | None:
        """Return the call if a text is one, else None."""
        source = Source("", "", f"({text})")
        statement = source.tree.body[0]
        call = statement.value if isinstance(statement, ast.Expr) else None
        return cls(source, call) if isinstance(call, ast.Call) else None

    @property
    def text(self) -> str:
        """The text of the call."""
        return self.source.bare(self.call)


@dataclass(frozen=True)
class Runner:
    """A function that makes a call while it holds a lock; `written` is this call, in terms of the parameters."""

    parameters: Parameters
    written: CallText

    def without(self, source: Source, call: ast.Call) -> CallText | None:
        """Return a call of the function without the lock, None if its arguments cannot be matched to the parameters."""
        given = _matched(source, self.parameters, call)
        if given is None:
            return None
        values, star, double = given
        made = self.written.call
        names = {name for each in self.written.source.walk(made) for name in identifiers(each)}
        if not names & {*self.parameters.names, *self.parameters.named} <= values.keys():
            return None
        texts: list[str] = []
        for each in arguments(made):
            name = each.value.id if isinstance(each.value, ast.Name) else ""
            if each.star == "*" and name and name == self.parameters.star:
                texts += star
            elif each.star == "**" and name and name == self.parameters.double:
                texts += double
            else:
                texts.append(self._substituted(each.node, source, values))
        function = self._substituted(made.func, source, values)
        final = values.get(made.func.id, made.func) if isinstance(made.func, ast.Name) else made.func
        if not isinstance(final, (ast.Name, ast.Attribute, ast.Call, ast.Subscript)):
            function = f"({source.bare(final) if final is not made.func else function})"
        return CallText.of(f"{function}({', '.join(texts)})")

    def _substituted(self, node: ast.AST, source: Source, values: Mapping[str, ast.expr]) -> str:
        """Return a part of the call, with the parameters replaced by their values."""
        own = self.written.source
        names = (each for each in own.walk(node) if isinstance(each, ast.Name) and each.id in values)
        return own.text_with(node, [own.replaced(each, source.code(values[each.id])) for each in names])

    @property
    def position(self) -> int:
        """The position of the called function among the arguments."""
        function = self.written.call.func
        called = function.id if isinstance(function, ast.Name) else ""
        return self.parameters.names.index(called) - self.parameters.method

    @property
    def passes_on(self) -> bool:
        """Whether the called function gets all the arguments after it, unchanged and in their order."""
        names = self.parameters.names[self.position + self.parameters.method + 1 :]
        expected = [("", each) for each in names]
        expected += [
            (star, name) for star, name in (("*", self.parameters.star), ("**", self.parameters.double)) if name
        ]
        given = arguments(self.written.call)
        passed = [(each.star, each.value.id) for each in given if isinstance(each.value, ast.Name)]
        return len(passed) == len(given) and passed == expected


def _matched(
    source: Source, parameters: Parameters, call: ast.Call
) -> tuple[dict[str, ast.expr], list[str], list[str]] | None:
    """Return the values of the parameters, and the texts of the arguments that go to `*` and `**` parameters."""
    values: dict[str, ast.expr] = {}
    waiting = list(parameters.names)
    if parameters.method:
        if not isinstance(call.func, ast.Attribute) or not waiting:
            return None
        values[waiting.pop(0)] = call.func.value
    star: list[str] = []
    double: list[str] = []
    for each in arguments(call):
        if each.star == "**":
            double.append(source.code(each.node))
        elif each.keyword:
            if each.keyword in (*waiting, *parameters.named):
                values[each.keyword] = each.value
            else:
                double.append(source.code(each.node))
        elif each.star == "*":
            if any(name not in values for name in waiting):
                return None
            star.append(source.code(each.node))
        elif waiting and not star:
            values[waiting.pop(0)] = each.value
        else:
            star.append(source.code(each.node))
    if (star and not parameters.star) or (double and not parameters.double):
        return None
    return values, star, double


def _is_static(decorator: ast.expr) -> bool:
    return isinstance(decorator, ast.Name) and decorator.id == "staticmethod"
