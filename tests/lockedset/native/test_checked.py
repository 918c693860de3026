"""Is the compiled LockedSet asked for all that it promises, although its methods are in C?"""

from __future__ import annotations

import pytest

from lockedset import LockedSet
from lockproof import infer
from tests.lockedset.implementations import COMPILED

pytestmark = pytest.mark.skipif(not COMPILED, reason="the one in Python is asked by lockproof's own tests")


def test_a_class_in_c_with_methods_of_its_own_is_asked_for_loops_and_changes_of_many() -> None:
    texts = {kind.text for kind in infer(LockedSet).operations}
    assert {"[x for x in a]", "list(slowly(a))", "a.update(x)", "a.clear()", "list(a)"} <= texts
