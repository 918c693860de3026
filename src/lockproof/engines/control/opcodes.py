"""The instructions of CPython 3.13 to 3.15, sorted by the effects that another thread could notice.

An instruction that is in no set is new, and lockproof takes it for an access to a container: a switch point too many
costs time, one too few hides a race. `tests/lockproof/engines/control/test_opcodes.py` fails if an opcode of the
running build is in no set.
"""

from __future__ import annotations

import dis
from types import CodeType
from typing import Final

ATTRIBUTES: Final = frozenset(("DELETE_ATTR", "IMPORT_FROM", "LOAD_ATTR", "LOAD_SUPER_ATTR", "STORE_ATTR"))
"""Accesses to the attribute that `argval` names."""

METHODS: Final = frozenset(("LOAD_ATTR", "LOAD_SUPER_ATTR"))
"""The accesses to attributes whose lowest bit says that a call of the attribute follows."""

GLOBALS: Final = frozenset(("DELETE_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS", "LOAD_GLOBAL", "LOAD_NAME", "STORE_GLOBAL"))
CELLS: Final = frozenset(("DELETE_DEREF", "LOAD_DEREF", "LOAD_FROM_DICT_OR_DEREF", "STORE_DEREF"))
CALLS: Final = frozenset(("CALL", "CALL_FUNCTION_EX", "CALL_KW"))
LOOPS: Final = frozenset(("JUMP_BACKWARD", "JUMP_BACKWARD_NO_INTERRUPT"))

CONTAINERS: Final = frozenset(
    (
        "BINARY_OP", "BINARY_SLICE", "BINARY_SUBSCR", "COMPARE_OP", "CONTAINS_OP", "CONVERT_VALUE", "DELETE_SUBSCR",
        "DICT_MERGE", "DICT_UPDATE", "FORMAT_SIMPLE", "FOR_ITER", "GET_ITER", "GET_LEN", "GET_YIELD_FROM_ITER",
        "LIST_EXTEND", "MATCH_CLASS", "MATCH_KEYS", "SET_UPDATE", "STORE_SLICE", "STORE_SUBSCR", "TO_BOOL", "UNPACK_EX",
        "UNPACK_SEQUENCE",
    )
)  # fmt: skip
"""Operations of containers in C, in one step: items, membership, iteration, operators, comparisons, truth."""

LOCAL: Final = frozenset(
    (
        # The thread's own variables and stack.
        "COPY", "COPY_FREE_VARS", "DELETE_FAST", "LOAD_FAST", "LOAD_FAST_AND_CLEAR", "LOAD_FAST_BORROW",
        "LOAD_FAST_BORROW_LOAD_FAST_BORROW", "LOAD_FAST_CHECK", "LOAD_FAST_LOAD_FAST", "MAKE_CELL", "POP_ITER",
        "POP_TOP", "PUSH_NULL", "STORE_FAST", "STORE_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST", "SWAP",
        # Constants, and new objects that no other thread has.
        "BUILD_CONST_KEY_MAP", "BUILD_INTERPOLATION", "BUILD_LIST", "BUILD_MAP", "BUILD_SET", "BUILD_SLICE",
        "BUILD_STRING", "BUILD_TEMPLATE", "BUILD_TUPLE", "LIST_APPEND", "LOAD_ASSERTION_ERROR", "LOAD_BUILD_CLASS",
        "LOAD_COMMON_CONSTANT", "LOAD_CONST", "LOAD_SMALL_INT", "MAKE_FUNCTION", "MAP_ADD", "SET_ADD",
        "SET_FUNCTION_ATTRIBUTE",
        # Jumps, returns and exceptions.
        "CHECK_EG_MATCH", "CHECK_EXC_MATCH", "CLEANUP_THROW", "END_ASYNC_FOR", "END_FOR", "END_SEND", "JUMP_FORWARD",
        "NOP", "NOT_TAKEN", "POP_EXCEPT", "POP_JUMP_IF_FALSE", "POP_JUMP_IF_NONE", "POP_JUMP_IF_NOT_NONE",
        "POP_JUMP_IF_TRUE", "PUSH_EXC_INFO", "RAISE_VARARGS", "RERAISE", "RETURN_CONST", "RETURN_GENERATOR",
        "RETURN_VALUE", "YIELD_VALUE",
        # Where code begins or goes on: these places have events of their own. SEND directly follows one, or a GET_ITER.
        "RESUME", "SEND",
        # The namespace of a class or module while it is made, and imports, which have locks of their own.
        "DELETE_NAME", "IMPORT_NAME", "LOAD_LOCALS", "SETUP_ANNOTATIONS", "STORE_NAME",
        # Special methods: those in Python have their own switch points; those in C belong to locks, which the engine
        # controls, to files, or to the event loop of one thread.
        "BEFORE_ASYNC_WITH", "BEFORE_WITH", "GET_AITER", "GET_ANEXT", "GET_AWAITABLE", "LOAD_SPECIAL",
        "WITH_EXCEPT_START",
        # Operations on numbers and texts, which do not change, and checks of a type.
        "CALL_INTRINSIC_1", "CALL_INTRINSIC_2", "FORMAT_WITH_SPEC", "IS_OP", "MATCH_MAPPING", "MATCH_SEQUENCE",
        "UNARY_INVERT", "UNARY_NEGATIVE", "UNARY_NOT",
        # Instructions that the interpreter makes for itself.
        "CACHE", "ENTER_EXECUTOR", "EXIT_INIT_CHECK", "EXTENDED_ARG", "INTERPRETER_EXIT", "RESERVED", "TRACE_RECORD",
    )
)  # fmt: skip
"""Instructions that no other thread can notice, with the reasons."""

_SUBSCRIPT: Final = "[]"
_CONSTANTS: Final = frozenset(("LOAD_COMMON_CONSTANT", "LOAD_SMALL_INT"))


def listing(code: CodeType) -> list[dis.Instruction]:
    """Return the instructions of a code object, with the same names on all versions of Python.

    `x[k]` is BINARY_SUBSCR, `yield from` begins with GET_ITER, LOAD_CONST loads each constant, and EXTENDED_ARG is left
    out.
    """
    return [_in_common(each) for each in dis.get_instructions(code) if each.opname != "EXTENDED_ARG"]


def _in_common(instruction: dis.Instruction) -> dis.Instruction:
    if instruction.opname == "BINARY_OP" and instruction.argrepr == _SUBSCRIPT:
        return instruction._replace(opname="BINARY_SUBSCR")
    if instruction.opname == "GET_YIELD_FROM_ITER":
        return instruction._replace(opname="GET_ITER")
    if instruction.opname in _CONSTANTS:
        return instruction._replace(opname="LOAD_CONST")
    return instruction
