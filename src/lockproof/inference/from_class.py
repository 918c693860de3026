"""Inference: from a class to a specification, without help of the user.

A class that inherits from a builtin container must do what that type does. A class that only looks like one, by its
methods or as a `MutableMapping` does, is compared with it too, but the class is the authority on itself: where it
differs, its own code, run by one thread, is the model from then on. For all other classes that is the model from the
start. This is Lincheck's rule. It cannot see a fault that one thread alone shows.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import replace
from typing import Any, Final

from lockproof.core.errors import LockproofError
from lockproof.core.foreign import attribute, has_attribute, is_a, message_of, told
from lockproof.core.handles import SLOT, only_initial
from lockproof.core.interpreter import is_gil_enabled
from lockproof.core.operation import Operation, OperationKind
from lockproof.core.probes import NAMES as PROBES
from lockproof.core.specification import Specification
from lockproof.core.values import unordered
from lockproof.inference import generic
from lockproof.inference import put_get as waiting
from lockproof.inference.attributes import attributes
from lockproof.inference.bounds import with_small_bounds
from lockproof.inference.catalogue import NAMES, Catalogue, defines, has
from lockproof.inference.fitting import fitted
from lockproof.inference.fresh import fresh_if_shared
from lockproof.inference.kinds import BUILTINS, KINDS, ClassKind, Make, kind_like, kind_meant, kind_of

ITSELF: Final = "itself"
"""The name of the model that is the class's own code, run by one thread."""


def infer(cls: type, *, model: Callable[[], Any] | str | None = None, factory: Make | None = None) -> Specification:
    """Return the specification of a class: the operations to try, and the model that gives the allowed results.

    Args:
        cls: The class of the subjects.
        model: A class or a function that makes a model; the methods that model and class have in common are tried. Or
            the name of a kind: `set`, `dict`, `list`, `deque`, `queue`, `itself`. None: the kind is inferred.
        factory: A function without parameters that makes a subject; None: the class makes it.

    Raises:
        LockproofError: No subject or model can be made, there is no such kind, or there is no operation to try.

    """
    found = _inferred(cls, model, factory)
    return found if factory is not None else with_small_bounds(found, cls)


def _inferred(cls: type, model: Callable[[], Any] | str | None, factory: Make | None) -> Specification:
    make = factory if factory is not None else cls
    fresh = _fresh(cls, make)
    if factory is not None and not is_a(fresh, cls):
        cls = type(fresh)
    # asyncio takes a sixth of a child's start; a class that inherits from asyncio's has loaded it.
    asyncio = sys.modules.get("asyncio")
    if asyncio is not None and is_a(fresh, asyncio.Queue):
        raise LockproofError(f"{cls.__name__} is asynchronous", "asyncio's classes are for one thread")
    own = kind_of(cls)
    if model is None:
        wanted = own
    elif model == ITSELF:
        wanted = None
    elif callable(model):
        wanted = kind_meant(model)
        if wanted is None:
            return _given(cls, make, model, getattr(model, "__name__", str(model)))
    elif (wanted := KINDS.get(model)) is None:
        known = ", ".join([*KINDS, ITSELF])
        raise LockproofError(f"there is no kind {model!r}", f"the kinds are {known}", "or name a class as module:Class")
    if wanted is not None and wanted is own:
        looks = model is None and not issubclass(cls, BUILTINS)
        return replace(_of_kind(cls, make, wanted.catalogue(cls, make)), guessed=looks, decides=not looks)
    if wanted is not None:
        return _given(cls, make, wanted.model, wanted.name, wanted)
    if model is None and (waits := waiting.find_out(cls, make)) is not None:
        return _waiting(cls, make, waits)
    return _generic(cls, make, guess=model is None)


def _fresh(cls: type, make: Make) -> Any:
    """Return a new subject.

    Raises:
        LockproofError: none can be made; the error says why.

    """
    try:
        return make()
    except TypeError as error:
        if make is not cls or not _needs_arguments(cls):
            raise _not_made(cls, error) from error
        raise LockproofError(
            f"{cls.__name__} cannot be made without arguments",
            message_of(error),
            "write a function that makes one, and give it: --factory module:function",
        ) from None
    except Exception as error:
        raise _not_made(cls, error) from error


def _not_made(cls: type, error: Exception) -> LockproofError:
    return LockproofError(
        f"no {cls.__name__} can be made: {told(error)}",
        "its constructor, or the factory, does not work",
        "give a function that makes one: --factory module:function",
    )


def _needs_arguments(cls: type) -> bool:
    if inspect.isabstract(cls):
        return True
    try:
        inspect.signature(cls).bind()
    except (TypeError, ValueError):
        return True
    return False


def _of_kind(cls: type, make: Make, catalogue: Catalogue) -> Specification:
    operations = [each for each in catalogue.operations if has(cls, each)]
    if _all_inherited(cls, catalogue.base):
        operations = [each for each in operations if not _runs_code_inside(each)]
        if not is_gil_enabled() and "__firstlineno__" in vars(cls):
            operations = [each for each in operations if not _MANY.search(each.text)]
    operations, init = fitted(operations, [each for each in catalogue.init if has(cls, each)], make)
    covered = {name for each in catalogue.operations for name in _methods(each)} | set(dir(catalogue.base))
    others, notes = generic.operations(cls, make, without=frozenset(covered) | generic.LOCK_METHODS)
    sample = catalogue.model()
    known = {each.text for each in operations}
    for each in others:
        if _is_about_handles(each):
            continue  # a model has no record of what it gave out
        if not _methods(each) or each.text in known:
            continue  # an operator: the table has it in all its forms
        lifted = not all(has_attribute(sample, name) for name in _methods(each))
        if lifted and next(each.fillings(1)).subjects not in (("a",), ()):
            continue  # the builtin says nothing of it, so that it is one step with the other subject's
        operations.append(replace(each, lifted=lifted, normalize=_listed if catalogue.unordered else each.normalize))
    observe = [text for text in catalogue.observe if has(cls, OperationKind(text))]
    return Specification(
        subject=make, operations=operations, model=catalogue.model, observe=observe, names=NAMES, subjects=2,
        init=init or None, lift=catalogue.lift, lower=catalogue.lower,
        subject_name=cls.__name__, model_name=catalogue.name, notes=notes,
    )  # fmt: skip


def _is_about_handles(kind: OperationKind) -> bool:
    """Tell whether an operation keeps what the subject gave out, or uses it."""
    return SLOT in kind.holes or bool(kind.after) or only_initial(kind.text)


def _all_inherited(cls: type, base: type) -> bool:
    """Tell whether all that the class does as a container is the builtin's own code, or the library's code in C."""
    in_c = all("__firstlineno__" not in vars(each) for each in cls.__mro__)
    if in_c and cls.__module__.partition(".")[0] in sys.stdlib_module_names:
        return True
    if base not in BUILTINS or base not in cls.__mro__[1:]:
        return False
    own = {name for each in cls.__mro__[: cls.__mro__.index(base)] for name in vars(each)}
    return own.isdisjoint({name for name in vars(base) if name not in ("__init__", "__new__", "__doc__", "__repr__")})


def _runs_code_inside(kind: OperationKind) -> bool:
    """Tell whether other threads can run inside the operation: a loop, two calls in turn, or a call of Python code.

    A builtin does not promise that such an operation is one step, and a class that leaves it as it is does not either.
    """
    text = f"{kind.text} {[str(value) for pool in kind.holes.values() for value in pool]}"
    return any(name in text for name in (*PROBES, "copy.", "pickle.", " for ", "reversed("))


_MANY: Final = re.compile(
    r"\b(list|sorted|sum|max|min|tuple|set|any|all|dict)\(|\*a\b|[|&^+*-]=|==|!=| ([|&^<>+-]|<=|>=) |"
    r"\.(keys|values|items|update|extend|sort|reverse|insert|rotate|copy|clear|\w*union|\w*intersection|\w*difference|is\w+)\w*\("
)
"""Without the GIL, what reads or changes many elements of a subclass of a builtin is no step: readers like `len` take
no lock, and only the builtin itself is iterated under its lock."""


def _methods(kind: OperationKind) -> set[str]:
    """Return the names of the methods that an operation calls."""
    return {each.attr for each in ast.walk(Operation(kind.text).node) if isinstance(each, ast.Attribute)}


def _listed(result: Any) -> Any:
    """Return the result of a method that may list the contents in any order, in a form that can be compared."""
    result = generic.finished(result)
    return unordered(result) if is_a(result, list) else result


def _given(cls: type, make: Make, model: Make, name: str, kind: ClassKind | None = None) -> Specification:
    """Return the specification with a model that the user chose: the operations that class and model have in common.

    `kind`: the kind whose model it is; None for a model of the user.
    """
    try:
        sample = model()
    except Exception as error:
        raise LockproofError(
            f"the model {name} cannot be made: {told(error)}",
            "a model is made without arguments",
            "name a function that makes one",
        ) from error
    own = frozenset() if kind is not None else frozenset(dir(sample))
    kinds, notes = generic.operations(cls, make, known=own)
    kinds = [each for each in kinds if not _is_about_handles(each)]
    shared = [each for each in kinds if has(type(sample), each) or _on_object(sample, each)]
    if kind is not None and kind.waiting:
        shared = [replace(each, blocking=bool(_methods(each) & kind.waiting)) for each in shared]
    shared = [replace(each, blocking=True, dual=True) if _is_dual(cls, sample, each) else each for each in shared]
    if not shared:
        raise LockproofError(
            f"{cls.__name__} and the model {name} have no public method in common",
            "the model is of another kind",
            "give the model the methods of the class that are to be checked",
        )
    tried = {each.text for each in shared}
    missing = sorted({method for each in kinds if each.text not in tried for method in _methods(each)})
    if missing:
        notes.append(f"the model {name} lacks {', '.join(missing)}: not tried")
    common = [line for line in attributes(make) if line in attributes(model)] if kind is None else []
    return Specification(
        subject=make, operations=shared, model=model, observe=[*generic.observers(shared), *common], names=NAMES,
        subjects=_count(shared), subject_name=cls.__name__, model_name=name, notes=notes,
    )  # fmt: skip


def _on_object(sample: Any, kind: OperationKind) -> bool:
    methods = _methods(kind)
    return bool(methods) and all(has_attribute(sample, name) for name in methods)


def _is_dual(cls: type, sample: Any, kind: OperationKind) -> bool:
    """Tell whether the operation is a generator function in the model alone."""
    return any(
        inspect.isgeneratorfunction(attribute(sample, name)) and not inspect.isgeneratorfunction(attribute(cls, name))
        for name in _methods(kind)
    )


def _count(kinds: list[OperationKind]) -> int:
    return 2 if any("b" in next(kind.fillings(1)).subjects for kind in kinds) else 1


def _generic(cls: type, make: Make, *, guess: bool) -> Specification:
    """Return the specification whose model is the class itself. `guess`: or the set or mapping that it looks like."""
    kinds, notes = generic.operations(cls, make)
    if not kinds:
        raise LockproofError(
            f"{cls.__name__} has no operations to try",
            "it has no public methods, properties or operators of its own" + (f"; {'; '.join(notes)}" if notes else ""),
            "write a Specification with the operations",
        )
    kinds += _of_abstract_base(cls, kinds)
    init, kinds = _preparing(kinds), [each for each in kinds if not only_initial(each.text)]
    # A model of another class has no record of what the subject gave out.
    looks = _guessed(cls, make) if guess and not any(map(_is_about_handles, kinds)) else None
    if looks is None and make is cls and (fresh := fresh_if_shared(cls, kinds, NAMES)) is not None:
        make = fresh
        shared = "its objects share data of the class or the module"
        notes.append(f"{shared}: each run executes the module anew, once for all its objects")
    specification = Specification(
        subject=make, operations=kinds, observe=generic.observers(kinds), names=NAMES, subjects=_count(kinds),
        init=init, subject_name=cls.__name__, notes=notes, attributes=attributes(make),
    )  # fmt: skip
    if looks is None:
        return specification
    sample = looks.model()
    lifted = [replace(each, lifted=not has(type(sample), each)) for each in kinds]
    return replace(
        specification, operations=lifted, model=looks.model, model_name=looks.called, guessed=True, decides=False
    )


def _of_abstract_base(cls: type, kinds: list[OperationKind]) -> list[OperationKind]:
    """Return the reading operations that `Set`, `Sequence` or `Mapping` promise; the class itself is the model."""
    base = next((name for name, abstract in _READ_ONLY.items() if issubclass(cls, abstract)), None)
    if base is None:
        return []
    known = {each.text for each in kinds}
    promised = KINDS[base].catalogue(cls, cls).operations
    return [each for each in promised if each.reads and has(cls, each) and each.text not in known]


_READ_ONLY: Final = {"set": Set, "dict": Mapping, "list": Sequence}


def _guessed(cls: type, make: Make) -> ClassKind | None:
    """Return the kind that the class looks like, if a fresh subject is empty."""
    found = kind_like(cls)
    if found is not None and defines(cls, "__len__"):
        try:
            return None if len(make()) else found
        except Exception:
            return found
    return found


def _preparing(kinds: list[OperationKind]) -> list[OperationKind] | None:
    """Return the operations whose names say that they fill a subject; None if there are none."""
    names = (
        *waiting.PUTS,
        "set",
        "register",
        "subscribe",
        "increment",
        "inc",
        "deposit",
        "release",
        "record",
        "update",
    )
    first = [each for each in kinds if only_initial(each.text)]
    changing = [each for each in kinds if not (_is_about_handles(each) or each.reads)]
    named = [
        each
        for each in changing
        if generic.fills(each) or (each.weight >= 1 and any(each.text.startswith(f"a.{name}(") for name in names))
    ]
    named += [each for each in kinds if each.text == "a[k] = v"]
    return [*first, *(named or changing)] if first or named else None


def _waiting(cls: type, make: Make, waits: waiting.Waits) -> Specification:
    model = waiting.model_of(waits)
    kinds, init, observe = waiting.operations(cls, waits)
    modelled = {name for each in kinds for name in _methods(each)} | {"__len__"}
    others = [name for name in generic.public(cls) if name not in modelled and callable(attribute(cls, name))]
    if others:
        return _generic(cls, make, guess=False)  # the model does not know these; the class itself does
    drained = (
        f"[a.{waits.get}() for _ in range({observe[0]})]"
        if observe and observe[0] in ("len(a)", "a.qsize()", "a.size()")
        else ""
    )
    return Specification(
        subject=make, operations=kinds, model=model, observe=[*([drained] if drained else []), *observe], names=NAMES,
        init=list(init), subject_name=cls.__name__, model_name=f"queue that waits ({waits.order} in, first out)",
        decides=False,
    )  # fmt: skip
