"""What an instruction or a call of C code is about to access, as exactly as can be told before it runs.

A search for every trace needs an upper bound of this, in each run anew. An object is named only where no other thread
can have put another one in its place since the instruction was prepared: what a method is called on, and what local
variables lead to by names that the program never stores anew. What is not known may be any container, and may be
written.
"""

from __future__ import annotations

import ast
import builtins
import gc
import math
from _thread import get_ident
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from types import (
    BuiltinFunctionType,
    CodeType,
    FrameType,
    FunctionType,
    GeneratorType,
    MethodDescriptorType,
    MethodWrapperType,
    ModuleType,
    WrapperDescriptorType,
)
from typing import Any, Final

from lockproof.core.run_steps import CONTAINER, Access
from lockproof.engines.control.containers import MOST_TYPES, kind_of_call
from lockproof.engines.control.instructions import Stores
from lockproof.engines.control.opcodes import listing
from lockproof.engines.control.operands import (
    FIXED,
    FRESH,
    OF_ELEMENTS,
    READING,
    UNKNOWN,
    operands_of,
    resolved,
    source_of,
)
from lockproof.engines.control.trace import segment

_id: Final = id  # the real one, whatever is installed

BY_NAME: Final = "attributes are accessed by names that are values"
"""Why the accesses of a run may not all be known."""

NAMES_OF_ALL: Final = frozenset((".__dict__", ".__setattr__", ".cell_contents"))
"""Accesses that lead to every attribute of an object, or to a variable of a closure."""

_NAMED: Final = {_id(getattr): False, _id(hasattr): False, _id(setattr): True, _id(delattr): True}
"""Functions that access the attribute which their second argument names, and whether they change it."""

_OF_ALL: Final = frozenset(
    map(_id, (vars, globals, eval, exec, object.__getattribute__, object.__setattr__, object.__delattr__))
)

_PLAIN: Final = frozenset((dict, list, set, deque, frozenset, tuple, str, bytes, bytearray, range,
                           *(type(getattr({}, name)()) for name in ("keys", "values", "items"))))  # fmt: skip
"""Containers of which a look changes nothing. A look at a subclass may: that of a defaultdict adds a key."""

_LOOKS: Final = frozenset(("BINARY_SLICE", "BINARY_SUBSCR", "CALL_FUNCTION_EX", "COMPARE_OP", "CONTAINS_OP",
                           "CONVERT_VALUE", "DICT_MERGE", "DICT_UPDATE", "FORMAT_SIMPLE", "FOR_ITER", "GET_ITER",
                           "GET_LEN", "LIST_EXTEND", "MATCH_CLASS", "MATCH_KEYS", "SET_UPDATE", "TO_BOOL",
                           "UNPACK_EX", "UNPACK_SEQUENCE"))  # fmt: skip
"""Instructions that change no plain container; the container that three of them extend is new."""

_ITERATING: Final = frozenset(("CALL_FUNCTION_EX", "FOR_ITER", "GET_ITER", "LIST_EXTEND", "SET_UPDATE", "UNPACK_EX",
                               "UNPACK_SEQUENCE"))  # fmt: skip
_ITERATED: Final = ".0"
"""The name of the variable that holds what a generator expression iterates over."""

_VIEWS: Final = frozenset(("items", "keys", "values"))
IN_C: Final = frozenset((BuiltinFunctionType, MethodDescriptorType, MethodWrapperType, WrapperDescriptorType))
"""The types of functions in C."""

_PURE: Final = frozenset(map(id, (get_ident, *(each for each in vars(math).values() if callable(each)))))
_READERS: Final = frozenset(id(getattr(builtins, name)) for name in FRESH)
_ANSWERING: Final = frozenset(("callable", "hasattr", "isinstance", "issubclass", *FRESH))
"""Builtins whose result is new, or does not change."""

_UNREADABLE: Final = ast.Await(ast.Constant(None))
"""Stands for arguments that no single line of source shows: nothing is known of them."""

_ASKING: Final = {
    _id(function): f"__{name}__"
    for name, functions in {
        "iter": (iter, list, tuple, sorted), "len": (len,), "hash": (hash,), "repr": (repr,), "next": (next,),
        "reversed": (reversed,),
    }.items()
    for function in functions
}  # fmt: skip
"""Builtins that ask their argument by one special method, and then do not come back to it."""

_ANY: Final = (Access(CONTAINER, True),)


def of_instruction(code: CodeType, offset: int, frame: FrameType, stores: Stores) -> tuple[Access, ...]:
    """Return the accesses that an instruction on containers is about to make."""
    text, operation, node, fresh = _plan(*segment(code, offset))
    if operation in ("FOR_ITER", "GET_ITER") and code.co_varnames[:1] == (_ITERATED,) and offset in _outermost(code):
        return _of_object(frame.f_locals[_ITERATED])
    if node is None:
        return _ANY
    if fresh is not None:
        return () if _is_new(fresh, frame) else _ANY
    about = _augmented(node, frame) if isinstance(node, ast.AugAssign) else operands_of(node, frame)
    if about is None:
        return _ANY
    found = [inner for each in about for inner in _inside(each)]
    if not found:
        return ()
    if isinstance(node, ast.AugAssign) or not _fixed(text, code, stores):
        return (Access(CONTAINER, operation not in _LOOKS or any(type(each) not in _PLAIN for each in found)),)
    return tuple(
        Access(kind_of_call(None, each), operation not in _LOOKS or type(each) not in _PLAIN, _id(each))
        for each in found
    )


@cache
def _plan(text: str, operation: str) -> tuple[str, str, ast.expr | ast.AugAssign | None, ast.expr | None]:
    """Return the text of an instruction, its name, what it operates on, and else an expression that may be new."""
    node = parsed(text)
    if operation == "CALL_FUNCTION_EX":
        match node:
            case ast.Call(args=[ast.Starred(value=unpacked)]):
                node = unpacked
            case _:
                return text, operation, None, None
    if isinstance(node, ast.expr) and (operation in _ITERATING or operation == "TO_BOOL"):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _VIEWS:
            node = node.func.value
        elif not isinstance(node, (ast.Name, ast.Attribute)):
            return text, operation, node, node
        text = source_of(node)
    return text, operation, node, None


def of_generator(frame: FrameType) -> tuple[Access, ...]:
    """Return the access that a generator makes where it begins or goes on: two threads may call the same one."""
    generator = getattr(frame, "f_generator", None)  # since 3.14
    return (Access(f"{CONTAINER}generator", True, 0 if generator is None else _id(generator)),)


def _of_object(thing: Any) -> tuple[Access, ...]:
    """Return the accesses of a step to an iterator: it goes on, and reads what it iterates over."""
    return tuple(Access(kind_of_call(None, each), each is thing or type(each) not in _PLAIN, _id(each))
                 for each in _inside(thing))  # fmt: skip


@cache
def _outermost(code: CodeType) -> frozenset[int]:
    """Return the offsets of the instructions of a generator expression that iterate over what it was given."""
    found = [each for each in listing(code) if each.opname in ("FOR_ITER", "GET_ITER")]
    first = next((k for k, each in enumerate(found) if each.opname == "FOR_ITER"), -1)
    return frozenset(each.offset for each in found[: first + 1])


def of_call(
    function: Any, first: Any, code: CodeType, offset: int, frame: FrameType, stores: Stores
) -> tuple[Access, ...] | None:
    """Return the accesses that a call of C code is about to make; None if no name tells them.

    `first` is the first argument of the call.
    """
    if _id(function) in _PURE or runs_python(function):
        return ()
    if asks_python(function, first):
        return ()
    if _id(function) in _OF_ALL:
        return None
    if (changes := _NAMED.get(_id(function))) is not None:
        match _arguments(segment(code, offset)[0]):
            case (_, ast.Constant(value=str(name)), *_):
                return (Access(f".{name}", changes),)
        return None
    bound = function.__self__ if type(function) is BuiltinFunctionType else None
    method = bound is not None and type(bound) is not ModuleType
    about = bound if method else first
    name = getattr(function, "__name__", "")
    plain = type(about) in _PLAIN
    reads = plain and (name in READING or _id(function) in _READERS)
    found = tuple(
        Access(kind_of_call(None, each), not (reads or (each is not about and type(each) in _PLAIN)), _id(each))
        for each in _inside(about)
    )
    if plain and name in OF_ELEMENTS:
        return found
    writes = not (plain and (method or reads or hasattr(type(about), name)))
    others = _arguments(segment(code, offset)[0])
    if not method and (isinstance(function, type) or bound is not None):
        others = others[1:]  # the first one is known
    return (*found, *(each for node in others for each in _of_argument(node, about, writes, code, frame, stores)))


def runs_python(function: Any) -> bool:
    """Tell whether a call does nothing but run code in Python, which has switch points of its own."""
    if type(function) in IN_C:
        return False
    if isinstance(function, type):
        return any(type(vars(each).get(name)) is FunctionType for name in ("__init__", "__new__")
                   for each in function.__mro__)  # fmt: skip
    return any(type(vars(each).get("__call__")) is FunctionType for each in type(function).__mro__)


def asks_python(function: Any, first: Any) -> bool:
    """Tell whether a builtin asks its argument by a special method that is code in Python."""
    name = _ASKING.get(_id(function))
    if name is None:
        return False
    return type(next((vars(each)[name] for each in type(first).__mro__ if name in vars(each)), None)) is FunctionType


def stays_open(function: Any, first: Any) -> bool:
    """Tell whether code in Python that a call of C code runs comes in the middle of an access.

    A builtin that makes something new of a generator accesses nothing but that.
    """
    if runs_python(function) or asks_python(function, first):
        return False
    return not (_id(function) in _READERS and type(first) is GeneratorType)


def _inside(thing: Any, depth: int = 0) -> Iterator[Any]:
    """Yield the objects with state in C that an operation on `thing` accesses: itself, and what it iterates over.

    Objects of classes in Python have none: their special methods have switch points of their own.
    """
    kind = type(thing)
    if kind is memoryview:
        with suppress(ValueError):  # it is released
            yield from _inside(thing.obj, depth + 1)
        return
    if kind in FIXED or kind is GeneratorType or _in_python[kind]:
        return
    yield thing
    if depth < 3 and (hasattr(kind, "__next__") or (kind in _PLAIN and not isinstance(thing, _BASIC))):
        for each in gc.get_referents(thing):
            if type(each) is not type:
                yield from _inside(each, depth + 1)


_BASIC: Final = (dict, list, set, deque, frozenset, tuple, str, bytes, bytearray, range)


class _InPython(dict[type, bool]):
    """Whether a class and all its bases were made by a class statement."""

    def __missing__(self, kind: type) -> bool:
        if len(self) >= MOST_TYPES:
            self.clear()
        self[kind] = made = all("__firstlineno__" in vars(each) for each in kind.__mro__[:-1])
        return made


_in_python: Final = _InPython()


@cache
def parsed(text: str) -> ast.expr | ast.AugAssign | None:
    """Return a piece of source that is an expression or `x += y`; None for anything else."""
    try:
        statement = ast.parse(text).body[0]
    except (SyntaxError, IndexError):
        return None
    if isinstance(statement, ast.Expr):
        return statement.value
    return statement if isinstance(statement, ast.AugAssign) else None


def _is_new(node: ast.AST, frame: FrameType) -> bool:
    """Tell whether an expression has a value that no other thread has, or that does not change."""
    match node:
        case ast.Constant() | ast.JoinedStr() | ast.Compare() | ast.List() | ast.Tuple() | ast.Set() | ast.Dict():
            return True
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp() | ast.Lambda() | ast.Slice():
            return True
        case ast.UnaryOp(op=ast.Not()):
            return True
        case ast.Call(func=ast.Name(id=name)):
            hidden = name in frame.f_locals or name in frame.f_globals
            return name in _ANSWERING and not hidden
    return False


@cache
def _names(text: str) -> tuple[frozenset[str], frozenset[str]] | None:
    """Return the names and the attributes in a piece of source; None if it has anything but these and constants."""
    node = parsed(text)
    if not isinstance(node, ast.expr):
        return None
    found = list(ast.walk(node))
    if any(isinstance(each, (ast.Call, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom)) for each in found):
        return None
    names = frozenset(each.id for each in found if isinstance(each, ast.Name))
    return names, frozenset(each.attr for each in found if isinstance(each, ast.Attribute))


def _fixed(text: str, code: CodeType, stores: Stores) -> bool:
    """Tell whether no other thread can change what a piece of source stands for, while this one evaluates it."""
    found = _names(text)
    if found is None:
        return False
    names, attributes = found
    if attributes & stores.attributes:
        return False
    inner = {*code.co_cellvars, *code.co_freevars}
    if names & inner & stores.cells:
        return False
    return (names - inner - {*code.co_varnames}).isdisjoint(stores.globals | stores.attributes)


def _augmented(node: ast.AugAssign, frame: FrameType) -> list[Any] | None:
    """Return what `x += y` is about; None if that is not known."""
    parts = (node.target, node.value)
    values = [each.value if isinstance(each, ast.Constant) else resolved(source_of(each), frame) for each in parts]
    return None if any(each is UNKNOWN for each in values) else [each for each in values if type(each) not in FIXED]


@cache
def _arguments(text: str) -> tuple[ast.AST, ...]:
    node = parsed(text)
    if not isinstance(node, ast.Call):
        return () if node is not None else (_UNREADABLE,)
    return (*node.args, *(each.value for each in node.keywords))


def _of_argument(
    node: ast.AST, about: Any, writes: bool, code: CodeType, frame: FrameType, stores: Stores
) -> tuple[Access, ...]:
    """Return the accesses to an argument, besides the object that the call is about; `writes`: it may be changed."""
    if _is_new(node, frame):
        return ()
    if isinstance(node, (ast.Name, ast.Attribute)):
        text = source_of(node)
        value = resolved(text, frame)
        if value is UNKNOWN and isinstance(node, ast.Name) and hasattr(builtins, node.id):
            return ()
        if value is about:
            return ()
        if value is not UNKNOWN and (_fixed(text, code, stores) or not any(True for _ in _inside(value))):
            return tuple(Access(kind_of_call(None, each), writes, _id(each)) for each in _inside(value))
    return (Access(CONTAINER, writes),)
