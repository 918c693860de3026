"""The public members of a class that a check has to call, and the members that a line of Python calls.

HELD is worth something only if every public member ran, or the user has excused it. `inference.surface` says which
members a class has; `members_of` says which of them one line calls.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, partial
from typing import Final

from lockproof.core.errors import LockproofError
from lockproof.core.operation import SUBJECTS, Operation

BY_FUNCTION: Final = {
    "len": ("__len__",), "bool": ("__bool__",), "next": ("__next__",), "reversed": ("__reversed__",),
    "held": ("__enter__",),
    "dict": ("keys", "__getitem__"), **dict.fromkeys(
        ("iter", "list", "set", "frozenset", "tuple", "sorted", "sum", "max", "min", "any", "all", "enumerate", "zip",
         "map", "filter", "slowly"),
        ("__iter__",),
    ),
}  # fmt: skip
"""The members that a function calls on a subject which is its argument."""

BY_OPERATOR: Final = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.BitOr: "or", ast.BitAnd: "and", ast.BitXor: "xor",
}  # fmt: skip

AWAIT: Final = (
    'run the coroutine in the operation, in a Specification: op("asyncio.run({})"), with names={{"asyncio": asyncio}}; '
    "an asynchronous generator needs a function of yours that loops over it"
)
"""What to do where a line only makes a coroutine; the blank is the line."""

_BY_SUBSCRIPT: Final = {ast.Load: "__getitem__", ast.Store: "__setitem__", ast.Del: "__delitem__"}


class Omitted(str):
    """A note for the report that something is left out.

    Attributes:
        what: the name of a member, or the line of an operation.
        why: the reason, to follow a colon.
        excused: whether HELD may be said without it.

    """

    __slots__ = ("excused", "what", "why")
    what: str
    why: str
    excused: bool

    def __new__(cls, what: str, why: str, text: str = "", *, excused: bool = False) -> Omitted:
        """Return the note with this text; by default `what` and `why` in a sentence."""
        made = super().__new__(cls, text or f"{what} is left out: {why}")
        made.what, made.why, made.excused = what, why, excused
        return made

    def __reduce__(self) -> tuple[Callable[..., Omitted], tuple[str, str, str]]:
        return partial(Omitted, excused=self.excused), (self.what, self.why, str(self))


@dataclass(frozen=True)
class Member:
    """A public member of the class.

    Attributes:
        name: the name of the attribute, like `add` or `__len__`.
        why: why no operation calls it; "" if one does.
        advice: the call of `op` that makes an operation of it, for a Specification.
        excused: whether HELD may be said without a call of it, as long as the report says that there was none.
        aliases: other names of the same function. A call by one of them is a call of the member.

    """

    name: str
    why: str = ""
    advice: str = ""
    excused: bool = False
    aliases: tuple[str, ...] = ()


@cache
def members_of(line: str) -> frozenset[str]:
    """Return the names of the members that a line calls on its subjects; some may be of what these calls return.

    A name with a capital letter stands for the class, so that `Single.instance()` calls `instance`. What stands in a
    lambda runs when the subject calls it, if it does, and does not count.
    """
    return frozenset(_called(Operation(line).node))


def _called(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Lambda():
            return
        case ast.Attribute(value=value, attr=attr) if _about_a_subject(value):
            yield attr
        case ast.Subscript(value=value, ctx=context) if _is_subject(value):
            yield _BY_SUBSCRIPT[type(context)]
        case ast.Compare(ops=operators, comparators=others):
            if any(isinstance(each, (ast.In, ast.NotIn)) for each in operators) and any(map(_is_subject, others)):
                yield "__contains__"
        case ast.BinOp(left=left, op=operator, right=right) if _is_subject(left) or _is_subject(right):
            yield f"__{BY_OPERATOR.get(type(operator), '')}__"
        case ast.AugAssign(target=target, op=operator) if _is_subject(target):
            name = BY_OPERATOR.get(type(operator), "")
            yield from (f"__i{name}__", f"__{name}__")
        case ast.Call(func=ast.Name(id=name), args=arguments):
            if name in SUBJECTS:
                yield "__call__"
            elif any(map(_is_subject, arguments)):
                yield from BY_FUNCTION.get(name, ())
        case ast.Starred(value=value) | ast.comprehension(iter=value) if _is_subject(value):
            yield "__iter__"
        case ast.Dict(keys=keys, values=values):
            if any(key is None and _is_subject(value) for key, value in zip(keys, values, strict=True)):
                yield from ("keys", "__getitem__")
    for child in ast.iter_child_nodes(node):
        yield from _called(child)


def _is_subject(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and node.id in SUBJECTS


def _about_a_subject(node: ast.AST) -> bool:
    """Tell whether an expression is a subject, its class, or made from one by calls and attributes."""
    match node:
        case ast.Name(id=name):
            return name in SUBJECTS or name[:1].isupper()
        case ast.Attribute(value=inner) | ast.Subscript(value=inner):
            return _about_a_subject(inner)
        case ast.Call(func=ast.Name(), args=arguments):
            return any(map(_about_a_subject, arguments))
        case ast.Call(func=inner):
            return _about_a_subject(inner)
    return False


def refuse_unknown(names: Iterable[str], known: Collection[str], owner: str) -> None:
    """Refuse names to skip that are none of those known.

    Raises:
        LockproofError: a name is unknown; the error has the nearest one.

    """
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 2)
            step = f"did you mean {' or '.join(near)}?" if near else f"choose from {', '.join(sorted(known))}"
            raise LockproofError(f"{owner} has no public member {name} to skip", "a misspelt name", step)
