/* The documentation of the core, made by `python -m ci.core_docs` from the docstrings of lockedset. */
/* clang-format off */

#define DOC_ADD \
    "add($self, element, /)\n" \
    "--\n" \
    "\n" \
    "Add `element`; no effect if it is present. `try_add` reports whether it was."

#define DOC_ADD_NEW \
    "add_new($self, iterable, /)\n" \
    "--\n" \
    "\n" \
    "Add the elements of `iterable` and return those that were not present before.\n" \
    "\n" \
    "Why: it is `try_add` for a batch. If threads add overlapping batches, each new element is returned to exactly\n" \
    "one of them."

#define DOC_CLEAR \
    "clear($self)\n" \
    "--\n" \
    "\n" \
    "Remove all elements. `drain` also returns them."

#define DOC_COPY \
    "copy($self)\n" \
    "--\n" \
    "\n" \
    "Return a new set of the same type with the same elements and a lock of its own."

#define DOC_DIFFERENCE_UPDATE \
    "difference_update($self, *others)\n" \
    "--\n" \
    "\n" \
    "Remove the elements of all `others`, at one instant."

#define DOC_DISCARD \
    "discard($self, element, /)\n" \
    "--\n" \
    "\n" \
    "Remove `element` if it is present. `try_remove` reports whether it was."

#define DOC_INTERSECTION_UPDATE \
    "intersection_update($self, *others)\n" \
    "--\n" \
    "\n" \
    "Keep only the elements that are in all `others`, at one instant."

#define DOC_LOCKED \
    "locked($module, *sets)\n" \
    "--\n" \
    "\n" \
    "Hold one or several LockedSets for a compound step.\n" \
    "\n" \
    "During the block no other thread can run a method of the sets, so to other threads the block is one step. The sets\n" \
    "are taken in one global order, in whatever order they are named, and a thread may take again a set that it holds\n" \
    "already. Readers in C that bypass the methods (`frozenset(s)`, `{*s}`, `plain.update(s)`) do not wait: they see each\n" \
    "single operation of the block whole, but can see the state between two operations.\n" \
    "\n" \
    "Name every set of the step here rather than opening a second `locked` inside: a set taken inside is taken out of\n" \
    "order, and if the thread would wait for ever, it gets `DeadlockError` instead.\n" \
    "\n" \
    "The returned object serves one `with` statement. The locks belong to the thread: do not `await` or `yield` inside\n" \
    "the block.\n" \
    "\n" \
    "Raises:\n" \
    "    TypeError: an argument is not a LockedSet.\n" \
    "    DeadlockError: on entering the block, the wait would close a cycle."

#define DOC_LOCKEDSET \
    "LockedSet(iterable=..., /)\n" \
    "--\n" \
    "\n" \
    "A `set` that threads can share: every method and operator is atomic, on any build of CPython.\n" \
    "\n" \
    "LockedSet(iterable=()) behaves like `set(iterable)`, with the same results and the same exceptions. It differs from\n" \
    "`set` as follows.\n" \
    "\n" \
    "* Each call takes effect at one instant between its call and its return (it is linearizable). This includes calls\n" \
    "  that change many elements, and calls that read two LockedSets.\n" \
    "* Iteration goes over a snapshot that is taken when the iteration begins; the set may be changed meanwhile.\n" \
    "* Arguments that are not sets are consumed before the set is locked: a generator may block, raise or use the set\n" \
    "  itself. If an argument of a bulk change raises, or has an unhashable element, the set is unchanged.\n" \
    "* If an element is present already, bulk changes keep the present object, and so does a second call of `__init__`.\n" \
    "  `s |= d.keys()`, and other operators with a dict view on the right, change `s` itself.\n" \
    "* `copy`, the operators and methods like `union` return an object of the left operand's type, without calling the\n" \
    "  `__init__` of a subclass, as `set` does.\n" \
    "* `pop` takes a default, and there are `try_add`, `try_remove`, `add_new`, `remove_if`, `take`, `drain`, `replace`\n" \
    "  and `snapshot`, each of which would be a race if it were written with the methods of `set`. `locked(a, b)` makes\n" \
    "  several calls one step.\n" \
    "\n" \
    "Code in C can read a subclass of `set` past its methods: `frozenset(s)`, `{*s}`, `plain.update(s)` and more. These\n" \
    "readers do not wait for the lock. They see each bulk change entirely or not at all, because LockedSet commits it in\n" \
    "one step in C. There are two exceptions, for elements whose `__eq__` is Python code: elements of equal hash that are\n" \
    "not equal; and elements that equal values of built-in types, when several are removed by such values. Readers can\n" \
    "then see half of the change, and if such an `__eq__` raises, the change stays half made, as in `set`. Code in C, and\n" \
    "`set.add(s, x)`, can also *write* past the methods: nothing can protect against that.\n" \
    "\n" \
    "Callbacks run while the lock is held: `__hash__`, `__eq__` and `__del__` of elements, the predicate of `remove_if`,\n" \
    "and signal handlers. The lock is reentrant, so they may use the same set. If they use *another* LockedSet, threads\n" \
    "can come to wait for each other; then one of them gets `DeadlockError`. Keep callbacks away from other sets, as with\n" \
    "any lock.\n" \
    "\n" \
    "There are two implementations, and `lockedset.implementation` says which one serves. The compiled one costs about as\n" \
    "much as `set`: see benchmarks/. The one in Python serves where there is no compiled one. There an operation costs\n" \
    "several times as much; it takes a slower path while any thread is inside `locked`, and in a child process that was\n" \
    "forked beside other threads; the recursion limit bounds how many sets one operation or one `locked` can take; and\n" \
    "callbacks that use other sets can make threads wait for each other without a `DeadlockError`."

#define DOC_POP \
    "pop($self, default=..., /)\n" \
    "--\n" \
    "\n" \
    "Remove and return an arbitrary element. If there is none, return `default` or, without one, raise KeyError.\n" \
    "\n" \
    "Why a default: `if s: s.pop()` is a race, since another thread may take the last element in between."

#define DOC_REMOVE \
    "remove($self, element, /)\n" \
    "--\n" \
    "\n" \
    "Remove `element`; raise KeyError if it is not present."

#define DOC_REPLACE \
    "replace($self, iterable, /)\n" \
    "--\n" \
    "\n" \
    "Replace the contents by those of `iterable`, at one instant. An element that is present already is kept.\n" \
    "\n" \
    "Why: with `s.clear(); s.update(new)` other threads see the set empty, and their additions in between mix with\n" \
    "`new`."

#define DOC_SNAPSHOT \
    "snapshot($self)\n" \
    "--\n" \
    "\n" \
    "Return the contents at one instant as a frozenset: it is hashable, and threads read it without a lock."

#define DOC_SYMMETRIC_DIFFERENCE_UPDATE \
    "symmetric_difference_update($self, other, /)\n" \
    "--\n" \
    "\n" \
    "Keep the elements that are in exactly one of the two, at one instant."

#define DOC_TRY_ADD \
    "try_add($self, element, /)\n" \
    "--\n" \
    "\n" \
    "Add `element` and return True, or return False if it is present already.\n" \
    "\n" \
    "Why: of the threads that add the same element, exactly one gets True, and can do the work that must be done\n" \
    "once. With `if x not in s: s.add(x)` several threads may do it."

#define DOC_TRY_REMOVE \
    "try_remove($self, element, /)\n" \
    "--\n" \
    "\n" \
    "Remove `element` and return True, or return False if it is not present.\n" \
    "\n" \
    "Why: of the threads that remove the same element, exactly one gets True, and owns what the element stands for.\n" \
    "`discard` does not report it, and `remove` raises an exception."

#define DOC_UPDATE \
    "update($self, *others)\n" \
    "--\n" \
    "\n" \
    "Add the elements of all `others`, at one instant."
