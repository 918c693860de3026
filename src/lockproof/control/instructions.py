"""Which instructions can touch state that threads share, and how the interpreter tells when one is about to run.

Switch points come from `sys.monitoring` (PEP 669). A code object is looked at when it first runs; an instruction that
cannot touch shared state answers DISABLE once and costs nothing from then on. What remains, under `free`:

- attributes, global and closure variables that some code of the program stores after construction. A name that is
  only stored by constructors, on an object that nobody else knows yet, cannot change under a reader;
- items, membership, iteration, operators and comparisons, truth: containers answer these in C, in one step;
- where a generator begins or goes on: C code asks it in the middle of a step, and two threads may ask the same one;
- calls of C functions. Calls of Python functions are not: what matters in them has points of its own.

Under `gil` they are where CPython 3.13 looks at its eval breaker (Python/bytecodes.c): where a function or a generator
begins to run, at a jump backward, and after a call in C. Under `sync` none of them are, but jumps backward are counted
always, so that a loop which waits for another thread lets that one run.

Rejected: an instruction event for all code, filtered by what it will read. The filter needs the operands, which
Python code cannot see before the instruction has run; names are an upper bound of what it may touch.
"""

from __future__ import annotations

import builtins
import dis
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, MethodType
from typing import Any, Final

from lockproof.schedule import CONTAINER, Switching

LOOP: Final = "loop"
"""The name of a jump backward: counted, and no access."""

_id: Final = id  # the real one, whatever is installed

_CONSTRUCTORS: Final = ("__init__", "__new__", "__post_init__", "__set_name__")
_BY_NAME: Final = ("setattr", "delattr", "vars", "__dict__", "__setattr__")
"""What stores attributes that no instruction names: where it is used, every attribute counts as stored."""

_ITEMS: Final = frozenset(
    (
        "BINARY_OP", "BINARY_SLICE", "BINARY_SUBSCR", "COMPARE_OP", "CONTAINS_OP", "CONVERT_VALUE", "DELETE_SUBSCR",
        "DICT_MERGE", "DICT_UPDATE", "FORMAT_SIMPLE", "FOR_ITER", "GET_ITER", "GET_LEN", "LIST_EXTEND", "MATCH_CLASS",
        "MATCH_KEYS",        "SET_UPDATE", "STORE_SLICE", "STORE_SUBSCR", "TO_BOOL", "UNPACK_EX", "UNPACK_SEQUENCE",
    )
)  # fmt: skip
_ATTRIBUTES: Final = frozenset(("LOAD_ATTR", "STORE_ATTR", "DELETE_ATTR"))
_GLOBALS: Final = frozenset(("LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL", "DELETE_GLOBAL"))
_CELLS: Final = frozenset(("LOAD_DEREF", "STORE_DEREF", "DELETE_DEREF"))
_CALLS: Final = frozenset(("CALL", "CALL_KW", "CALL_FUNCTION_EX"))
_BACKWARD: Final = frozenset(("JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"))
_OF_NUMBERS: Final = frozenset(("BINARY_OP", "COMPARE_OP"))

_HARMLESS: Final = frozenset(
    map(id, (isinstance, issubclass, callable, id, type, super, range, object, print, globals, locals, Exception))
)
_OF_ONE: Final = frozenset(map(id, (len, abs, hash, repr, ascii, str, int, float, bool, ord, chr, list, set, dict,
                                    tuple, frozenset, bytes, iter, round))) | frozenset(
    id(each) for name, each in vars(str).items() if not name.startswith("_") and name not in
    ("join", "format", "format_map", "translate", "maketrans")  # these look into their arguments
)  # fmt: skip
_ATOMIC: Final = frozenset((int, str, float, bytes, bool, type(None), complex))


class Store(str):
    """The name of what an instruction changes, and not only reads."""

    __slots__ = ()


UNTOLD: Final = CONTAINER + "?"
"""The place of a name that is told when the instruction is first met, from what it is about then."""

UNTOLD_STORE: Final = Store(UNTOLD)


class Stores:
    """The names that code of the program stores where other threads may see it: attributes, globals, closures."""

    def __init__(self) -> None:
        self.attributes: set[str] = set()
        self.globals: set[str] = set()
        self.cells: set[str] = set()
        self.any_attribute = False

    def add(self, code: CodeType) -> bool:
        """Take in what a code object and those inside it store; true if that was more than was known."""
        before = self._size()
        for each in nested(code):
            self._scan(each)
        return self._size() != before

    def _size(self) -> tuple[int, ...]:
        return len(self.attributes), len(self.globals), len(self.cells), int(self.any_attribute)

    def _scan(self, code: CodeType) -> None:
        constructing = code.co_name in _CONSTRUCTORS and not _leaks_itself(code)
        own = 0
        found = list(dis.get_instructions(code))
        for k, instruction in enumerate(found):
            name, what = instruction.argval, instruction.opname
            if what in ("STORE_ATTR", "DELETE_ATTR"):
                if not constructing or not _of_itself(found, k, code):
                    self.attributes.add(name)
            elif what in ("STORE_GLOBAL", "DELETE_GLOBAL"):
                self.globals.add(name)
            elif what in ("STORE_DEREF", "DELETE_DEREF"):
                own += name in code.co_cellvars
                if (
                    name in code.co_freevars
                    or sum(each.opname == what and each.argval == name for each in dis.get_instructions(code)) > 1
                ):
                    self.cells.add(name)
        if code.co_name not in _CONSTRUCTORS and code.co_name != "<module>":
            self.any_attribute |= any(name in code.co_names for name in _BY_NAME)


def nested(code: CodeType) -> Iterator[CodeType]:
    """Yield the code object and those of functions, classes and generators inside it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from nested(constant)


def _leaks_itself(code: CodeType) -> bool:
    """Tell whether a constructor may show its object to others before it ends."""
    if not code.co_argcount:
        return True
    itself, found = code.co_varnames[0], list(dis.get_instructions(code))
    for k, instruction in enumerate(found):
        given = instruction.argval
        names = given if isinstance(given, tuple) else (given,)
        if "LOAD_FAST" in instruction.opname and itself in names and not (names[-1] == itself and _keeps(found, k + 1)):
            return True
    return False


def _keeps(found: list[dis.Instruction], k: int) -> bool:
    """Tell whether the instruction takes an attribute of the object and calls no method of it."""
    following = found[k]
    if following.opname == "LOAD_ATTR":
        return not (following.arg or 0) & 1
    return following.opname in ("STORE_ATTR", "STORE_DEREF")


def _of_itself(found: list[dis.Instruction], k: int, code: CodeType) -> bool:
    """Tell whether the attribute that is stored is one of the object under construction."""
    given = found[k - 1].argval
    last = given[-1] if isinstance(given, tuple) else given
    return bool(code.co_varnames) and "LOAD_FAST" in found[k - 1].opname and last == code.co_varnames[0]


def table(code: CodeType, switching: Switching, stores: Stores) -> list[str | None]:
    """Return for each offset what the instruction there may touch; None where a switch changes nothing."""
    found = list(dis.get_instructions(code))
    names: list[str | None] = [None] * (len(code.co_code) + 2)
    for k, instruction in enumerate(found):
        name = _what(found, k, switching, stores)
        storing = name is not None and name is not LOOP and instruction.opname.startswith(("STORE_", "DELETE_"))
        names[instruction.offset] = name if not storing else UNTOLD_STORE if name is UNTOLD else Store(name)
    return names


def _what(found: list[dis.Instruction], k: int, switching: Switching, stores: Stores) -> str | None:
    instruction = found[k]
    what = instruction.opname
    if what in _BACKWARD:
        return LOOP
    if switching is Switching.SYNC:
        return None
    if switching is Switching.GIL:
        return CONTAINER if k and found[k - 1].opname in _CALLS else None
    if what in _ATTRIBUTES:
        stored = instruction.argval in stores.attributes or instruction.argval in stores.globals
        known = stores.any_attribute or stored
        method = what == "LOAD_ATTR" and (instruction.arg or 0) & 1 and not stored
        return f".{instruction.argval}" if known and not method else None
    if what in _GLOBALS:
        # A module's global is an attribute of the module for others.
        known = instruction.argval in stores.globals or instruction.argval in stores.attributes
        return str(instruction.argval) if known else None
    if what in _CELLS:
        return instruction.argval if instruction.argval in stores.cells else None
    if what not in _ITEMS or (what in _OF_NUMBERS and _of_constant(found, k)) or _of_range(found, k):
        return None
    return UNTOLD


def _of_constant(found: list[dis.Instruction], k: int) -> bool:
    """Tell whether the right operand is a number: no container is changed by it, and none answers."""
    operand = found[k - 1]
    numeric = operand.opname == "LOAD_CONST" and isinstance(operand.argval, (int, float, type(None)))
    return numeric and not (found[k].opname == "BINARY_OP" and found[k].argrepr.startswith("*"))


def _of_range(found: list[dis.Instruction], k: int) -> bool:
    """Tell whether this iterates over a range that is made on the spot."""
    if found[k].opname == "FOR_ITER":
        k -= 1
        while k > 0 and found[k].opname not in ("GET_ITER", "FOR_ITER"):
            k -= 1
    if found[k].opname != "GET_ITER" or found[k - 1].opname != "CALL":
        return False
    within = [each for each in found[max(0, k - 8) : k - 1] if each.opname in ("LOAD_GLOBAL", *_CALLS)]
    return bool(within) and within[-1].opname == "LOAD_GLOBAL" and within[-1].argval == "range"


def in_c(function: Any) -> bool:
    """Tell whether calling this runs C code first."""
    return type(function) is not FunctionType and type(function) is not MethodType


def touches(function: Any, first: Any) -> bool:
    """Tell whether a call of this C function, `first` its first argument, can touch what threads share."""
    if _id(function) in _HARMLESS:
        return False
    if isinstance(function, type) and (issubclass(function, BaseException) or first is sys.monitoring.MISSING):
        return False
    return not (_id(function) in _OF_ONE and (type(first) in _ATOMIC or first is sys.monitoring.MISSING))


def all_code(space: dict[str, Any], file: str) -> Iterator[CodeType]:
    """Yield the code objects of functions and classes in a module's namespace that come from this file."""
    seen: set[int] = set()
    waiting: list[Any] = list(space.values())
    while waiting:
        value = waiting.pop()
        if _id(value) in seen:
            continue
        seen.add(_id(value))
        if isinstance(value, (staticmethod, classmethod)):
            waiting.append(value.__func__)
        elif isinstance(value, property):
            waiting += [each for each in (value.fget, value.fset, value.fdel) if each is not None]
        elif isinstance(value, FunctionType):
            if value.__code__.co_filename == file:
                yield value.__code__
            wrapped: Callable[..., Any] | None = getattr(value, "__wrapped__", None)
            if wrapped is not None:
                waiting.append(wrapped)
        elif isinstance(value, type) and value.__module__ != builtins.__name__:
            waiting += list(vars(value).values())
