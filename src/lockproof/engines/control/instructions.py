"""The instructions that can touch state which threads share: the switch points of a code object.

Events of `sys.monitoring` (PEP 669) lead to the switch points. lockproof reads a code object when it first runs. The
callback of an instruction that cannot touch shared state returns DISABLE once, and the instruction costs nothing from
then on. The switch points under `free` are:

- attributes, global and closure variables that some code of the program stores after construction. A name that only
  constructors store, on an object that no other thread knows yet, cannot change while another thread reads it;
- items, membership, iteration, operators, comparisons and truth: containers answer these in C, in one step;
- the place where a generator begins or goes on: C code calls it in the middle of a step, and two threads may call the
  same generator;
- calls of C functions. A call of a Python function is no switch point, since its instructions have their own.

Under `gil` the switch points are the places where the running version of CPython hands over the GIL (see `handover`).
Under `sync` no instruction is one. Jumps backward are counted in every mode, so that a loop which waits for another
thread lets that thread run.

Rejected: an instruction event for all code, filtered by the objects that the instruction will read. The filter needs
the operands, which Python code cannot see before the instruction has run. Names are an upper bound of what an
instruction may touch.
"""

from __future__ import annotations

import builtins
import dis
import inspect
import sys
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any, Final

from lockproof.core.run_steps import CONTAINER
from lockproof.core.schedule import Switching
from lockproof.engines.control import handover
from lockproof.engines.control.opcodes import ATTRIBUTES, CALLS, CELLS, GLOBALS, LOCAL, LOOPS, METHODS, listing

LOOP: Final = "loop"
"""The name of a jump backward, which is counted and is no access."""

CHECKED: Final = "checked"
"""Under `gil`, the name of an instruction that always checks whether to hand over the GIL."""

AFTER_METHOD: Final = CONTAINER + "method"
"""Under `gil`, the name of the instruction after a call that also checks when a bound method returns."""

_id: Final = id  # the real one, whatever is installed

_CONSTRUCTORS: Final = ("__init__", "__new__", "__post_init__", "__set_name__")
_BY_NAME: Final = ("setattr", "delattr", "vars", "__dict__", "__setattr__", "cell_contents")
"""Names that store attributes which no instruction names: if code uses one, every attribute counts as stored."""

_COMPREHENSION: Final = frozenset(("BUILD_LIST", "BUILD_MAP", "BUILD_SET", "LOAD_FAST_AND_CLEAR", "SWAP"))
"""Instructions of a comprehension between its iterable and GET_ITER; on 3.13 another GET_ITER stands before them."""

_OF_NUMBERS: Final = frozenset(("BINARY_OP", "COMPARE_OP"))

_HARMLESS: Final = frozenset(
    map(id, (isinstance, issubclass, callable, id, type, super, range, object, print, locals, Exception))
)
_OF_ONE: Final = frozenset(map(id, (len, abs, hash, repr, ascii, str, int, float, bool, ord, chr, list, set, dict,
                                    tuple, frozenset, bytes, iter, round))) | frozenset(
    id(each) for name, each in vars(str).items() if not name.startswith("_") and name not in
    ("join", "format", "format_map", "translate", "maketrans")  # these read their arguments
)  # fmt: skip
_TUPLES: Final = frozenset(("BUILD_TUPLE", "CALL_INTRINSIC_1", "LOAD_CONST"))
"""Instructions that put a tuple on the stack, where the arguments of a call are made."""

_MISSING: Final = sys.monitoring.MISSING
_ATOMIC: Final = frozenset((int, str, float, bytes, bool, type(None), complex))


class Store(str):
    """The name of an access that changes something."""

    __slots__ = ()


NAMED_LATER: Final = CONTAINER + "?"
"""Stands for a name until the instruction first runs: the name then follows from the operands."""

STORE_NAMED_LATER: Final = Store(NAMED_LATER)


class Stores:
    """The names of attributes, globals and closure variables that the program stores where other threads may see it."""

    def __init__(self) -> None:
        self.attributes: set[str] = set()
        self.globals: set[str] = set()
        self.cells: set[str] = set()
        self.any_attribute = False

    def add(self, code: CodeType) -> bool:
        """Add the names that a code object and those inside it store; true if there was a new name."""
        before = self._size()
        for each in nested(code):
            self._scan(each)
        return self._size() != before

    def _size(self) -> tuple[int, ...]:
        return len(self.attributes), len(self.globals), len(self.cells), int(self.any_attribute)

    def _scan(self, code: CodeType) -> None:
        constructing = code.co_name in _CONSTRUCTORS and not _leaks_itself(code)
        own = 0
        found = listing(code)
        for k, instruction in enumerate(found):
            name, what = instruction.argval, instruction.opname
            if what in ("STORE_ATTR", "DELETE_ATTR"):
                if not constructing or not _of_itself(found, k, code):
                    self.attributes.add(name)
            elif what in ("STORE_GLOBAL", "DELETE_GLOBAL"):
                self.globals.add(name)
            elif what in ("STORE_DEREF", "DELETE_DEREF"):
                own += name in code.co_cellvars
                if name in code.co_freevars or sum(each.opname == what and each.argval == name for each in found) > 1:
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
    """Tell whether a constructor may show its object to other code before it ends."""
    if not code.co_argcount:
        return True
    itself, found = code.co_varnames[0], listing(code)
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
    """Return for each offset the name of the access that the instruction may make; None where it makes none."""
    found = listing(code)
    names: list[str | None] = [None] * (len(code.co_code) + 2)
    rest = _rest_of(code)
    for k, instruction in enumerate(found):
        name = NAMED_LATER if switching is Switching.FREE and _unpacks(found, k, rest) else None
        name = name or _what(found, k, switching, stores)
        storing = name is not None and instruction.opname.startswith(("STORE_", "DELETE_"))
        names[instruction.offset] = name if not storing else STORE_NAMED_LATER if name is NAMED_LATER else Store(name)
    return names


def _rest_of(code: CodeType) -> str:
    """Return the name of the parameter that gets the rest of the positional arguments as a tuple; "" if none does."""
    return code.co_varnames[code.co_argcount + code.co_kwonlyargcount] if code.co_flags & inspect.CO_VARARGS else ""


def _unpacks(found: list[dis.Instruction], k: int, rest: str) -> bool:
    """Tell whether a call reads a container itself, for its arguments: `f(*items)`. A tuple does not change."""
    if found[k].opname != "CALL_FUNCTION_EX":
        return False
    before = [each for each in found[max(0, k - 6) : k] if each.opname != "PUSH_NULL"]
    if len(before) > 3 and (before[-1].opname, before[-3].opname) == ("DICT_MERGE", "BUILD_MAP"):
        before = before[:-3]  # `f(*items, **names)`, by simple names
    made = before[-1] if before else None
    if made is None or made.opname in _TUPLES:
        return False
    return not ("LOAD_FAST" in made.opname and made.argval == rest)


def _what(found: list[dis.Instruction], k: int, switching: Switching, stores: Stores) -> str | None:
    instruction = found[k]
    what = instruction.opname
    if switching is Switching.GIL:
        return _what_is_checked(found, k)
    if what in LOOPS:
        return LOOP
    if switching is Switching.SYNC:
        return None
    if what in ATTRIBUTES:
        stored = instruction.argval in stores.attributes or instruction.argval in stores.globals
        known = stores.any_attribute or stored
        method = what in METHODS and (instruction.arg or 0) & 1 and not stored
        return f".{instruction.argval}" if known and not method else None
    if what in GLOBALS:
        # A module's global is an attribute of the module for others.
        known = instruction.argval in stores.globals or instruction.argval in stores.attributes
        return str(instruction.argval) if known else None
    if what in CELLS:
        return instruction.argval if instruction.argval in stores.cells else None
    if what in LOCAL or what in CALLS or (what in _OF_NUMBERS and _of_constant(found, k)) or _of_range(found, k):
        return None
    return NAMED_LATER


def _what_is_checked(found: list[dis.Instruction], k: int) -> str | None:
    """Return the name that `table` has under `gil`; RESUME gets `CHECKED` if its own event is a switch point."""
    if handover.checks_at(found[k]):
        return CHECKED
    if found[k].opname in LOOPS:
        return LOOP
    if k == 0 or not handover.checks_after_call(found, k - 1):
        return None
    return AFTER_METHOD if found[k - 1].opname in handover.here().methods else CONTAINER


def _of_constant(found: list[dis.Instruction], k: int) -> bool:
    """Tell whether the right operand is a number or None: then the operation touches no container."""
    operand = found[k - 1]
    numeric = operand.opname == "LOAD_CONST" and isinstance(operand.argval, (int, float, type(None)))
    return numeric and not (found[k].opname == "BINARY_OP" and found[k].argrepr.startswith("*"))


def _of_range(found: list[dis.Instruction], k: int) -> bool:
    """Tell whether this iterates over a range that is made on the spot, or calls `iter` of an iterator."""
    asking = found[k].opname == "GET_ITER"
    if found[k].opname == "FOR_ITER":
        k -= 1
        while k > 0 and found[k].opname not in ("GET_ITER", "FOR_ITER"):
            k -= 1
    if found[k].opname != "GET_ITER":
        return False
    k -= 1
    while k > 0 and found[k].opname in _COMPREHENSION:
        k -= 1
    if found[k].opname == "GET_ITER":
        if asking:
            return True
        k -= 1
    if found[k].opname != "CALL":
        return False
    within = [each for each in found[max(0, k - 7) : k] if each.opname in ("LOAD_GLOBAL", *CALLS)]
    return bool(within) and within[-1].opname == "LOAD_GLOBAL" and within[-1].argval == "range"


def touches(function: Any, first: Any) -> bool:
    """Tell whether a call of this C function can touch shared state; `first` is its first argument."""
    number = _id(function)
    if number in _HARMLESS:
        return False
    if isinstance(function, type) and (first is _MISSING or issubclass(function, BaseException)):
        return False
    return not (number in _OF_ONE and (type(first) in _ATOMIC or first is _MISSING))


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
