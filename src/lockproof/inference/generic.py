"""The operations of a class of no known kind: its public methods and properties, and the operators that it defines."""

from __future__ import annotations

import contextlib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from types import MemberDescriptorType, ModuleType
from typing import Any, Final

from lockproof.core.errors import LockproofError
from lockproof.core.foreign import attribute, has_attribute, is_a
from lockproof.core.lock_pairs import paired
from lockproof.core.members import Omitted, members_of
from lockproof.core.operation import Code, OperationKind, op
from lockproof.core.own_time import PASSING
from lockproof.core.specification import Specification
from lockproof.inference.arguments import Arguments
from lockproof.inference.catalogue import defines, has
from lockproof.inference.drafts import Draft, Holes, contents, left_running, settle
from lockproof.inference.effects import READING, with_effects
from lockproof.inference.handed import handed_out, inside_of_it
from lockproof.inference.in_c import is_in_c, nothing, of_protocols
from lockproof.inference.inherited import hooks, is_left_out
from lockproof.inference.operand_pools import OperandPools
from lockproof.inference.pools import INTEGERS, Candidates
from lockproof.inference.quantities import numbers_of

STANDS_FOR: Final = "_stands_for"
"""The attribute of a class that runs under control in place of another one, which says what is public."""

LOCK_METHODS: Final = frozenset(
    re.findall(
        r"\w+",
        "acquire release lock unlock locked rlock read_lock write_lock acquire_lock release_lock get_lock mutex "
        "acquire_read acquire_write release_read release_write lock_read lock_write synchronized transaction",
    )
)
"""Names of methods by which collections give away their lock. No operation of a scenario may end with it held."""

_ENDLESS: Final = frozenset(("serve_forever", "run_forever", "fork", "terminate", "kill"))
"""Methods that may never end, or end other processes."""

_BEGINNING: Final = ("start", "run")
_ENDING: Final = ("stop", "close", "shutdown")
"""Methods that may start threads and wait for their end. One call in a copy of the process shows whether they do."""

_READS: Final = re.compile(
    r"(is|has|to|as|num|list|snapshot)_\w+|(get_)?(all|size|count|len|length|value|values|items|keys|total|sum|snapshot|"
    r"state|status|stats|max|min|mean|average|balance|contents|entries|copy|peek|top|front|empty|full|qsize|contains|"
    r"exists|current|names|history|keys|as_dict|as_list|to_list|to_dict)"
)
_ASKS: Final = re.compile(
    r"a\.(get|find|look|read|option|fetch|load|query|peek|last|best|pop|poll|take|dequeue|borrow)"
)

SECONDS: Final = (3600, 1)
"""What the operation that lets time pass may wait for: longer than most time limits, and about as long."""

_ASYNCHRONOUS: Final = "it is asynchronous"

_NO_TIMES: Final = frozenset(("timeout", "block", "blocking", "wait", "delay", "deadline"))


def operations(
    cls: Any, make: Callable[[], Any], *, without: frozenset[str] = frozenset(), known: frozenset[str] = frozenset()
) -> tuple[list[OperationKind], list[str]]:
    """Return the kinds of operations that the class has, and notes on the methods that were left out.

    Methods are those with public names that are not in `without`. `known` are the methods of a model that the user
    wrote: the model says when they wait, so none of them is left out for waiting.
    """
    simple = [
        name for name in public(cls) if name not in without and _without_arguments(cls, name) and _READS.fullmatch(name)
    ]
    reader = "len(a)" if defines(cls, "__len__") else f"a.{simple[0]}()" if simple else ""
    arguments = Arguments(cls, reader, _numbers(make))
    found: list[OperationKind | Draft] = []
    notes: list[str] = []
    for name in public(cls, known):
        if name in without:
            continue
        member = inspect.getattr_static(cls, name)
        if _is_property(member):
            if _gives_a_lock(make, name):
                notes.append(Omitted(name, "it gives the lock away", excused=True))
            else:
                found += _property(name, member, arguments)
        elif reason := _unfit(cls, name, member, known):
            if reason != "-":
                notes.append(Omitted(name, reason, excused=reason != _ASYNCHRONOUS))
        else:
            try:
                found.append(drafted(cls, name, arguments))
            except LockproofError as error:
                notes.append(Omitted(hooks(cls).get(name, name), error.fact))
    if defines(cls, "__call__") and not is_left_out(cls, "__call__"):
        with suppress(LockproofError):
            found.append(replace(drafted(cls, "__call__", arguments), call="a({})"))
    found = [each for each in found if not isinstance(each, Draft) or each.name not in (*_BEGINNING, *_ENDING)] + [
        *_of_life([each for each in found if isinstance(each, Draft)], make, known, notes)
    ]
    drafts = [each for each in found if isinstance(each, Draft)]
    settle(drafts, make, arguments.factories, arguments.listeners)
    found = found if known else _without_hooks(cls, found, notes)
    drafts = [each for each in found if isinstance(each, Draft)]
    notes += _not_asynchronous(cls)
    kinds = [kind for each in found for kind in (each.kinds() if isinstance(each, Draft) else [each])]
    plain = _own(cls, _operators(cls, OperandPools(cls, arguments, drafts, make)))
    if not without:  # a class of a known kind has the operators of a table
        plain += of_protocols(cls) if is_in_c(cls) else []
        kinds += plain
    kinds = with_effects(kinds, make, [kind.text for kind in plain if not kind.reads])
    kinds += plain if without else []
    has_with = defines(cls, "__enter__") and defines(cls, "__exit__") and not is_left_out(cls, "__enter__")
    if has_with and (ends := _ending(cls)):
        notes.append(Omitted("__enter__", f"__exit__ calls {ends}, which may end the object", excused=True))
        has_with = False
    if has_with:
        kinds = inside_of_it(kinds, make)
    kinds = paired(kinds)
    kinds += handed_out(drafts, kinds, make, _methods_of, notes, has_with=has_with)
    return [*kinds, *_own(cls, _loops(cls, kinds))], notes


def _without_hooks(cls: type, found: Sequence[OperationKind | Draft], notes: list[str]) -> list[OperationKind | Draft]:
    """Return what was found without hooks; their callers get the values that the hooks take, by the same names.

    A caller of a hook that takes what nobody can make is left out.
    """
    drafts = {each.name: each for each in found if isinstance(each, Draft)}
    left = set(hooks(cls))
    for name, caller in hooks(cls).items():
        notes.append(Omitted(name, f"{caller}() of the base class calls it", excused=True))
        if name not in drafts:
            left.add(caller)
        elif caller in drafts:
            taken = {hole: pool for hole, (_, pool) in drafts[name].needed.items()}
            drafts[caller].needed = drafts[caller].with_pools(taken)
    return [each for each in found if not isinstance(each, Draft) or each.name not in left]


def _own(cls: type, kinds: Iterable[OperationKind]) -> list[OperationKind]:
    """Return the kinds without those that call what the class inherits and its users are not taken to call."""
    return [kind for kind in kinds if not any(is_left_out(cls, name) for name in members_of(kind.text))]


def _numbers(make: Callable[[], Any]) -> tuple[int | float, ...]:
    with suppress(Exception):
        return numbers_of(make())
    return ()


def _methods_of(cls: type, names: Sequence[str], make: Callable[[], Any]) -> list[Draft]:
    """Return the settled drafts of these methods of a class of which objects are handed out; `make` makes one."""
    arguments, drafts = Arguments(cls), []
    for name in names:
        with suppress(LockproofError):
            drafts.append(drafted(cls, name, arguments))
    settle(drafts, make, arguments.factories, arguments.listeners)
    return drafts


def _not_asynchronous(cls: type) -> Iterator[str]:
    """Yield notes on the special methods by which `async` blocks and loops use an object."""
    for name, what in (("__aenter__", "async with"), ("__aiter__", "async for"), ("__await__", "await")):
        if defines(cls, name):
            yield f"{name} is left out: {what} is asynchronous"


def _ending(cls: type) -> str:
    """Return the name of a method that the end of the subject's own `with` block calls and that ends the object."""
    code = getattr(inspect.unwrap(inspect.getattr_static(cls, "__exit__")), "__code__", None)
    return next((name for name in (code.co_names if code else ()) if name in (*_ENDLESS, *_ENDING)), "")


def functions(
    module: ModuleType, names: Sequence[str], make: Callable[[], Any]
) -> tuple[list[OperationKind], list[str]]:
    """Return the kinds of operations that call these functions of a module, and notes on those that were left out."""
    simple = (name for name in names if _READS.fullmatch(name) and not _needed(getattr(module, name)))
    reader = next((f"a.{name}()" for name in simple), "")
    arguments = Arguments(module, reader)
    drafts: list[Draft] = []
    notes: list[str] = []
    for name in names:
        function = inspect.unwrap(getattr(module, name))
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            notes.append(Omitted(name, _ASYNCHRONOUS))
        elif name in (*_ENDLESS, *_BEGINNING, *_ENDING) or (name == "main" and len(names) > 1):
            notes.append(Omitted(name, "it may wait for other threads, or end the process", excused=True))
        else:
            try:
                drafts.append(drafted(module, name, arguments))
            except LockproofError as error:
                notes.append(Omitted(name, error.fact))
    settle(drafts, make, arguments.factories, arguments.listeners)
    kinds = [kind for draft in drafts for kind in draft.kinds()]
    return [*kinds, *handed_out(drafts, kinds, make, _methods_of, notes)], notes


def _needed(function: Any) -> bool:
    try:
        return any(each.default is each.empty for each in signature_of(function).parameters.values())
    except (TypeError, ValueError):
        return True


def _property(name: str, member: Any, arguments: Arguments) -> Iterator[OperationKind]:
    """Yield reading a property or a descriptor, and setting it if it can be set."""
    yield op(f"a.{name}", reads=True, weight=2)
    setter = getattr(member, "fset", None) or getattr(type(member), "__set__", None)
    if setter is None or (isinstance(member, property) and member.fset is None):
        return
    with suppress(LockproofError, TypeError, ValueError):
        value = list(signature_of(setter).parameters.values())[-1]
        pool = arguments.pool(setter, value)
        if value.annotation is value.empty and (getter := getattr(member, "fget", None)) is not None:
            pool = arguments.pool(getter, value.replace(annotation=signature_of(getter).return_annotation))
        yield op(f"a.{name} = x", x=pool, weight=4)


def _loops(cls: type, kinds: Sequence[OperationKind]) -> Iterator[OperationKind]:
    """Yield loops over the subject that call it, or are abandoned. None of them changes the subject.

    Several steps of one line have no common result, so nothing is compared.
    """
    if not defines(cls, "__iter__") or not defines(cls, "__contains__", "__len__", "add", "append", "__getitem__"):
        return
    if any(kind.text.startswith("a.discard(") for kind in kinds):
        yield op("[a.discard(-1) for x in a]", normalize=nothing, weight=0.5)
    elif defines(cls, "__len__"):
        yield op("[len(a) for x in a]", normalize=nothing, reads=True, weight=0.5)
    yield op("abandon(a)", reads=True, weight=0.3)


def public(cls: type, known: frozenset[str] = frozenset()) -> list[str]:
    """Return the names of the class's public attributes, in the order of their definition, bases first.

    What is inherited and is no operation (`inference.inherited`) does not count, unless a model has it: `known`.
    """
    names: dict[str, None] = {}
    for each in reversed(cls.__mro__[:-1]):
        names |= dict.fromkeys(name for name in vars(each) if not name.startswith("_"))
    like = attribute(cls, STANDS_FOR)
    return [
        name
        for name in names
        if attribute(cls, name) is not None or _is_property(inspect.getattr_static(cls, name))
        if (like is None or has_attribute(like, name)) and (name in known or not is_left_out(cls, name))
    ]


def _is_property(member: Any) -> bool:
    if isinstance(member, property):
        return True
    if not hasattr(type(member), "__get__") or isinstance(member, MemberDescriptorType):
        return False
    return hasattr(type(member), "__set__") or _is_itself_in_a_class(member)


def _is_itself_in_a_class(member: Any) -> bool:
    """Tell whether a descriptor returns itself where a class is asked, as `cached_property` and those like it do."""
    with suppress(Exception):
        return not callable(member) and member.__get__(None, object) is member
    return False


def _of_life(
    drafts: Sequence[Draft], make: Callable[[], Any], known: frozenset[str], notes: list[str]
) -> Iterator[Draft]:
    """Yield those of the methods that begin and end an object's life whose calls come back and start nothing.

    If a class starts threads, what ends them shows nothing on an object that has started none.
    """
    some = [draft for draft in drafts if draft.name in (*_BEGINNING, *_ENDING)]
    asked = [draft for draft in some if draft.name not in known]
    left = dict(zip([draft.name for draft in asked], left_running(asked, make), strict=True))
    begins = any(left.get(name) for name in _BEGINNING)
    for draft in some:
        if why := left.get(draft.name, ""):
            notes.append(Omitted(draft.name, why, excused=True))
        elif begins and draft.name in _ENDING:
            notes.append(Omitted(draft.name, "no operation starts what it would end", excused=True))
        else:
            yield replace(draft, weight=1, reads=False)


def _gives_a_lock(make: Callable[[], Any], name: str) -> bool:
    try:
        value = attribute(make(), name)
    except Exception:
        return False
    return has_attribute(value, "acquire") or has_attribute(value, "__enter__")


def _unfit(cls: type, name: str, member: Any, known: frozenset[str]) -> str:
    """Return why an attribute is no operation: `-` if the user need not know, empty if it is an operation."""
    if isinstance(member, type) or not hasattr(type(member), "__get__"):
        return "-"  # data of the class
    if not callable(attribute(cls, name)):
        return "-"
    function = inspect.unwrap(getattr(member, "__func__", member))
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return _ASYNCHRONOUS
    if (
        name in LOCK_METHODS
        and not is_context_manager(member)
        and defines(cls, "__len__", "__iter__", "__contains__", "__getitem__")
    ):
        return "it gives the lock away"
    if name in _ENDLESS and name not in known:
        return "it may never end, or end other processes"
    return ""


def is_context_manager(member: Any) -> bool:
    """Tell whether a method was decorated with `contextlib.contextmanager`: no other wrapper has its code there."""
    code = getattr(getattr(member, "__func__", member), "__code__", None)
    return code is not None and code.co_filename == contextlib.__file__


def _without_arguments(cls: type, name: str) -> bool:
    member = inspect.getattr_static(cls, name)
    if not inspect.isfunction(member) or inspect.iscoroutinefunction(member):
        return False
    return all(each.default is not each.empty for each in list(signature_of(member).parameters.values())[1:])


def drafted(cls: Any, name: str, arguments: Arguments) -> Draft:
    """Return the draft of the operations of one method.

    Raises:
        LockproofError: no value can be made for a required parameter.

    """
    member: Any = inspect.getattr_static(cls, name)
    bound = isinstance(member, (classmethod, staticmethod)) or not isinstance(cls, type)
    called: Any = getattr(cls, name) if bound else member
    # A bound method is not unwrapped: some decorators below `classmethod` would show the class as a parameter again.
    function = inspect.unwrap(member.__func__ if isinstance(member, classmethod) else called)
    signed = True
    try:
        parameters = list(signature_of(function).parameters.values())
    except (TypeError, ValueError, AttributeError):  # the last: a default of C that names what is not there
        parameters, signed = [], False
    needed: Holes = {}
    optional: Holes = {}
    operand = ""
    for parameter in parameters if bound and not isinstance(member, classmethod) else parameters[1:]:
        hole = f"x_{parameter.name}"
        if parameter.kind is parameter.VAR_KEYWORD:
            optional[hole] = f"x={hole}", arguments.pool(function, parameter)[:1]
            continue
        text = f"{parameter.name}={hole}" if parameter.kind is parameter.KEYWORD_ONLY else hole
        several = parameter.kind is parameter.VAR_POSITIONAL
        if parameter.default is parameter.empty and (not several or not needed):
            needed[hole] = text, arguments.pool(function, parameter)
            if not operand and _takes_many(needed[hole][1]) and arguments.takes_any(function, parameter):
                operand = hole
            if several:
                optional[f"{hole}_2"] = f"*{hole}_2", (tuple(needed[hole][1][:2]),)
        elif parameter.name not in _NO_TIMES:
            try:
                pool = arguments.pool(function, parameter)
            except LockproofError:
                continue
            by_name = parameter.kind is parameter.POSITIONAL_OR_KEYWORD
            optional[hole] = f"{parameter.name}={hole}" if by_name else text, arguments.one_of(parameter, pool)
    others = [hole for hole, (_, pool) in needed.items() if tuple(pool) == (Code("b"),)]
    pools = [pool for _, pool in needed.values()]
    reads = bool(_READS.fullmatch(name)) and not any("lambda" in str(each) for pool in pools for each in pool)
    lazy = _is_lazy(function) and not is_context_manager(member)
    return Draft(
        name, f"list(a.{name}({{}}))" if lazy else f"a.{name}({{}})", needed, optional, reads,
        2 if reads else 4, finished, operand or next(iter(others), ""), is_manager=is_context_manager(member),
        iterable=bool(others) or (isinstance(cls, type) and defines(cls, "__iter__", "keys")), signed=signed,
    )  # fmt: skip


def signature_of(function: Any) -> inspect.Signature:
    """Return the signature of a function, also of one whose annotations name what does not exist at run time."""
    if sys.version_info >= (3, 14):
        from annotationlib import Format

        return inspect.signature(function, annotation_format=Format.FORWARDREF)
    return inspect.signature(function)


_MANY_TEXT: Final = ("[", "{", "frozenset(", "iter([", "set(")


def _takes_many(pool: Candidates) -> bool:
    first = pool[0]
    return isinstance(first, (list, set, dict)) or (isinstance(first, Code) and first.startswith(_MANY_TEXT))


def _is_lazy(function: Any) -> bool:
    """Tell whether the function returns an iterator: then a call does not do its work yet."""
    returns = getattr(function, "__annotations__", {}).get("return", "")
    says = returns if isinstance(returns, str) else str(returns)
    return inspect.isgeneratorfunction(function) or bool(
        re.match(r"(collections\.abc\.|typing\.)?(Iterator|Generator|Iterable)\b", says)
    )


def finished(result: Any) -> Any:
    """Return the result; for an iterator, the list of its first 1,000 items."""
    if not is_a(result, Iterator):
        return result
    return [item for _, item in zip(range(1000), result, strict=False)]


def _operators(cls: type, pools: OperandPools) -> Iterator[OperationKind]:
    key = pools.of(("__getitem__", "__setitem__", "__delitem__"))
    one = [
        op("len(a)", reads=True, weight=3),
        op("x in a", x=pools.of(("__contains__",)), reads=True, weight=3),
        op("a[k]", k=key, reads=True, weight=3),
        op("a[k] = v", k=key, v=pools.of(("__setitem__",), 1), weight=4),
        op("del a[k]", k=key, weight=4),
        op("list(a)", reads=True, weight=2),
        op("list(slowly(a))", reads=True, weight=2),
        op("a == b", reads=True, weight=0.5),
    ]
    if defines(cls, "__next__"):
        one = [kind for kind in one if not kind.text.startswith("list(")]  # it may never end
    yield from (kind for kind in one if has(cls, kind) and (kind.text != "x in a" or defines(cls, "__contains__")))
    if defines(cls, "__bool__"):
        yield op("bool(a)", reads=True)
    if defines(cls, "__next__"):
        yield op("next(a)", weight=4)
    for sign, name in _SIGNS.items():
        usual = INTEGERS if sign in "+-" and not defines(cls, "__contains__") else [{1, 2}]
        if defines(cls, f"__i{name}__"):
            yield op(f"a {sign}= x", x=pools.annotated(f"__i{name}__") or usual)
            yield op(f"a {sign}= b", weight=1.5)
            yield op(f"b {sign}= a", weight=1.5)
        if defines(cls, f"__{name}__"):
            yield op(f"a {sign} x", x=pools.annotated(f"__{name}__") or usual)
            yield op(f"a {sign} b", normalize=contents, weight=1)


_SIGNS: Final = {"+": "add", "-": "sub", "|": "or", "&": "and", "^": "xor"}


def with_time(specification: Specification) -> Specification:
    """Return the specification of a class that reads a clock: scenarios have an operation that lets time pass."""
    passing = op(f"{PASSING}(seconds)", seconds=SECONDS, weight=4)
    if any(kind.text == passing.text for kind in specification.operations):
        return specification
    init = specification.init
    return replace(
        specification,
        operations=[*specification.operations, passing],
        init=None if init is None else [*init, passing],
    )


def observers(kinds: list[OperationKind]) -> list[str]:
    """Return lines that distinguish states: reads without arguments, and reads of one of two keys.

    The lines may change the subject: they run one after the other, on the model as on the subject.
    """
    lines = []
    for kind in sorted(kinds, key=lambda each: each.weight == READING):  # names that say so first
        few = list(kind.fillings(2))
        if (
            kind.reads
            and kind.weight >= 1
            and "slowly" not in kind.text
            and "b" not in few[0].subjects
            and len(kind.holes) <= 1
        ):
            lines += [each.text for each in few]
    asking = [kind for kind in kinds if _ASKS.match(kind.text) and len(kind.holes) <= 1 and kind.weight >= 1]
    if len(lines) < 3:
        lines += [each.text for kind in asking for each in kind.fillings(2) for _ in range(1 if kind.holes else 2)]
    if not lines:
        lines = [
            kind.text for kind in kinds if not kind.holes and not kind.blocking and kind.weight >= 1 and not kind.after
        ]
    if len(lines) == 1 and any(kind.text == lines[0] and kind.weight <= READING for kind in kinds):
        lines = [f"({lines[0]}, {lines[0]})"]  # what seems to read may take the last one: twice shows one too many
    return [*(["heard(a)"] if any(_listens(kind) for kind in kinds) else []), *lines[:6]]


def _listens(kind: OperationKind) -> bool:
    given = (str(each) for pool in kind.holes.values() for each in pool)
    return "(listener(" in kind.text or any(each.startswith("listener(") for each in given)


def fills(kind: OperationKind) -> bool:
    """Tell whether an operation may stand in the initial part for what it is: it subscribes a listener."""
    return _listens(kind) and kind.weight >= 1
