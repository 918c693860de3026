"""Does LockedSet pass CPython's own tests of `set`, those of the interpreter that runs this?

The source of `test.test_set` is executed once more with the name `set` bound to LockedSet: `set(...)`, `thetype = set`
and `class SetSubclass(set)` in the tests then mean LockedSet. Displays and comprehensions (`{1, 2}`) are compiled to
instructions that do not look the name up, so there are two editions: in `mixed` they stay plain sets, which gives
operands of both types; in `locked` they are rewritten to calls, so that no plain set is left.

What cannot pass is listed with the reason. The list is strict: a listed test that passes, or is not there any more,
fails the suite, and so does a class of tests that nobody has placed.
"""

from __future__ import annotations

import ast
import functools
import importlib.util
import random
import sys
import types
import unittest
from collections.abc import Iterator
from pathlib import Path
from typing import Any, override

import pytest

from lockedset import LockedSet

ORIGINAL = "test.test_set"
EDITIONS = ("mixed", "locked")

# Classes of tests that never make a set by the name `set`: there is nothing in them for LockedSet to do.
NOT_ABOUT_SET = {
    "TestFrozenSet": "tests of frozenset",
    "TestFrozenSetSubclass": "tests of frozenset",
    "TestFrozenSetSubclassWithSlots": "tests of frozenset",
}

_REPR = "the repr of a LockedSet names its class, as that of any subclass of set"
_SNAPSHOT = "iteration goes over a snapshot, which changes to the set do not disturb"
_REHASH = "dict.fromkeys takes over the hashes of an exact set or dict only, not those of any subclass"

# edition -> test -> reason
DIFFERENT: dict[str, dict[str, str]] = {
    "mixed": {
        "TestSet.test_cyclical_repr": _REPR,
        "TestBasicOpsEmpty.test_repr": _REPR,
        "TestBasicOpsSingleton.test_repr": _REPR,
        "TestBasicOpsTuple.test_repr": _REPR,
        "TestBasicOpsString.test_repr": _REPR,
        "TestBasicOpsBytes.test_repr": _REPR,
        "TestBasicOpsMixedStringBytes.test_repr": _REPR,
        "TestExceptionPropagation.test_changingSizeWhileIterating": _SNAPSHOT,
        "TestSet.test_do_not_rehash_dict_keys": _REHASH,
        "TestSetSubclass.test_do_not_rehash_dict_keys": _REHASH,
    }
}
DIFFERENT["locked"] = DIFFERENT["mixed"]


class _CallsForDisplays(ast.NodeTransformer):
    """Rewrites `{a, b}` to `set([a, b])` and `{a for a in b}` to `set([a for a in b])`."""

    def _call(self, content: ast.expr) -> ast.expr:
        return ast.Call(ast.Name("set", ast.Load()), [content], [])

    @override
    def visit_Set(self, node: ast.Set) -> ast.expr:
        self.generic_visit(node)
        return ast.copy_location(self._call(ast.List(node.elts, ast.Load())), node)

    @override
    def visit_SetComp(self, node: ast.SetComp) -> ast.expr:
        self.generic_visit(node)
        return ast.copy_location(self._call(ast.ListComp(node.elt, node.generators)), node)


@functools.cache
def _source() -> str | None:
    """Return the source of CPython's tests, None where the interpreter was installed without them."""
    try:
        spec = importlib.util.find_spec(ORIGINAL)
    except ModuleNotFoundError:
        return None
    if spec is None or not spec.has_location or spec.origin is None:
        return None
    # Not by the loader: pytest puts its own before, which has no source to give.
    return importlib.util.decode_source(Path(spec.origin).read_bytes())


@functools.cache
def edition(name: str) -> types.ModuleType:
    """Return CPython's tests with `set` bound to LockedSet."""
    source = _source()
    assert source is not None
    tree = ast.parse(source)
    if name == "locked":
        tree = ast.fix_missing_locations(_CallsForDisplays().visit(tree))
    module = types.ModuleType(f"{__name__}_{name}")
    sys.modules[module.__name__] = module  # its classes are pickled by the name of their module
    vars(module)["set"] = LockedSet
    exec(compile(tree, f"<{ORIGINAL} on LockedSet, {name}>", "exec"), vars(module))
    # Of a subclass of set, `set` makes results of the base type, and LockedSet results of the subclass.
    vars(module)["TestSetSubclass"].basetype = vars(module)["SetSubclass"]
    return module


def cases(module: types.ModuleType) -> Iterator[tuple[str, unittest.TestCase]]:
    """Yield the tests of a module, each with its name."""
    for kind in list(vars(module).values()):
        if isinstance(kind, type) and issubclass(kind, unittest.TestCase) and kind.__name__ not in NOT_ABOUT_SET:
            for name in unittest.defaultTestLoader.getTestCaseNames(kind):
                yield f"{kind.__name__}.{name}", kind(name)


def _all_cases() -> list[Any]:
    if _source() is None:
        reason = f"this interpreter was installed without {ORIGINAL}"
        return [pytest.param("", "", marks=pytest.mark.skip(reason=reason))]
    return [pytest.param(each, name, id=f"{each}-{name}") for each in EDITIONS for name, _ in cases(edition(each))]


def failures(case: unittest.TestCase) -> list[str]:
    """Run a test and return the traces of what failed; raise what else kept it from passing."""
    random.seed(case.id())  # some of CPython's tests choose at random what to do to a set while it is compared
    result = unittest.TestResult()
    case.run(result)
    assert result.testsRun == 1 or result.skipped
    for _, reason in result.skipped:
        pytest.skip(f"CPython's test skips itself: {reason}")
    return [trace for _, trace in (*result.errors, *result.failures)]


@pytest.mark.thread_unsafe(reason="CPython's tests keep state in globals of their module and change warning filters")
# One test ends an iterator inside `__del__`; LockedSet's iterator does not keep the set alive, so there is none yet.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(("name", "test"), _all_cases())
def test_cpythons_test_passes_on_locked_set_unless_it_is_listed(name: str, test: str) -> None:
    found = failures(dict(cases(edition(name)))[test])
    reason = DIFFERENT[name].get(test)
    if reason is None:
        assert not found, f"CPython's {test} fails on LockedSet:\n{found[0]}"
    else:
        assert found, f"{test} passes now: take it off the list, which says: {reason}"


needs_source = pytest.mark.skipif(_source() is None, reason=f"this interpreter was installed without {ORIGINAL}")


@needs_source
@pytest.mark.parametrize("name", EDITIONS)
def test_every_listed_test_exists(name: str) -> None:
    assert not DIFFERENT[name].keys() - dict(cases(edition(name))).keys()
    assert all(reason for reason in DIFFERENT[name].values())


@needs_source
def test_every_class_that_is_left_out_exists() -> None:
    for name in NOT_ABOUT_SET:
        assert issubclass(vars(edition("mixed"))[name], unittest.TestCase)


@needs_source
def test_the_tests_do_make_locked_sets() -> None:
    assert vars(edition("mixed"))["TestSet"].thetype is LockedSet
    assert issubclass(vars(edition("mixed"))["SetSubclass"], LockedSet)
    assert len(list(cases(edition("mixed")))) > 400


@needs_source
@pytest.mark.parametrize(("name", "expected"), [("mixed", set), ("locked", LockedSet)])
def test_the_editions_differ_in_what_a_display_makes(name: str, expected: type) -> None:
    module = edition(name)
    assert type(eval(compile(_rewritten("{1, *(2, 3)}", name), "", "eval"), vars(module))) is expected
    assert eval(compile(_rewritten("{each for each in (1, 2)}", name), "", "eval"), vars(module)) == {1, 2}


def _rewritten(source: str, name: str) -> ast.Expression:
    tree = ast.parse(source, mode="eval")
    if name == "locked":
        tree = ast.fix_missing_locations(_CallsForDisplays().visit(tree))
    return tree


@needs_source
def test_a_set_that_is_wrong_is_noticed_by_cpythons_tests() -> None:
    class Wrong(LockedSet[Any]):
        @override
        def discard(self, element: Any, /) -> None:
            pass

    case = type("Changed", (vars(edition("mixed"))["TestSet"],), {"thetype": Wrong, "basetype": Wrong})
    assert failures(case("test_discard"))
    assert not failures(case("test_add"))
