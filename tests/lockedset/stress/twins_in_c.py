"""Twins of LockedSet in C: the sources of the package with one protection edited out, compiled."""

from __future__ import annotations

from ci.native import Edit
from tests.lockedset.stress.twin import Twin

TWINS: dict[str, Twin] = {}

TAKE = "if (acquire(set) < 0) { return NULL; }"
RELEASE = "release(set);"


def _twin(name: str, lacks: str, caught_by: str, *edits: Edit, with_gil: bool = False) -> None:
    TWINS[name] = Twin(name, lacks, caught_by, with_gil, edits=edits)


def _c(header: str, function: str, old: str, new: str = "") -> Edit:
    return Edit(f"native/{header}.h", function, old, new)


def _unlocked(header: str, function: str) -> tuple[Edit, Edit]:
    return _c(header, function, TAKE), _c(header, function, RELEASE)


IN_STEPS = _c(
    "changes",
    "",
    "/* Change the set by a set or frozenset in one step",
    """
    static PyObject *in_steps(PyObject *self, PyObject *operand)
    {
        PyObject *list = list_of(operand);
        for (Py_ssize_t k = 0; k < PyList_GET_SIZE(list); k++) {
            PySet_Add(self, PyList_GET_ITEM(list, k));
            for (volatile int wait = 0; wait < 5000; wait++) { }  /* time passes, so that others meet a step */
        }
        Py_DECREF(list);
        return Py_NewRef(self);
    }
    /* Change the set by a set or frozenset in one step""",
)
GROWS_IN_STEPS = (
    IN_STEPS,
    _c("changes", "commit", "UNKNOWN; return own->nb_inplace_or(self, operand);", "0; return in_steps(self, operand);"),
)
CHANGES_UNLOCKED = (
    _c("changes", "change", "if (acquire_both(set, other) < 0) { return NULL; }"),
    _c("changes", "change", "release_both(set, other);"),
)

_twin("unlocked-try-add", "no lock round the test and the add of try_add", "linearizable",
      *_unlocked("changes", "locked_try_add"))  # fmt: skip
_twin("unlocked-pop-or", "no lock round the test and the pop of pop(default)", "linearizable",
      *_unlocked("changes", "locked_pop"))  # fmt: skip
_twin("unlocked-functions", "no lock round the functions in Python: drain, take, remove_if", "linearizable",
      _c("holds", "call_held", "if (acquire_all(sets, found) == 0) {", "if (1) {"),
      _c("holds", "call_held", "release_all(sets, found);"))  # fmt: skip
_twin("intersection-in-two-steps", "intersection_update computes and swaps in two steps, without the lock",
      "changes-lose-nothing", *CHANGES_UNLOCKED, IN_STEPS,
      _c("changes", "commit", "return own->nb_inplace_and(self, operand);",
         "PyObject *both = own->nb_and(self, operand);"
         " for (int k = 0; k < 300; k++) { PyObject *some = PySet_New(both); Py_XDECREF(some); }  /* time passes */"
         " PySet_Clear(self); PyObject *r = in_steps(self, both); Py_DECREF(both); return r;"))  # fmt: skip
_twin("update-in-many-steps", "no commit rule: update adds element by element, under the lock",
      "c-readers-see-whole-additions", *GROWS_IN_STEPS)  # fmt: skip
_twin("replace-in-two-steps", "no commit rule: replace clears and then adds, under the lock",
      "c-readers-see-whole-replacements", IN_STEPS,
      _c("changes", "commit", "if (what == INTERSECT) {",
         "if (what == REPLACE) { PySet_Clear(self); return in_steps(self, operand); }"
         " if (what == INTERSECT) {"))  # fmt: skip
_twin("take-in-many-steps", "no commit rule: take removes element by element, under the lock",
      "c-readers-see-whole-removals",
      Edit("_commit.py", "", "set.__isub__(target, chosen)\n    return chosen\n\n\ndef drain",
           "[set.discard(target, each) for each in chosen]\n    return chosen\n\n\ndef drain"))  # fmt: skip
_twin("commit-that-compares", "all elements count as compared in C: changes are not prepared aside",
      "equal-elements-show-no-half",
      _c("contents", "own_comparisons_in_c", "return set->comparisons == IN_C;", "return 1;"),
      _c("contents", "set_compares_in_c", "answer = 0;"), with_gil=True)  # fmt: skip
_twin("unlocked-readers", "update adds element by element under the lock, and copy reads without it",
      "methods-see-whole-changes", *GROWS_IN_STEPS,
      _c("reading", "locked_copy", "copy == NULL || acquire(set) < 0", "copy == NULL"),
      _c("reading", "locked_copy", RELEASE))  # fmt: skip
_twin("len-without-version", "len does not ask whether a change is under way", "len-sees-whole-changes",
      _c("reading", "locked_len", "!(before & 1)", "1 || !(before & 1)"))  # fmt: skip
_twin("shared-iterator", "the live iterator of set is handed out", "iterators-are-private",
      _c("reading", "locked_iter", "PyObject *list = locked_elements(self);",
         "if (self) { return PySet_Type.tp_iter(self); } PyObject *list = NULL;"), with_gil=True)  # fmt: skip
_twin("unlocked-operand", "the right operand of an operator is not locked", "several-sets-are-one-step",
      _c("reading", "operate", "acquire_both((LockedSet *)left, other)", "acquire((LockedSet *)left)"),
      _c("reading", "operate", "release_both((LockedSet *)left, other)", "release((LockedSet *)left)"))  # fmt: skip
_twin("operand-order", "two sets are locked in the order of the operands", "opposite-orders-do-not-hang",
      _c("locks", "acquire_both", "*first = set < other ? set : other, *second = set < other ? other : set;",
         "*first = set, *second = other;"))  # fmt: skip
_twin("unlocked-contains", "`in` takes no lock", "a-hold-keeps-others-out",
      _c("reading", "locked_contains", "if (acquire(set) < 0) { return -1; }"),
      _c("reading", "locked_contains", RELEASE))  # fmt: skip
_twin("unwatched-waits", "a wait does not look for a cycle", "crossed-holds-are-told",
      _c("locks", "find_cycle", "Waiter *last = mine;", "if (mine) { return 0; } Waiter *last = mine;"),
      with_gil=True)  # fmt: skip
_twin("accused-waits", "a wait counts as a deadlock wherever the chain ends", "ordered-holds-are-not-accused",
      _c("locks", "find_cycle", "if (next == NULL) { return 0; }", "if (next == NULL) { return length; }"))  # fmt: skip
_twin("plain-lock", "the lock does not ask whether this thread has it already", "callbacks-may-come-back",
      _c("locks", "acquire", "if (holder_of(set) == thread) {", "if (0) {"), with_gil=True)  # fmt: skip
_twin("arguments-run-under-the-lock", "a generator runs while the set is locked", "generators-may-wait",
      _c("changes", "change_by", "PyObject *operand = PyAnySet_Check(iterable)",
         "if (acquire((LockedSet *)self) < 0) { return -1; } PyObject *operand = PyAnySet_Check(iterable)"),
      _c("changes", "change_by", "PyObject *done = operand == NULL",
         "release((LockedSet *)self); PyObject *done = operand == NULL"), with_gil=True)  # fmt: skip
_twin("stale-locks", "a forked child does not ask who holds a lock", "a-forked-child-can-use-it",
      _c("locks", "lives", "return thread >> ERA_SHIFT", "return 1 || thread >> ERA_SHIFT"), with_gil=True)  # fmt: skip
_twin("exit-in-python", "locked() is left by an exit written in Python", "signals-leave-no-lock",
      Edit("__init__.py", "", "import implementation, locked\n", """import implementation
from lockedset._choice import locked as _locked
from contextlib import contextmanager as _manager

@_manager
def locked(*sets):
    with _locked(*sets):
        yield

"""), with_gil=True)  # fmt: skip
_twin("unlocked-changes", "bulk changes take no lock: a hold does not keep them out", "random-operations-end",
      *CHANGES_UNLOCKED,
      _c("changes", "change_by_sequence", "if (acquire(set) < 0) {", "if (0) {"),
      _c("changes", "change_by_sequence", RELEASE))  # fmt: skip
