"""Operations: one line of Python on subjects called `a`, `b`, `c`, like `a.add(1)`, `a |= b`, `len(a)`, `1 in a`.

The same line runs on the subject, runs on the model, stands in the report and can be typed on the command line, so
no description of a call has to be kept in step with the call.

`op` makes a *kind* of operation, whose holes are filled from pools of arguments: `op("a.add(x)", x=[1, 2])`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from itertools import islice, product
from typing import Any, Final

from lockproof.core.errors import LockproofError

SUBJECTS: Final = ("a", "b", "c")
"""The names of the subjects in operations, in order."""

OPERATION_FILE: Final = "<operation "
"""What stands for the file of a compiled operation begins with this; the line itself follows."""

_ITERATING: Final = frozenset(("list", "set", "frozenset", "tuple", "sorted", "sum", "max", "min", "slowly"))


class Code(str):
    """An argument that stands in the operation as this Python expression: `Code("iter([1, 2])")`, made anew each time.

    A plain value is made once, and is the same object in every call.
    """

    __slots__ = ()


@dataclass(frozen=True)
class OperationKind:
    """What operations of one kind have in common. Made by `op`.

    `text` is the line with holes; `holes` gives the pool of each. `blocking` says that a call may wait until another
    operation lets it go on. Operations with the same `exclusive` are never run at the same time by two threads.
    `normalize` makes of a result what is compared. `lifted`: the model does it by running the subject's own code on
    one thread. `reads` says that it changes nothing, `weight` how often it is chosen. `dual`: it takes effect twice
    (see `Half`).
    """

    text: str
    holes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    blocking: bool = False
    exclusive: str = ""
    normalize: Callable[[Any], Any] | None = None
    lifted: bool = False
    reads: bool = False
    weight: float = 1.0
    dual: bool = False

    def fillings(self, limit: int | None = None) -> Iterator[Operation]:
        """Yield the operations that filling the holes gives, the ones with the first values of each pool first."""
        names = list(self.holes)
        combinations = sorted(
            product(*(range(len(self.holes[name])) for name in names)), key=lambda each: (sum(each), each)
        )
        for chosen in islice(combinations, limit):
            values = {name: written(name, self.holes[name], index) for name, index in zip(names, chosen, strict=True)}
            yield Operation(_fill(self.text, values), self)

    def constants(self) -> dict[str, Any]:
        """Return the values that have no literal, by the names that stand for them in the filled lines."""
        return {
            written(name, pool, index): value
            for name, pool in self.holes.items()
            for index, value in enumerate(pool)
            if not isinstance(value, Code) and not _is_literal(value)
        }

    def matches(self, text: str) -> bool:
        """Tell whether `text` is this line with its holes filled in some way."""
        try:
            return _unify(_parsed(self.text), _parsed(text), frozenset(self.holes))
        except SyntaxError:
            return False

    def __str__(self) -> str:
        return self.text


def op(
    text: str,
    *,
    blocking: bool = False,
    exclusive: str = "",
    normalize: Callable[[Any], Any] | None = None,
    reads: bool = False,
    weight: float = 1.0,
    dual: bool = False,
    **holes: Any,
) -> OperationKind:
    """Return a kind of operation: `op("a.get(k, d)", k=[1, 2], d=[None])`.

    Each keyword names a hole in `text` and gives its pool: a sequence of values or of `Code`, or a Hypothesis
    strategy, from which a few examples are drawn, always the same. Few values that collide find more than many.

    `dual` is for operations by which threads meet, like `Barrier.wait`: each is there before it waits for the others.
    In the model it is a generator function, which yields where it begins to wait. It may wait, so it is `blocking`.

    Raises:
        LockproofError: `text` is not one line of Python, or does not have one of the holes.

    """
    line = Operation(text)
    for name in holes:
        if name not in line.names:
            raise LockproofError(f"op({text!r}) has no hole {name!r}", "a keyword that the text does not use")
    pools = {name: _pool(name, values) for name, values in holes.items()}
    return OperationKind(text, pools, blocking or dual, exclusive, normalize, False, reads, weight, dual)


UNKNOWN_KIND: Final = OperationKind("...")
"""The kind of a line that no specification has."""


@dataclass(frozen=True)
class Operation:
    """One line of Python, and the kind that it is of, if that is known. Equal when the lines are."""

    text: str
    kind: OperationKind = field(default=UNKNOWN_KIND, compare=False, repr=False)

    def __post_init__(self) -> None:
        self.node  # a line that is none is refused here

    @cached_property
    def node(self) -> ast.stmt:
        """The line as a syntax tree."""
        try:
            return _parsed(self.text)
        except SyntaxError as error:
            raise LockproofError(
                f"not an operation: {self.text!r} ({error.msg})",
                "an operation is one line of Python over the subjects a, b, c",
                'write it like "a.add(1)", "a |= b", "len(a)" or "1 in a"',
            ) from None

    @cached_property
    def names(self) -> frozenset[str]:
        """The names that the line uses."""
        return frozenset(node.id for node in ast.walk(self.node) if isinstance(node, ast.Name))

    @cached_property
    def parts(self) -> frozenset[str]:
        """What the line asks of its subjects: methods, operators, functions; `iteration` for all that iterates."""
        parts: set[str] = set()
        for node in ast.walk(self.node):
            match node:
                case ast.Attribute():
                    parts.add(node.attr)
                case ast.Compare():
                    parts |= {type(operator).__name__.removeprefix("Not") for operator in node.ops}
                case ast.BinOp():
                    parts.add(type(node.op).__name__)
                case ast.AugAssign():
                    parts.add(f"{type(node.op).__name__}=")
                case ast.Subscript():
                    parts.add(f"[]{type(node.ctx).__name__}")
                case ast.Call(func=ast.Name(id=name)) if not name.istitle():
                    parts.add("iteration" if name in _ITERATING else name)
                case ast.Starred() | ast.comprehension(iter=ast.Name()):
                    parts.add("iteration")
        return frozenset(parts)

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subjects that the line uses, in order."""
        return tuple(name for name in SUBJECTS if name in self.names)

    @cached_property
    def actions(self) -> frozenset[str]:
        """What the line does, apart from its arguments: the names of methods and functions, the operators."""
        found = set()
        for node in ast.walk(self.node):
            if isinstance(node, ast.Call):
                found.add(node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func))
            elif isinstance(node, (ast.operator, ast.cmpop, ast.Subscript)):
                found.add(type(node).__name__)
        return frozenset(found)

    def statements(self, result: str) -> list[str]:
        """Return lines of code that do the operation and assign its result to the variable `result`.

        An in-place operator on a subject works on a variable of its own: it must not give the subject's name to
        another object for the operations that follow.
        """
        node = self.node
        if isinstance(node, ast.Expr):
            return [f"{result} = {self.text}"]
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            own = ast.AugAssign(ast.Name(result, ast.Store()), node.op, node.value)
            return [f"{result} = {node.target.id}", ast.unparse(ast.fix_missing_locations(own))]
        return [self.text, f"{result} = None"]

    def compiled(self, names: Mapping[str, Any]) -> Callable[..., Any]:
        """Return a function of the subjects a, b, c that does the operation. `names` are its global names."""
        lines = [f"def operation({', '.join(SUBJECTS)}):", *(f" {line}" for line in self.statements("r")), " return r"]
        scope = dict(names)
        exec(compile("\n".join(lines), f"{OPERATION_FILE}{self.text}>", "exec"), scope)
        function: Callable[..., Any] = scope["operation"]
        return function

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Half(Operation):
    """A step of a dual operation: the request, or what follows it when the operation may go on. `place` tells apart the
    calls of equal lines.

    An operation that waits for another one, which waits for it in its turn, has no one moment at which it takes effect.
    So it has two, and other operations may come between (dual data structures, Scherer and Scott 2004; interval
    linearizability, Castañeda, Rajsbaum and Raynal 2018).
    """

    place: tuple[int, int] = (0, 0)
    follows: bool = False


def renamed(operation: Operation, names: dict[str, str]) -> Operation:
    """Return the operation on other subjects."""
    if all(old == new for old, new in names.items()):
        return operation
    tree = ast.parse(operation.text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in names:
            node.id = names[node.id]
    return Operation(ast.unparse(tree), operation.kind)


def kind_of(operation: Operation, kinds: Sequence[OperationKind]) -> OperationKind | None:
    """Return the kind that a line is of; one about another subject alone is of the kind that it is of for `a`."""
    lines = [operation.text]
    if len(operation.subjects) == 1 and operation.subjects != ("a",):
        lines.append(renamed(operation, {operation.subjects[0]: "a"}).text)
    return next((kind for line in lines for kind in kinds if kind.matches(line)), None)


def split(text: str) -> list[Operation]:
    """Return the operations of `a.add(1); len(a)`; semicolons in strings and brackets do not count."""
    try:
        body = ast.parse(text.strip()).body
    except SyntaxError as error:
        raise LockproofError(
            f"not operations: {text!r} ({error.msg})", "", 'write them like "a.add(1); len(a)"'
        ) from None
    return [Operation(ast.unparse(node)) for node in body]


def written(name: str, pool: Sequence[Any], index: int) -> str:
    """Return how the value of a pool is written in an operation: as code, as a literal, or by a name like `x_2`."""
    value = pool[index]
    if isinstance(value, Code):
        return str(value)
    return repr(value) if _is_literal(value) else f"{name}_{index}"


def _is_literal(value: Any) -> bool:
    try:
        read = ast.literal_eval(repr(value))
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return False
    return type(read) is type(value) and bool(read == value)


@cache
def _parsed(text: str) -> ast.stmt:
    body = ast.parse(text.strip()).body
    if len(body) != 1 or not isinstance(body[0], (ast.Expr, ast.Assign, ast.AugAssign, ast.Delete)):
        raise SyntaxError("not one line that calls, assigns or deletes")
    return body[0]


class _Filling(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.AST:
        text = self._values.get(node.id)
        return node if text is None else ast.parse(text, mode="eval").body


def _fill(text: str, values: Mapping[str, str]) -> str:
    if not values:
        return ast.unparse(_parsed(text))
    (statement,) = ast.parse(text.strip()).body  # a tree of its own: the cached one is shared
    return ast.unparse(ast.fix_missing_locations(_Filling(values).visit(statement)))


def _unify(pattern: Any, node: Any, holes: frozenset[str]) -> bool:
    if isinstance(pattern, ast.Name) and pattern.id in holes and isinstance(node, ast.expr):
        return True
    if type(pattern) is not type(node):
        return False
    if isinstance(pattern, ast.AST):
        return all(_unify(getattr(pattern, name, None), getattr(node, name, None), holes) for name in pattern._fields)
    if isinstance(pattern, list):
        return len(pattern) == len(node) and all(map(_unify, pattern, node, [holes] * len(node)))
    return bool(pattern == node)


def _pool(name: str, values: Any) -> Sequence[Any]:
    if hasattr(values, "validate") and hasattr(values, "example"):
        return drawn(values)
    if isinstance(values, (str, bytes)) or not isinstance(values, Sequence):
        raise LockproofError(
            f"the pool of {name!r} is {values!r}",
            "a pool is a sequence of values or a Hypothesis strategy",
            "give a list",
        )
    if not values:
        raise LockproofError(f"the pool of {name!r} is empty", "", "give it at least one value")
    return tuple(values)


def drawn(strategy: Any, count: int = 4) -> tuple[Any, ...]:
    """Return the first distinct examples of a Hypothesis strategy: the same ones each time, simple ones first."""
    try:
        from hypothesis import HealthCheck, given, settings
    except ImportError:
        raise LockproofError("Hypothesis is not installed", "", "pip install hypothesis") from None
    found: list[Any] = []
    unchecked = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]

    @settings(derandomize=True, database=None, deadline=None, max_examples=50, suppress_health_check=unchecked)
    @given(strategy)
    def collect(value: Any) -> None:
        if len(found) < count and not any(type(each) is type(value) and each == value for each in found):
            found.append(value)

    collect()
    return tuple(found)
