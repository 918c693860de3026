"""Functions that call one of their arguments while they hold a lock, and what a call of one comes to without the lock.

`run(step, box, 1)` with `def run(step, box, *more): with box.lock: return step(box, *more)` comes to `step(box, 1)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import libcst as cst


@dataclass(frozen=True)
class Parameters:
    """The parameters of a function. `method`: the first one is the object before the dot."""

    names: tuple[str, ...]
    named: tuple[str, ...]
    star: str
    double: str
    method: bool

    @classmethod
    def of(cls, function: cst.FunctionDef, method: bool) -> Parameters:
        """Return those of a `def`."""
        given = function.params
        star = given.star_arg.name.value if isinstance(given.star_arg, cst.Param) else ""
        return cls(
            tuple(each.name.value for each in (*given.posonly_params, *given.params)),
            tuple(each.name.value for each in given.kwonly_params),
            star,
            given.star_kwarg.name.value if given.star_kwarg else "",
            method and not any(_is_static(each) for each in function.decorators),
        )


@dataclass(frozen=True)
class Runner:
    """A function that makes `call`, which is written in its parameters, while it holds a lock."""

    parameters: Parameters
    call: cst.Call

    def without(self, call: cst.Call) -> cst.Call | None:
        """Return what a call of the function comes to without the lock, None if its arguments are not that plain."""
        given = _given(self.parameters, call)
        if given is None:
            return None
        values, star, double = given
        used = {each for each in _names(self.call) if each in (*self.parameters.names, *self.parameters.named)}
        if not used <= values.keys():
            return None
        arguments: list[cst.Arg] = []
        for each in self.call.args:
            name = each.value.value if isinstance(each.value, cst.Name) else ""
            if each.star == "*" and name and name == self.parameters.star:
                arguments += star
            elif each.star == "**" and name and name == self.parameters.double:
                arguments += double
            else:
                arguments.append(each.with_changes(value=_substituted(each.value, values)))
        arguments = [each.with_changes(comma=cst.MaybeSentinel.DEFAULT) for each in arguments]
        function = _substituted(self.call.func, values)
        if not isinstance(function, (cst.Name, cst.Attribute, cst.Call, cst.Subscript)):
            function = function.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        return cst.Call(function, arguments)

    @property
    def position(self) -> int:
        """Where among the arguments of a call the function stands that is called."""
        called = self.call.func.value if isinstance(self.call.func, cst.Name) else ""
        return self.parameters.names.index(called) - self.parameters.method

    @property
    def passes_on(self) -> bool:
        """Whether the function that is called gets the arguments after it as they are, and in their order."""
        names = self.parameters.names[self.position + self.parameters.method + 1 :]
        expected = [("", each) for each in names]
        expected += [
            (star, name) for star, name in (("*", self.parameters.star), ("**", self.parameters.double)) if name
        ]
        passed = [(each.star, each.value.value) for each in self.call.args if isinstance(each.value, cst.Name)]
        return len(passed) == len(self.call.args) and passed == expected


def _given(
    parameters: Parameters, call: cst.Call
) -> tuple[dict[str, cst.BaseExpression], list[cst.Arg], list[cst.Arg]] | None:
    """Return the values of the parameters, and what goes to the starred ones."""
    values: dict[str, cst.BaseExpression] = {}
    waiting = list(parameters.names)
    if parameters.method:
        if not isinstance(call.func, cst.Attribute) or not waiting:
            return None
        values[waiting.pop(0)] = call.func.value
    star: list[cst.Arg] = []
    double: list[cst.Arg] = []
    for each in call.args:
        if each.star == "**":
            double.append(each)
        elif each.keyword is not None:
            name = each.keyword.value
            if name in (*waiting, *parameters.named):
                values[name] = each.value
            else:
                double.append(each)
        elif each.star == "*":
            if any(name not in values for name in waiting):
                return None
            star.append(each)
        elif waiting and not star:
            values[waiting.pop(0)] = each.value
        else:
            star.append(each)
    if (star and not parameters.star) or (double and not parameters.double):
        return None
    return values, star, double


class _Substitution(cst.CSTTransformer):
    def __init__(self, values: Mapping[str, cst.BaseExpression]) -> None:
        super().__init__()
        self._values = values

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        return self._values.get(original_node.value, updated_node)


def _substituted(expression: cst.BaseExpression, values: Mapping[str, cst.BaseExpression]) -> cst.BaseExpression:
    result: Any = expression.visit(_Substitution(values))
    assert isinstance(result, cst.BaseExpression)
    return result


def _names(node: cst.CSTNode) -> set[str]:
    found = {node.value} if isinstance(node, cst.Name) else set()
    for each in node.children:
        found |= _names(each)
    return found


def _is_static(decorator: cst.Decorator) -> bool:
    return isinstance(decorator.decorator, cst.Name) and decorator.decorator.value == "staticmethod"
