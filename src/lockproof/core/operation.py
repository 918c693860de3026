"""Operations: one line of Python on subjects called `a`, `b`, `c`, like `a.add(1)`, `a |= b`, `len(a)`, `1 in a`.

The same line runs on the subject, runs on the model, stands in the report and can be typed on the command line. So an
operation needs no second description that could differ from it.

`op` makes a *kind* of operation. Its line has holes, which are filled from pools of arguments:
`op("a.add(x)", x=[1, 2])`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, reduce
from itertools import islice, product
from types import ModuleType
from typing import Any, Final, Self

from lockproof.core.errors import LockproofError

SUBJECTS: Final = ("a", "b", "c")
"""The names of the subjects in operations, in order."""

OPERATION_FILE: Final = "<operation "
"""The beginning of the file name of a compiled operation. The line itself follows."""

_ITERATING: Final = frozenset(("list", "set", "frozenset", "tuple", "sorted", "sum", "max", "min", "slowly"))


class Code(str):
    """A Python expression as an argument: `Code("iter([1, 2])")` is evaluated anew in every call.

    A plain value in a pool is made once, and every call gets the same object.
    """

    __slots__ = ()


class NamedCode(Code):
    """Code that uses names of its own: `NamedCode("Point(1)", Point=Point)`."""

    __slots__ = ("names",)

    names: Mapping[str, Any]

    def __new__(cls, text: str, **names: Any) -> Self:
        """Return the code `text`; `names` are what its names mean."""
        self = super().__new__(cls, text)
        self.names = names
        return self


@dataclass(frozen=True)
class OperationKind:
    """What operations of one kind have in common. `op` makes it.

    Attributes:
        text: the line with holes.
        holes: the pool of arguments of each hole.
        blocking: whether a call may wait until another operation lets it go on.
        exclusive: a name; two threads never run operations with the same name at the same time. "": no such limit.
        normalize: a function that turns a result into the value that is compared.
        lifted: whether the model does the operation by running the subject's own code on one thread.
        reads: whether the operation changes nothing.
        weight: how often the operation is chosen, relative to the others.
        dual: whether the operation takes effect in two steps (see `Half`).
        after: the texts of kinds one of which must come before in the same thread, like the call that gives what this
            one gives back. Empty: it needs none.

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
    after: tuple[str, ...] = ()

    def fillings(self, limit: int | None = None) -> Iterator[Operation]:
        """Yield at most `limit` operations, one for each combination of arguments, first values of the pools first."""
        names = list(self.holes)
        combinations = sorted(
            product(*(range(len(self.holes[name])) for name in names)), key=lambda each: (sum(each), each)
        )
        for chosen in islice(combinations, limit):
            values = {name: written(name, self.holes[name], index) for name, index in zip(names, chosen, strict=True)}
            yield Operation(_fill(self.text, values), self)

    def constants(self) -> dict[str, Any]:
        """Return the arguments that have no literal, by the names that the operations use for them."""
        found: dict[str, Any] = {}
        for name, pool in self.holes.items():
            for index, value in enumerate(pool):
                if isinstance(value, NamedCode):
                    found |= value.names
                elif not isinstance(value, Code) and not _is_literal(value):
                    found[written(name, pool, index)] = value
        return found

    def matches(self, text: str) -> bool:
        """Return whether `text` is this line with some arguments in its holes."""
        try:
            return _unify(_parsed(self.text), _parsed(text), frozenset(self.holes))
        except SyntaxError:
            return False

    def __str__(self) -> str:
        return self.text


MODULE_NAMES: Final = "__lockproof_module_names__"
"""The attribute by which a class of one run leads to the names of the module that was executed for this run."""


FINDS: Final = "_own_"
"""The beginning of the name of a function, in the code of lines, that returns what a name means in the run."""


class OfTheRun:
    """What a global name of lines means, if that is another object in each run, like a member of an enumeration.

    `path`: the names that lead to the object from its module. `value` is that of the module which was imported.
    """

    def __init__(self, value: Any, path: Sequence[str]) -> None:
        self._value, self._path = value, tuple(path)

    def __call__(self, *subjects: Any) -> Any:
        """Return the object of the run that these are the subjects of."""
        for each in subjects:
            names = vars(each) if isinstance(each, ModuleType) else getattr(type(each), MODULE_NAMES, None)
            if names is not None:
                return reduce(getattr, self._path[1:], names[self._path[0]])
        return self._value


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

    Args:
        text: one line of Python on the subjects `a`, `b`, `c`; other names in it may be holes.
        blocking: whether a call may wait until another operation lets it go on.
        exclusive: a name; two threads never run operations with the same name at the same time.
        normalize: a function that turns a result into the value that is compared; by default, the result itself.
        reads: whether the operation changes nothing.
        weight: how often the operation is chosen, relative to the others; by default 1.
        dual: whether threads meet by this operation, as by `Barrier.wait`: a call registers its thread, then waits for
            the others. In the model it is a generator function that yields where it begins to wait. A dual operation
            is `blocking`.
        holes: for each hole its pool of arguments: a sequence of values or of `Code`, or a Hypothesis strategy, of
            which the same few examples are drawn each time. A few values that collide find more than many values.

    Raises:
        LockproofError: `text` is not one line of Python or lacks one of the holes, or a pool is empty or no sequence.

    """
    line = Operation(text)
    for name in holes:
        if name not in line.names:
            raise LockproofError(f"op({text!r}) has no hole {name!r}", "a keyword that the text does not use")
    pools = {name: _pool(name, values) for name, values in holes.items()}
    return OperationKind(text, pools, blocking or dual, exclusive, normalize, False, reads, weight, dual)


UNKNOWN_KIND: Final = OperationKind("...")
"""The kind of an operation that no specification describes."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One line of Python, and its kind, if it is known. Operations are equal if their lines are.

    What follows from the line is kept by line, and not in the object: there are thousands of objects of each line, and
    on 3.13t the first use of a `cached_property` took 25 us, a hundred times as long as this.

    Raises:
        LockproofError: `text` is not one line of Python that calls, assigns or deletes.

    """

    text: str
    kind: OperationKind = field(default=UNKNOWN_KIND, compare=False, repr=False)

    def __post_init__(self) -> None:
        self.node  # parses the line, so that a wrong one is refused here

    @property
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

    @property
    def names(self) -> frozenset[str]:
        """The names that the line uses."""
        return _names(self.text)

    @property
    def parts(self) -> frozenset[str]:
        """The methods, operators and functions that the line uses on its subjects.

        `list(a)`, `sorted(a)`, `sum(a)`, `[*a]` and their like count as one: `iteration`.
        """
        return _parts(self.text)

    @property
    def subjects(self) -> tuple[str, ...]:
        """The subjects that the line uses, in order."""
        return _subjects(self.text)

    @property
    def actions(self) -> frozenset[str]:
        """The names of the methods, functions and operators in the line. `list(a)` and `sorted(a)` stay apart here."""
        return _actions(self.text)

    def statements(self, result: str) -> list[str]:
        """Return lines of code that do the operation and assign its result to the variable `result`.

        An in-place operator on a subject works on a variable of its own. Otherwise the subject's name could stand for
        another object in the operations that follow.
        """
        node = self.node
        if isinstance(node, ast.Expr):
            return [f"{result} = {self.text}"]
        if isinstance(node, ast.AugAssign) and isinstance(node.target, ast.Name):
            own = ast.AugAssign(ast.Name(result, ast.Store()), node.op, node.value)
            return [f"{result} = {node.target.id}", ast.unparse(ast.fix_missing_locations(own))]
        return [self.text, f"{result} = None"]

    def compiled(self, names: Mapping[str, Any]) -> Callable[..., Any]:
        """Return a function with the parameters a, b, c that does the operation. `names` are its global names."""
        own = [name for name in self.names if type(names.get(name)) is OfTheRun]
        found = [f" {name} = {FINDS}{name}({', '.join(SUBJECTS)})" for name in own]
        statements = [f" {line}" for line in self.statements("r")]
        lines = [f"def operation({', '.join(SUBJECTS)}):", *found, *statements, " return r"]
        scope = {**names, **{f"{FINDS}{name}": names[name] for name in own}}
        exec(compile("\n".join(lines), f"{OPERATION_FILE}{self.text}>", "exec"), scope)
        function: Callable[..., Any] = scope["operation"]
        return function

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Half(Operation):
    """One of the two steps of a dual operation: the request, or the follow-up that ends the wait.

    Two threads that meet wait for each other, so no single moment exists at which their operations take effect. A dual
    operation takes effect at two moments, and other operations may come between them (dual data structures, Scherer
    and Scott 2004; interval linearizability, Castañeda, Rajsbaum and Raynal 2018).

    Attributes:
        place: the thread and the position of the call, which tell calls of equal lines apart.
        follows: whether this is the follow-up.

    """

    place: tuple[int, int] = (0, 0)
    follows: bool = False


def renamed(operation: Operation, names: dict[str, str]) -> Operation:
    """Return the operation on other subjects: `names` maps the old names to the new ones."""
    if all(old == new for old, new in names.items()):
        return operation
    tree = ast.parse(operation.text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in names:
            node.id = names[node.id]
    return Operation(ast.unparse(tree), operation.kind)


def kind_of(operation: Operation, kinds: Sequence[OperationKind]) -> OperationKind | None:
    """Return the kind that the operation matches, or None; of several that with the fewest holes.

    Kinds are written for the subject `a`. An operation on `b` alone, or on `c` alone, is matched as if it were on `a`.
    """
    lines = [operation.text]
    if len(operation.subjects) == 1 and operation.subjects != ("a",):
        lines.append(renamed(operation, {operation.subjects[0]: "a"}).text)
    for line in lines:
        matching = [kind for kind in kinds if kind.matches(line)]
        if matching:
            return min(matching, key=lambda kind: len(kind.holes))
    return None


def split(text: str) -> list[Operation]:
    """Return the operations of a text like `a.add(1); len(a)`. A semicolon in a string does not separate operations.

    Raises:
        LockproofError: the text is not Python, or one of its lines is no operation.

    """
    try:
        body = ast.parse(text.strip()).body
    except SyntaxError as error:
        raise LockproofError(
            f"not operations: {text!r} ({error.msg})", "", 'write them like "a.add(1); len(a)"'
        ) from None
    return [Operation(ast.unparse(node)) for node in body]


def written(name: str, pool: Sequence[Any], index: int) -> str:
    """Return how an operation writes the value `pool[index]` of the hole `name`: as code, as a literal, or as `x_2`."""
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


@cache
def _names(text: str) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(_parsed(text)) if isinstance(node, ast.Name))


@cache
def _subjects(text: str) -> tuple[str, ...]:
    return tuple(name for name in SUBJECTS if name in _names(text))


@cache
def _parts(text: str) -> frozenset[str]:
    parts: set[str] = set()
    for node in ast.walk(_parsed(text)):
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


@cache
def _actions(text: str) -> frozenset[str]:
    found = set()
    for node in ast.walk(_parsed(text)):
        if isinstance(node, ast.Call):
            found.add(node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func))
        elif isinstance(node, (ast.operator, ast.cmpop, ast.Subscript)):
            found.add(type(node).__name__)
    return frozenset(found)


class _Filling(ast.NodeTransformer):
    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.AST:
        text = self._values.get(node.id)
        return node if text is None else ast.parse(text, mode="eval").body


def _fill(text: str, values: Mapping[str, str]) -> str:
    if not values:
        return ast.unparse(_parsed(text))
    (statement,) = ast.parse(text.strip()).body  # not `_parsed`: its cached tree must not be changed
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
    """Return up to `count` distinct examples of a Hypothesis strategy, the same ones each time, simple ones first.

    Raises:
        LockproofError: Hypothesis is not installed.

    """
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
