/* A trial of a compiled LockedSet: a set with a lock of its own, whose hot operations take it in C (docs/adr/0021).

The rules are those of `lockedset._locking`; what differs is how they are kept.

1. A lock is a word in the set. Taking it is one compare-and-swap; the C function gives it back before it returns, so no
   signal handler can come between: handlers run in the interpreter's loop. Rejected: PyMutex, which knows no owner and
   whose waits no signal ends.
2. An operation on several sets takes their locks in the order of their addresses.
3. Every wait is known. A thread that finds a lock taken enters under one mutex of the module which set it waits for, and
   follows the chain "set -> thread that owns it -> set that this thread waits for". An entered thread cannot go on
   without that mutex, so a chain that comes back is a cycle; and of the threads that close a cycle, the last one to enter
   sees all others, so no cycle is missed. While a set is held, no other operation takes a slower path.
4. A released lock is free, and the thread that comes first takes it; a thread that has waited for a millisecond gets it
   handed over. (The policy of PyMutex, from WebKit's WTF::Lock, 2015.)
5. A bulk change is one step for readers in C. Where no comparison can run Python code, one call of set's own C function
   is that step: `quiet` says that the comparisons of all elements are in C. Otherwise `lockedset._commit` prepares the
   change aside.
6. `len` reads without the lock: `changes` is odd while a change of many elements or a hold is under way (a seqlock).

A number that is never used again stands for a thread. After a fork, its upper bits tell a child which locks belonged to
threads that it does not have.

A TWIN_... macro takes one protection out, and the checks of `benchmarks.core.checks` must notice (TWINS there).

Private names of CPython: none. The layout of PySetObject, which this file reads and in one place writes, is public
(Include/cpython/setobject.h).
*/

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#ifdef _MSC_VER
#define THREAD_LOCAL __declspec(thread)
#elif defined(__GLIBC__)
#define THREAD_LOCAL __attribute__((tls_model("initial-exec"))) _Thread_local /* one load instead of a call */
#else
#define THREAD_LOCAL _Thread_local
#endif

enum { FREE, HELD, WAITED };

typedef struct {
    PySetObject set;
    _Atomic(uint64_t) owner;    /* number of the thread that holds the lock; 0: nobody */
    _Atomic(uint32_t) state;    /* FREE; HELD; WAITED: held, and somebody is parked */
    _Atomic(uint32_t) changes;  /* odd while a change of many elements or a hold is under way */
    uint32_t depth;             /* how many times more the owner has taken it */
    uint16_t busy;              /* changes of many elements and holds that are under way, one inside the other */
    uint8_t quiet;              /* no comparison of two elements runs Python code */
} Locked;

typedef struct Waiter {
    struct Waiter *next;
    Locked *set;
    uint64_t thread;
    unsigned long ident;
    int64_t since;
    PyThread_type_lock parked;
    int granted, woken;
} Waiter;

typedef struct {
    PyTypeObject *type;       /* LockedSet */
    PyTypeObject *hold;       /* what locked() returns */
    PyMutex waiting;          /* guards `waiters` */
    Waiter *waiters;          /* newest first */
    PyObject *commits[6];     /* functions of _commit, by the enumeration below */
    PyObject *deadlock;       /* makes a DeadlockError of [(ident, set), ...] */
    PyObject *views[2];       /* types of dict views */
} State;

enum { GROW, SHRINK, INTERSECT, TOGGLE, REPLACE };
static const char *const commit_names[] = {"grow", "shrink", "intersect", "toggle", "replace"};

static struct PyModuleDef module;

/* The C functions of set's own methods, which look at nothing but the set: the same in each interpreter. */
static PyCFunction own_add, own_discard, own_remove, own_pop;

static State *
state_of(PyObject *self)
{
    PyObject *found = PyType_GetModuleByDef(Py_TYPE(self), &module);
    return found == NULL ? NULL : PyModule_GetState(found);
}

/* Threads. The counter and the era are facts of the process, which every interpreter in it shares. */

static THREAD_LOCAL uint64_t my_number;
static _Atomic(uint64_t) numbers = 1;
static _Atomic(uint64_t) era;       /* counts forks, in the upper 16 bits */
static _Atomic(uint64_t) survivor;  /* the thread that came through the last fork */

static uint64_t
new_number(void)
{
    my_number = atomic_load(&era) | (atomic_fetch_add(&numbers, 1) & 0xffffffffffffULL);
    return my_number;
}

static inline uint64_t
me(void)
{
    uint64_t number = my_number;
    return number ? number : new_number();
}

static int
lives(uint64_t thread)
{
    return (thread & ~0xffffffffffffULL) == atomic_load(&era) || thread == atomic_load(&survivor);
}

static int64_t
now(void)
{
    PyTime_t time = 0;
    (void)PyTime_MonotonicRaw(&time);
    return time;
}

/* The lock */

#define PATIENCE 1000000 /* nanoseconds of waiting after which the lock is handed over */
#ifdef Py_GIL_DISABLED
#define SPINS 40
#else
#define SPINS 0 /* the owner cannot go on while we have the GIL */
#endif

static int acquire_slowly(Locked *set, uint64_t thread);
static void release_slowly(Locked *set);

/* Change the state if it is what was expected. Where there is a GIL, whoever looks has it, and two plain steps are one. */
static inline int
move(Locked *set, uint32_t from, uint32_t to, memory_order order)
{
#ifdef Py_GIL_DISABLED
    return atomic_compare_exchange_strong_explicit(&set->state, &from, to, order, memory_order_relaxed);
#else
    (void)order;
    if (atomic_load_explicit(&set->state, memory_order_relaxed) != from) {
        return 0;
    }
    atomic_store_explicit(&set->state, to, memory_order_relaxed);
    return 1;
#endif
}

static inline int
take(Locked *set, uint64_t thread)
{
    if (!move(set, FREE, HELD, memory_order_acquire)) {
        return 0;
    }
    atomic_store_explicit(&set->owner, thread, memory_order_relaxed);
    return 1;
}

/* Take the lock, once more if this thread has it; -1 with an exception if the wait would never end, or a handler of a
   signal raised during it. */
static inline int
acquire(Locked *set)
{
#ifdef TWIN_UNLOCKED
    return (void)set, 0;
#endif
    uint64_t thread = me();
    if (take(set, thread)) {
        return 0;
    }
    if (atomic_load_explicit(&set->owner, memory_order_relaxed) == thread) {
        set->depth++;
        return 0;
    }
    return acquire_slowly(set, thread);
}

static inline void
release(Locked *set)
{
#ifdef TWIN_UNLOCKED
    return;
#endif
    if (set->depth) {
        set->depth--;
        return;
    }
    atomic_store_explicit(&set->owner, 0, memory_order_relaxed);
    if (!move(set, HELD, FREE, memory_order_release)) {
        release_slowly(set);
    }
}

static Waiter *
waiter_for(State *state, Locked *set, Waiter *but)
{
    Waiter *oldest = NULL;
    for (Waiter *each = state->waiters; each; each = each->next) {
        if (each->set == set && each != but) {
            oldest = each;
        }
    }
    return oldest;
}

static void
forget(State *state, Waiter *waiter)
{
    for (Waiter **place = &state->waiters; *place; place = &(*place)->next) {
        if (*place == waiter) {
            *place = waiter->next;
            return;
        }
    }
}

static void
release_slowly(Locked *set)
{
    State *state = state_of((PyObject *)set);
    PyMutex_Lock(&state->waiting);
    Waiter *waiter = waiter_for(state, set, NULL);
    if (waiter == NULL) {
        atomic_store_explicit(&set->state, FREE, memory_order_release);
    }
    else if (now() - waiter->since > PATIENCE) {
        waiter->granted = 1;
        forget(state, waiter);
        atomic_store_explicit(&set->owner, waiter->thread, memory_order_relaxed);
        atomic_store_explicit(&set->state, waiter_for(state, set, NULL) ? WAITED : HELD, memory_order_release);
        PyThread_release_lock(waiter->parked);
    }
    else {
        atomic_store_explicit(&set->state, FREE, memory_order_release);
        if (!waiter->woken) {
            waiter->woken = 1;
            PyThread_release_lock(waiter->parked);
        }
    }
    PyMutex_Unlock(&state->waiting);
}

#define LONGEST_CHAIN 1000

/* Return the links of the cycle that this wait closes, 0 for none. `waiting` is held: nobody who is noted goes on. */
static int
chain_from(State *state, Waiter *mine, Waiter **links)
{
#ifdef TWIN_UNWATCHED
    return 0;
#endif
    Waiter *last = mine;
    for (int length = 1; length < LONGEST_CHAIN; length++) {
        links[length - 1] = last;
        uint64_t owner = atomic_load_explicit(&last->set->owner, memory_order_relaxed);
        if (owner == mine->thread) {
            return length;
        }
        Waiter *next = state->waiters;  /* the newest wait of a thread is the one that it is in */
        while (next && (next->thread != owner || next->granted)) {
            next = next->next;
        }
        if (owner == 0 || next == NULL) {
            return 0;
        }
        last = next;
    }
    return 0;
}

static PyObject *
cycle_as_list(Waiter **links, int length)
{
    PyObject *cycle = PyList_New(length);
    for (int k = 0; cycle && k < length; k++) {
        PyObject *link = Py_BuildValue("(kO)", links[k]->ident, (PyObject *)links[k]->set);
        if (link == NULL) {
            Py_CLEAR(cycle);
        }
        else {
            PyList_SET_ITEM(cycle, k, link);
        }
    }
    return cycle;
}

static void
raise_deadlock(State *state, PyObject *cycle)
{
    if (cycle == NULL) {
        return;
    }
    PyObject *error = PyObject_CallOneArg(state->deadlock, cycle);
    Py_DECREF(cycle);
    if (error != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
        Py_DECREF(error);
    }
}

/* Try to take the lock for a waiter; `waiting` is held. If it is taken, say that somebody waits. */
static int
take_or_mark(State *state, Waiter *mine)
{
    Locked *set = mine->set;
    for (;;) {
        uint32_t seen = atomic_load_explicit(&set->state, memory_order_relaxed);
        if (seen == FREE) {
            uint32_t wanted = waiter_for(state, set, mine) ? WAITED : HELD;
            if (move(set, FREE, wanted, memory_order_acquire)) {
                atomic_store_explicit(&set->owner, mine->thread, memory_order_relaxed);
                return 1;
            }
            continue;
        }
        uint64_t owner = atomic_load_explicit(&set->owner, memory_order_relaxed);
        if (owner && !lives(owner)) {  /* the last fork left that thread behind, in the middle of something */
            set->depth = set->busy = 0;
            atomic_fetch_add(&set->changes, atomic_load(&set->changes) & 1);
            atomic_store_explicit(&set->owner, mine->thread, memory_order_relaxed);
            atomic_store_explicit(&set->state, waiter_for(state, set, mine) ? WAITED : HELD, memory_order_release);
            return 1;
        }
        if (seen == WAITED || move(set, HELD, WAITED, memory_order_relaxed)) {
            return 0;
        }
    }
}

static int
acquire_slowly(Locked *set, uint64_t thread)
{
    for (int spin = 0; spin < SPINS; spin++) {
        if (atomic_load_explicit(&set->state, memory_order_relaxed) == FREE && take(set, thread)) {
            return 0;
        }
    }
    State *state = state_of((PyObject *)set);
    if (state == NULL) {
        return -1;
    }
    Waiter mine = {.set = set, .thread = thread, .ident = PyThread_get_thread_ident(), .since = now()};
    mine.parked = PyThread_allocate_lock();
    if (mine.parked == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    PyThread_acquire_lock(mine.parked, NOWAIT_LOCK);
    int result = 0, raised = 0;
    Waiter *links[LONGEST_CHAIN];
    PyObject *cycle = NULL;
    PyMutex_Lock(&state->waiting);
    mine.next = state->waiters;
    state->waiters = &mine;
    for (;;) {
        if (mine.granted) {
            if (raised) {
                PyMutex_Unlock(&state->waiting);
                release(set);
                result = -1;
                goto end;
            }
            break;
        }
        if (raised) {
            result = -1;
            forget(state, &mine);
            if (mine.woken && atomic_load(&set->state) == FREE) {  /* the wake-up was for somebody who waits */
                Waiter *other = waiter_for(state, set, NULL);
                if (other && !other->woken) {
                    other->woken = 1;
                    PyThread_release_lock(other->parked);
                }
            }
            break;
        }
        mine.woken = 0;
        if (take_or_mark(state, &mine)) {
            forget(state, &mine);
            break;
        }
        int length = chain_from(state, &mine, links);
        if (length) {
            cycle = cycle_as_list(links, length);
            forget(state, &mine);
            result = -1;
            break;
        }
        PyMutex_Unlock(&state->waiting);
        PyLockStatus status;
        Py_BEGIN_ALLOW_THREADS
        status = PyThread_acquire_lock_timed(mine.parked, -1, 1);
        Py_END_ALLOW_THREADS
        if (status == PY_LOCK_INTR) {
            raised = PyErr_CheckSignals() < 0;
        }
        PyMutex_Lock(&state->waiting);
    }
    PyMutex_Unlock(&state->waiting);
end:
    PyThread_free_lock(mine.parked);
    if (result < 0 && !raised) {
        raise_deadlock(state, cycle);
    }
    return result;
}

/* A change of many elements, or a hold: the lock is held. */

static inline void
begin(Locked *set)
{
    if (set->busy++ == 0) {
        uint32_t changes = atomic_load_explicit(&set->changes, memory_order_relaxed);  /* written by the owner alone */
        atomic_store_explicit(&set->changes, changes + 1, memory_order_relaxed);
        atomic_thread_fence(memory_order_release);
    }
}

static inline void
end(Locked *set)
{
    if (--set->busy == 0) {
        uint32_t changes = atomic_load_explicit(&set->changes, memory_order_relaxed);
        atomic_store_explicit(&set->changes, changes + 1, memory_order_release);
    }
}

/* What is in a set */

static inline int
silent(PyObject *element)
{
    PyTypeObject *type = Py_TYPE(element);
    return type == &PyUnicode_Type || type == &PyLong_Type || type == &PyFloat_Type || type == &PyBytes_Type ||
           type == &PyBool_Type || type == &PyComplex_Type || type == &PyRange_Type || element == Py_None;
}

/* Entries that were removed have the hash -1, which no element has. */
#define IS_ELEMENT(entry) ((entry)->key != NULL && (entry)->hash != -1)

static int
all_silent(PyObject *set)
{
    int answer = 1;
    Py_BEGIN_CRITICAL_SECTION(set);
    PySetObject *so = (PySetObject *)set;
    for (Py_ssize_t k = 0; k <= so->mask; k++) {
        if (IS_ELEMENT(&so->table[k]) && !silent(so->table[k].key)) {
            answer = 0;
            break;
        }
    }
    Py_END_CRITICAL_SECTION();
    return answer;
}

static PyObject *
elements(PyObject *set)
{
    PyObject *list;
    Py_BEGIN_CRITICAL_SECTION(set);
    PySetObject *so = (PySetObject *)set;
    list = PyList_New(so->used);
    Py_ssize_t at = 0;
    for (Py_ssize_t k = 0; list && k <= so->mask; k++) {
        if (IS_ELEMENT(&so->table[k])) {
            PyList_SET_ITEM(list, at++, Py_NewRef(so->table[k].key));
        }
    }
    Py_END_CRITICAL_SECTION();
    return list;
}

static inline Locked *
as_locked(State *state, PyObject *object)
{
    if (PySet_CheckExact(object) || !PySet_Check(object) || !PyObject_TypeCheck(object, state->type)) {
        return NULL;
    }
    return (Locked *)object;
}

/* Take both in the order of their addresses; `other` may be NULL. */
static int
acquire_both(Locked *set, Locked *other)
{
    if (other == NULL || other == set) {
        return acquire(set);
    }
    Locked *first = set < other ? set : other, *second = set < other ? other : set;
    if (acquire(first) < 0) {
        return -1;
    }
    if (acquire(second) < 0) {
        release(first);
        return -1;
    }
    return 0;
}

static void
release_both(Locked *set, Locked *other)
{
    if (other != NULL && other != set) {
        release(other);
    }
    release(set);
}

/* Return a new set of the type of `like` without calling a subclass's __new__ or __init__. */
static PyObject *
new_like(PyTypeObject *type)
{
    PyObject *none = PyTuple_New(0);
    PyObject *made = none == NULL ? NULL : PySet_Type.tp_new(type, none, NULL);
    Py_XDECREF(none);
    if (made != NULL) {
        ((Locked *)made)->quiet = 1;
    }
    return made;
}

/* Move the contents of `from`, a set that nobody else knows, into `to`, a new and empty one. */
static void
move_contents(PySetObject *to, PySetObject *from)
{
    to->fill = from->fill;
    to->used = from->used;
    to->mask = from->mask;
    if (from->table == from->smalltable) {
        memcpy(to->smalltable, from->smalltable, sizeof(to->smalltable));
        to->table = to->smalltable;
    }
    else {
        to->table = from->table;
    }
    from->fill = from->used = 0;
    from->mask = PySet_MINSIZE - 1;
    from->table = from->smalltable;
    memset(from->smalltable, 0, sizeof(from->smalltable));
}

/* Return a set of the type of `like` with the contents of `plain`, which nobody else knows and which is used up. */
static PyObject *
made_like(PyTypeObject *type, PyObject *plain, int quiet)
{
    PyObject *made = new_like(type);
    if (made != NULL) {
        move_contents((PySetObject *)made, (PySetObject *)plain);
        ((Locked *)made)->quiet = (uint8_t)quiet;
    }
    Py_DECREF(plain);
    return made;
}

/* One element */

static PyObject *
locked_add(PyObject *self, PyObject *element)
{
    Locked *set = (Locked *)self;
    if (acquire(set) < 0) {
        return NULL;
    }
    if (!silent(element)) {
        set->quiet = 0;
    }
    PyObject *result = own_add(self, element);
    release(set);
    return result;
}

static int
locked_contains(PyObject *self, PyObject *element)
{
    Locked *set = (Locked *)self;
    if (acquire(set) < 0) {
        return -1;
    }
    int result = PySet_Type.tp_as_sequence->sq_contains(self, element);
    release(set);
    return result;
}

static PyObject *
locked_contains_method(PyObject *self, PyObject *element)
{
    int result = locked_contains(self, element);
    return result < 0 ? NULL : PyBool_FromLong(result);
}

static PyObject *
locked_discard(PyObject *self, PyObject *element)
{
    Locked *set = (Locked *)self;
    if (acquire(set) < 0) {
        return NULL;
    }
    PyObject *result = own_discard(self, element);
    release(set);
    return result;
}

static PyObject *
locked_remove(PyObject *self, PyObject *element)
{
    Locked *set = (Locked *)self;
    if (acquire(set) < 0) {
        return NULL;
    }
    PyObject *result = own_remove(self, element);
    release(set);
    return result;
}

static PyObject *
locked_try_remove(PyObject *self, PyObject *element)
{
    Locked *set = (Locked *)self;
    if (acquire(set) < 0) {
        return NULL;
    }
    int found;
    if (!PySet_Check(element)) {
        found = PySet_Discard(self, element);
    }
    else {  /* an element that is a set is found by its value */
        found = PySet_Type.tp_as_sequence->sq_contains(self, element);
        if (found > 0) {
            PyObject *none = own_discard(self, element);
            found = none == NULL ? -1 : 1;
            Py_XDECREF(none);
        }
    }
    release(set);
    return found < 0 ? NULL : PyBool_FromLong(found);
}

static PyObject *
locked_try_add(PyObject *self, PyObject *element)
{
    Locked *set = (Locked *)self;
    if (acquire(set) < 0) {
        return NULL;
    }
    int known;
    if (set->quiet && silent(element)) {  /* no comparison can come back and change the set */
        Py_ssize_t before = ((PySetObject *)self)->used;
        known = PySet_Add(self, element);
        known = known < 0 ? -1 : ((PySetObject *)self)->used == before;
    }
    else {
        known = PySet_Type.tp_as_sequence->sq_contains(self, element);
        set->quiet &= (uint8_t)silent(element);
        /* An element that is a set is found by its value, and cannot be added: then add raises as it does for a set. */
        if (known >= 0 && PySet_Add(self, element) < 0) {
            known = -1;
        }
    }
    release(set);
#ifdef TWIN_BOASTING
    known = 0;
#endif
    return known < 0 ? NULL : PyBool_FromLong(!known);
}

static PyObject *
locked_pop(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    Locked *set = (Locked *)self;
    if (count > 1) {
        return PyErr_Format(PyExc_TypeError, "pop expected at most 1 argument, got %zd", count);
    }
    if (acquire(set) < 0) {
        return NULL;
    }
    PyObject *result = count && ((PySetObject *)self)->used == 0 ? Py_NewRef(arguments[0]) : own_pop(self, NULL);
    release(set);
    return result;
}

static Py_ssize_t
locked_len(PyObject *self)
{
    Locked *set = (Locked *)self;
#ifdef TWIN_UNCOUNTED
    return PySet_GET_SIZE(self);
#endif
    uint32_t before = atomic_load_explicit(&set->changes, memory_order_acquire);
    Py_ssize_t used = PySet_GET_SIZE(self);
    atomic_thread_fence(memory_order_acquire);
    if (!(before & 1) && atomic_load_explicit(&set->changes, memory_order_relaxed) == before) {
        return used;
    }
    if (acquire(set) < 0) {
        return -1;
    }
    used = PySet_GET_SIZE(self);
    release(set);
    return used;
}

/* Many elements */

static PyObject *
run_commit(State *state, int what, PyObject *self, PyObject *operand)
{
    return PyObject_CallFunctionObjArgs(state->commits[what], self, operand, NULL);
}

/* Change the set by another one, which is a set or frozenset, in one step. */
static int
change(State *state, Locked *set, int what, PyObject *operand)
{
    PyObject *self = (PyObject *)set, *done = NULL;
    Locked *other = as_locked(state, operand);
    int quiet = 1;
    if (what != INTERSECT && other == NULL) {
        quiet = all_silent(operand);
    }
    if (acquire_both(set, other) < 0) {
        return -1;
    }
    if (other != NULL) {
        quiet = other->quiet;
    }
    begin(set);
    if (what == INTERSECT) {
        done = PySet_Type.tp_as_number->nb_inplace_and(self, operand);
    }
    else if (!set->quiet || !quiet) {
        if (what != SHRINK) {
            set->quiet = 0;
        }
        done = run_commit(state, what, self, operand);
    }
    else if (what == GROW) {
        done = PySet_Type.tp_as_number->nb_inplace_or(self, operand);
    }
    else if (what == SHRINK) {
        done = PySet_Type.tp_as_number->nb_inplace_subtract(self, operand);
    }
    else if (what == TOGGLE) {
#ifdef TWIN_GROWING
        done = PySet_Type.tp_as_number->nb_inplace_or(self, operand);
#else
        done = PySet_Type.tp_as_number->nb_inplace_xor(self, operand);
#endif
    }
    else if (((PySetObject *)self)->used == 0) {
        done = PySet_Type.tp_as_number->nb_inplace_or(self, operand);
    }
    else {
        done = run_commit(state, REPLACE, self, operand);
    }
    end(set);
    release_both(set, other);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

/* The same by any iterable, which is run to its end before the lock is taken. */
static int
change_by(State *state, PyObject *self, int what, PyObject *iterable)
{
    if (PyAnySet_Check(iterable)) {
        return change(state, (Locked *)self, what, iterable);
    }
    PyObject *operand = PySet_New(iterable);
    if (operand == NULL) {
        return -1;
    }
    int result = change(state, (Locked *)self, what, operand);
    Py_DECREF(operand);
    return result;
}

static PyObject *hold_together(State *state, PyObject *function, PyObject *const *arguments, Py_ssize_t count,
                               PyObject *names);

/* The methods of many arguments: each that is no set is run first, then all sets are held together. */
static PyObject *
change_by_all(PyObject *self, PyTypeObject *type, int what, PyObject *const *others, Py_ssize_t count)
{
    State *state = PyType_GetModuleState(type);
    if (count == 1) {
        if (change_by(state, self, what, others[0]) < 0) {
            return NULL;
        }
        Py_RETURN_NONE;
    }
    if (count == 0) {
        Py_RETURN_NONE;
    }
    PyObject *all = PyTuple_New(count + 1);
    if (all == NULL) {
        return NULL;
    }
    PyTuple_SET_ITEM(all, 0, Py_NewRef(self));
    for (Py_ssize_t k = 0; k < count; k++) {
        PyObject *operand = PyAnySet_Check(others[k]) ? Py_NewRef(others[k]) : PySet_New(others[k]);
        if (operand == NULL) {
            Py_DECREF(all);
            return NULL;
        }
        PyTuple_SET_ITEM(all, k + 1, operand);
    }
    PyObject *done = hold_together(state, state->commits[what], &PyTuple_GET_ITEM(all, 0), count + 1, NULL);
    Py_DECREF(all);
    Py_XDECREF(done);
    if (done == NULL) {
        return NULL;
    }
    Py_RETURN_NONE;
}

#define CHANGING_METHOD(name, what)                                                                                    \
    static PyObject *locked_##name(PyObject *self, PyTypeObject *type, PyObject *const *others, Py_ssize_t count,     \
                                   PyObject *names)                                                                   \
    {                                                                                                                  \
        if (names != NULL && PyTuple_GET_SIZE(names)) {                                                                \
            PyErr_SetString(PyExc_TypeError, "LockedSet." #name "() takes no keyword arguments");                      \
            return NULL;                                                                                               \
        }                                                                                                              \
        return change_by_all(self, type, what, others, count);                                                         \
    }

CHANGING_METHOD(update, GROW)
CHANGING_METHOD(difference_update, SHRINK)
CHANGING_METHOD(intersection_update, INTERSECT)

static PyObject *
locked_symmetric_difference_update(PyObject *self, PyObject *other)
{
    State *state = state_of(self);
    if (state == NULL || change_by(state, self, TOGGLE, other) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
locked_clear(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    Locked *set = (Locked *)self;
    if (acquire(set) < 0) {
        return NULL;
    }
    begin(set);
    int result = PySet_Clear(self);
    set->quiet |= result == 0 && ((PySetObject *)self)->used == 0;
    end(set);
    release(set);
    if (result < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* Reading all of it */

static PyObject *
locked_elements(PyObject *self)
{
    Locked *set = (Locked *)self;
    if (acquire(set) < 0) {
        return NULL;
    }
    PyObject *list = elements(self);
    release(set);
    return list;
}

static PyObject *
locked_iter(PyObject *self)
{
    PyObject *list = locked_elements(self);
    PyObject *iterator = list == NULL ? NULL : PyObject_GetIter(list);
    Py_XDECREF(list);
    return iterator;
}

static PyObject *
locked_copy(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    Locked *set = (Locked *)self;
    PyObject *copy = new_like(Py_TYPE(self));
    if (copy == NULL || acquire(set) < 0) {
        Py_XDECREF(copy);
        return NULL;
    }
    PyObject *done = PySet_Type.tp_as_number->nb_inplace_or(copy, self);
    ((Locked *)copy)->quiet = set->quiet;
    release(set);
    if (done == NULL) {
        Py_DECREF(copy);
        return NULL;
    }
    Py_DECREF(done);
    return copy;
}

static PyObject *
locked_snapshot(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    Locked *set = (Locked *)self;
    if (acquire(set) < 0) {
        return NULL;
    }
    PyObject *result = PyFrozenSet_New(self);
    release(set);
    return result;
}

/* Operators */

static int
is_view(State *state, PyObject *object)
{
    PyObject *type = (PyObject *)Py_TYPE(object);
    return type == state->views[0] || type == state->views[1];
}

/* Return the operand of an operator, new: a set, a view as a set; NotImplemented for what a set does not operate on. */
static PyObject *
operand_of(State *state, PyObject *other)
{
    if (PyAnySet_Check(other)) {
        return Py_NewRef(other);
    }
    return is_view(state, other) ? PySet_New(other) : Py_NewRef(Py_NotImplemented);
}

typedef enum { OR, AND, SUBTRACT, XOR } Operator;

static binaryfunc
function_of(Operator what)
{
    PyNumberMethods *functions = PySet_Type.tp_as_number;
    return what == OR ? functions->nb_or : what == AND ? functions->nb_and
           : what == SUBTRACT ? functions->nb_subtract : functions->nb_xor;
}

static PyObject *
binary(PyObject *left, PyObject *right, Operator what)
{
    State *state = state_of(left);
    if (state == NULL) {  /* the left one is no LockedSet, so the right one is */
        PyErr_Clear();
        state = state_of(right);
        if (state == NULL) {
            PyErr_Clear();
            Py_RETURN_NOTIMPLEMENTED;
        }
    }
    Locked *set = as_locked(state, left);
    if (set == NULL) {
        Locked *other = as_locked(state, right);
        if (other == NULL || !PyAnySet_Check(left)) {
            Py_RETURN_NOTIMPLEMENTED;
        }
        if (acquire(other) < 0) {
            return NULL;
        }
        PyObject *result = function_of(what)(left, right);
        release(other);
        return result;
    }
    PyObject *operand = operand_of(state, right);
    if (operand == NULL || operand == Py_NotImplemented) {
        return operand;
    }
    Locked *other = as_locked(state, operand);
    if (acquire_both(set, other) < 0) {
        Py_DECREF(operand);
        return NULL;
    }
    int quiet = set->quiet && (what == AND || what == SUBTRACT || (other ? other->quiet : all_silent(operand)));
    PyObject *result = function_of(what)(left, operand);
    release_both(set, other);
    Py_DECREF(operand);
    if (result == NULL) {
        return NULL;
    }
    if (as_locked(state, result)) {
        ((Locked *)result)->quiet = (uint8_t)quiet;
        return result;
    }
    return made_like(Py_TYPE(left), result, quiet);
}

#define BINARY(name, what)                                                                                             \
    static PyObject *locked_##name(PyObject *left, PyObject *right) { return binary(left, right, what); }
BINARY(or, OR)
BINARY(and, AND)
BINARY(subtract, SUBTRACT)
BINARY(xor, XOR)

static PyObject *
in_place(PyObject *self, PyObject *other, int what)
{
    State *state = state_of(self);
    PyObject *operand = state == NULL ? NULL : operand_of(state, other);
    if (operand == NULL || operand == Py_NotImplemented) {
        return operand;
    }
    int result = change(state, (Locked *)self, what, operand);
    Py_DECREF(operand);
    return result < 0 ? NULL : Py_NewRef(self);
}

#define IN_PLACE(name, what)                                                                                           \
    static PyObject *locked_inplace_##name(PyObject *self, PyObject *other) { return in_place(self, other, what); }
IN_PLACE(or, GROW)
IN_PLACE(and, INTERSECT)
IN_PLACE(subtract, SHRINK)
IN_PLACE(xor, TOGGLE)

static PyObject *
locked_richcompare(PyObject *self, PyObject *other, int what)
{
    Locked *both = NULL;
    if (PySet_Check(other) && !PySet_CheckExact(other)) {
        State *state = state_of(self);
        if (state == NULL) {
            return NULL;
        }
        both = as_locked(state, other);
    }
    if (acquire_both((Locked *)self, both) < 0) {
        return NULL;
    }
    PyObject *result = PySet_Type.tp_richcompare(self, other, what);
    release_both((Locked *)self, both);
    return result;
}

/* Making and unmaking */

static PyObject *
locked_new(PyTypeObject *type, PyObject *Py_UNUSED(arguments), PyObject *Py_UNUSED(names))
{
    return new_like(type);
}

static int
locked_init(PyObject *self, PyObject *arguments, PyObject *names)
{
    PyObject *iterable = NULL;
    if (names != NULL && PyDict_GET_SIZE(names)) {
        PyErr_Format(PyExc_TypeError, "%s() takes no keyword arguments", Py_TYPE(self)->tp_name);
        return -1;
    }
    if (!PyArg_UnpackTuple(arguments, Py_TYPE(self)->tp_name, 0, 1, &iterable)) {
        return -1;
    }
    if (iterable == NULL && PySet_GET_SIZE(self) == 0) {
        return 0;
    }
    State *state = state_of(self);
    if (state == NULL) {
        return -1;
    }
    if (iterable != NULL) {
        return change_by(state, self, REPLACE, iterable);
    }
    PyObject *nothing = PySet_New(NULL);
    int result = nothing == NULL ? -1 : change(state, (Locked *)self, REPLACE, nothing);
    Py_XDECREF(nothing);
    return result;
}

/* Calling the class itself: what `__new__` and `__init__` do, without a tuple of arguments. */
static PyObject *
locked_vectorcall(PyObject *type, PyObject *const *arguments, size_t flags, PyObject *names)
{
    Py_ssize_t count = PyVectorcall_NARGS(flags);
    if (count > 1 || (names != NULL && PyTuple_GET_SIZE(names))) {
        PyObject *all = PyTuple_New(count);
        for (Py_ssize_t k = 0; all && k < count; k++) {
            PyTuple_SET_ITEM(all, k, Py_NewRef(arguments[k]));
        }
        PyObject *named = names == NULL ? NULL : PyDict_New();
        for (Py_ssize_t k = 0; named && k < PyTuple_GET_SIZE(names); k++) {
            if (PyDict_SetItem(named, PyTuple_GET_ITEM(names, k), arguments[count + k]) < 0) {
                Py_CLEAR(named);
            }
        }
        PyObject *made = all == NULL || (names != NULL && named == NULL) ? NULL : PyType_Type.tp_call(type, all, named);
        Py_XDECREF(all);
        Py_XDECREF(named);
        return made;
    }
    PyObject *made = new_like((PyTypeObject *)type);
    if (made == NULL || count == 0) {
        return made;
    }
    State *state = state_of(made);
    if (state == NULL || change_by(state, made, REPLACE, arguments[0]) < 0) {
        Py_CLEAR(made);
    }
    return made;
}

static int
locked_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return PySet_Type.tp_traverse(self, visit, arg);
}

static void
locked_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PySet_Type.tp_dealloc(self);
    Py_DECREF(type);
}

/* locked(): several sets for a compound step */

typedef struct {
    PyObject_VAR_HEAD
    uint64_t thread;
    int entered;     /* 0: not yet; 1: now; 2: it was */
    Locked *sets[1]; /* in the order of their addresses */
} Hold;

static int
by_address(const void *one, const void *other)
{
    uintptr_t a = (uintptr_t)*(Locked *const *)one, b = (uintptr_t)*(Locked *const *)other;
    return a < b ? -1 : a > b;
}

/* Sort the sets, leave out those that come twice, and return how many are left. */
static Py_ssize_t
in_order(Locked **sets, Py_ssize_t count)
{
    qsort(sets, (size_t)count, sizeof(*sets), by_address);
    Py_ssize_t kept = 0;
    for (Py_ssize_t k = 0; k < count; k++) {
        if (kept == 0 || sets[kept - 1] != sets[k]) {
            sets[kept++] = sets[k];
        }
    }
    return kept;
}

static int
acquire_all(Locked **sets, Py_ssize_t count)
{
    for (Py_ssize_t k = 0; k < count; k++) {
        if (acquire(sets[k]) < 0) {
            while (k-- > 0) {
                end(sets[k]);
                release(sets[k]);
            }
            return -1;
        }
        begin(sets[k]);
    }
    return 0;
}

static void
release_all(Locked **sets, Py_ssize_t count)
{
    while (count-- > 0) {
        end(sets[count]);
        release(sets[count]);
    }
}

static PyObject *
locked_function(PyObject *self, PyObject *const *sets, Py_ssize_t count)
{
    State *state = PyModule_GetState(self);
    for (Py_ssize_t k = 0; k < count; k++) {
        if (as_locked(state, sets[k]) == NULL) {
            return PyErr_Format(PyExc_TypeError,
                                "locked() holds LockedSets, and this is a %s: another thread could change it all the "
                                "same. Make it a LockedSet, or leave it out.",
                                Py_TYPE(sets[k])->tp_name);
        }
    }
    Hold *hold = PyObject_GC_NewVar(Hold, state->hold, count);
    if (hold == NULL) {
        return NULL;
    }
    hold->entered = 0;
    hold->thread = 0;
    for (Py_ssize_t k = 0; k < count; k++) {
        hold->sets[k] = (Locked *)sets[k];
    }
    Py_ssize_t kept = in_order(hold->sets, count);
    Py_SET_SIZE(hold, kept);
    for (Py_ssize_t k = 0; k < kept; k++) {
        Py_INCREF((PyObject *)hold->sets[k]);
    }
    PyObject_GC_Track((PyObject *)hold);
    return (PyObject *)hold;
}

static PyObject *
hold_enter(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    Hold *hold = (Hold *)self;
    if (hold->entered) {
        return PyErr_Format(PyExc_RuntimeError,
                            "this locked(...) has been entered before, and it is one hold by one thread: write `with "
                            "locked(...)` anew each time");
    }
    hold->entered = 2;
    if (acquire_all(hold->sets, Py_SIZE(hold)) < 0) {
        return NULL;
    }
    hold->thread = me();
    hold->entered = 1;
    Py_RETURN_NONE;
}

static int
hold_leave(Hold *hold)
{
    if (hold->entered != 1) {
        return 0;
    }
    if (hold->thread != me()) {
        PyErr_SetString(PyExc_RuntimeError, "a hold by locked(...) ends in the thread in which it has begun");
        return -1;
    }
    hold->entered = 2;
#ifndef TWIN_KEPT
    release_all(hold->sets, Py_SIZE(hold));
#endif
    return 0;
}

static PyObject *
hold_exit(PyObject *self, PyObject *const *Py_UNUSED(arguments), Py_ssize_t Py_UNUSED(count))
{
    if (hold_leave((Hold *)self) < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static int
hold_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    for (Py_ssize_t k = 0; k < Py_SIZE(self); k++) {
        Py_VISIT((PyObject *)((Hold *)self)->sets[k]);
    }
    return 0;
}

/* A handler of a signal may raise after `__enter__` and before the statement knows of it (gh-148874); then the hold
   ends here, with the last reference to it. */
static void
hold_dealloc(PyObject *self)
{
    Hold *hold = (Hold *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (hold->entered == 1) {
        PyObject *error = PyErr_GetRaisedException();
        if (hold_leave(hold) < 0) {
            PyErr_WriteUnraisable(NULL);
        }
        PyErr_SetRaisedException(error);
    }
    for (Py_ssize_t k = 0; k < Py_SIZE(self); k++) {
        Py_DECREF((PyObject *)hold->sets[k]);
    }
    type->tp_free(self);
    Py_DECREF(type);
}

static PyMethodDef hold_methods[] = {
    {"__enter__", hold_enter, METH_NOARGS, NULL},
    {"__exit__", (PyCFunction)(void (*)(void))hold_exit, METH_FASTCALL, NULL},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot hold_slots[] = {
    {Py_tp_dealloc, hold_dealloc},
    {Py_tp_traverse, hold_traverse},
    {Py_tp_methods, hold_methods},
    {0, NULL},
};

static PyType_Spec hold_spec = {
    .name = "locked_core.Hold",
    .basicsize = offsetof(Hold, sets),
    .itemsize = sizeof(Locked *),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = hold_slots,
};

/* For what is written in Python */

/* Call function(target, ...) while the target, and each argument that has a lock, is held. */
static PyObject *
hold_together(State *state, PyObject *function, PyObject *const *arguments, Py_ssize_t count, PyObject *names)
{
    Locked *few[8], **sets = few;
    Py_ssize_t total = count + (names ? PyTuple_GET_SIZE(names) : 0), found = 0;
    if (total > 8) {
        sets = PyMem_New(Locked *, (size_t)total);
        if (sets == NULL) {
            return PyErr_NoMemory();
        }
    }
    for (Py_ssize_t k = 0; k < count; k++) {
        Locked *set = as_locked(state, arguments[k]);
        if (set != NULL) {
            sets[found++] = set;
        }
    }
    found = in_order(sets, found);
    PyObject *result = NULL;
    if (acquire_all(sets, found) == 0) {
        Locked *target = as_locked(state, arguments[0]);
        if (target != NULL) {
            target->quiet = 0;  /* what a function does is not seen from here */
        }
        result = PyObject_Vectorcall(function, arguments, (size_t)count, names);
        if (target != NULL) {
            target->quiet = (uint8_t)all_silent((PyObject *)target);
        }
        release_all(sets, found);
    }
    if (sets != few) {
        PyMem_Free(sets);
    }
    return result;
}

static PyObject *
core_held(PyObject *self, PyObject *set)
{
    Locked *locked = as_locked(PyModule_GetState(self), set);
    return PyBool_FromLong(locked != NULL && atomic_load(&locked->owner) == me());
}

static PyObject *
core_taken(PyObject *self, PyObject *set)
{
    Locked *locked = as_locked(PyModule_GetState(self), set);
    return PyBool_FromLong(locked != NULL && atomic_load(&locked->owner) != 0);
}

static PyObject *
core_waiting(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    State *state = PyModule_GetState(self);
    long count = 0;
    PyMutex_Lock(&state->waiting);
    for (Waiter *each = state->waiters; each; each = each->next) {
        count++;
    }
    PyMutex_Unlock(&state->waiting);
    return PyLong_FromLong(count);
}

static PyObject *
core_before_fork(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyMutex_Lock(&((State *)PyModule_GetState(self))->waiting);
    Py_RETURN_NONE;
}

static PyObject *
core_after_fork_in_parent(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    PyMutex_Unlock(&((State *)PyModule_GetState(self))->waiting);
    Py_RETURN_NONE;
}

/* The child has one thread. Those that waited are gone, and what others held is theirs no more. */
static PyObject *
core_after_fork_in_child(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    State *state = PyModule_GetState(self);
    state->waiters = NULL;
#ifdef TWIN_STALE
    PyMutex_Unlock(&state->waiting);
    Py_RETURN_NONE;
#endif
    atomic_store(&survivor, me());
    atomic_fetch_add(&era, 1ULL << 48);
    PyMutex_Unlock(&state->waiting);
    Py_RETURN_NONE;
}

static PyMethodDef locked_methods[] = {
    {"add", locked_add, METH_O, "add($self, element, /)\n--\n\n"},
    {"discard", locked_discard, METH_O, "discard($self, element, /)\n--\n\n"},
    {"remove", locked_remove, METH_O, "remove($self, element, /)\n--\n\n"},
    {"__contains__", locked_contains_method, METH_O | METH_COEXIST, "__contains__($self, element, /)\n--\n\n"},
    {"pop", (PyCFunction)(void (*)(void))locked_pop, METH_FASTCALL, "pop($self, default=<unrepresentable>, /)\n--\n\n"},
    {"try_add", locked_try_add, METH_O, "try_add($self, element, /)\n--\n\n"},
    {"try_remove", locked_try_remove, METH_O, "try_remove($self, element, /)\n--\n\n"},
    {"update", (PyCFunction)(void (*)(void))locked_update, METH_METHOD | METH_FASTCALL | METH_KEYWORDS, "update($self, *others)\n--\n\n"},
    {"difference_update", (PyCFunction)(void (*)(void))locked_difference_update,
     METH_METHOD | METH_FASTCALL | METH_KEYWORDS, "difference_update($self, *others)\n--\n\n"},
    {"intersection_update", (PyCFunction)(void (*)(void))locked_intersection_update,
     METH_METHOD | METH_FASTCALL | METH_KEYWORDS, "intersection_update($self, *others)\n--\n\n"},
    {"symmetric_difference_update", locked_symmetric_difference_update, METH_O, "symmetric_difference_update($self, other, /)\n--\n\n"},
    {"clear", locked_clear, METH_NOARGS, "clear($self, /)\n--\n\n"},
    {"copy", locked_copy, METH_NOARGS, "copy($self, /)\n--\n\n"},
    {"snapshot", locked_snapshot, METH_NOARGS, "snapshot($self, /)\n--\n\n"},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot locked_slots[] = {
    {Py_tp_new, locked_new},
    {Py_tp_init, locked_init},
    {Py_tp_dealloc, locked_dealloc},
    {Py_tp_traverse, locked_traverse},
    {Py_tp_methods, locked_methods},
    {Py_tp_iter, locked_iter},
    {Py_tp_richcompare, locked_richcompare},
    {Py_tp_hash, PyObject_HashNotImplemented},
    {Py_sq_length, locked_len},
    {Py_sq_contains, locked_contains},
    {Py_nb_or, locked_or},
    {Py_nb_and, locked_and},
    {Py_nb_subtract, locked_subtract},
    {Py_nb_xor, locked_xor},
    {Py_nb_inplace_or, locked_inplace_or},
    {Py_nb_inplace_and, locked_inplace_and},
    {Py_nb_inplace_subtract, locked_inplace_subtract},
    {Py_nb_inplace_xor, locked_inplace_xor},
    {0, NULL},
};

static PyType_Spec locked_spec = {
    .name = "locked_core.LockedSet",
    .basicsize = sizeof(Locked),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = locked_slots,
};

static PyMethodDef functions[] = {
    {"locked", (PyCFunction)(void (*)(void))locked_function, METH_FASTCALL, "locked($module, /, *sets)\n--\n\n"},
    {"held", core_held, METH_O, "held($module, set, /)\n--\n\nTell whether this thread holds a set."},
    {"taken", core_taken, METH_O, "taken($module, set, /)\n--\n\nTell whether any thread holds a set."},
    {"waiting", core_waiting, METH_NOARGS, "waiting($module, /)\n--\n\nReturn how many threads wait for a set."},
    {"before_fork", core_before_fork, METH_NOARGS, NULL},
    {"after_fork_in_parent", core_after_fork_in_parent, METH_NOARGS, NULL},
    {"after_fork_in_child", core_after_fork_in_child, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static int
own_function(const char *name, PyCFunction *function)
{
    PyObject *method = PyObject_GetAttrString((PyObject *)&PySet_Type, name);
    if (method == NULL) {
        return -1;
    }
    PyMethodDef *definition = Py_IS_TYPE(method, &PyMethodDescr_Type) ? ((PyMethodDescrObject *)method)->d_method : NULL;
    int kind = definition == NULL ? 0 : definition->ml_flags & (METH_O | METH_NOARGS);
    if (kind) {
        *function = definition->ml_meth;
    }
    Py_DECREF(method);
    if (!kind) {
        PyErr_Format(PyExc_ImportError, "set.%s is not the function that this trial was written for", name);
    }
    return kind ? 0 : -1;
}

static int
module_exec(PyObject *self)
{
    State *state = PyModule_GetState(self);
    PyObject *commit = PyImport_ImportModule("lockedset._commit");
    if (commit == NULL) {
        return -1;
    }
    for (int k = 0; k <= REPLACE; k++) {
        state->commits[k] = PyObject_GetAttrString(commit, commit_names[k]);
        if (state->commits[k] == NULL) {
            Py_DECREF(commit);
            return -1;
        }
    }
    Py_DECREF(commit);
    PyObject *locking = PyImport_ImportModule("lockedset._locking");
    state->deadlock = locking == NULL ? NULL : PyObject_GetAttrString(locking, "_deadlock");
    Py_XDECREF(locking);
    if (own_function("add", &own_add) < 0 || own_function("discard", &own_discard) < 0 ||
        own_function("remove", &own_remove) < 0 || own_function("pop", &own_pop) < 0) {
        return -1;
    }
    state->views[0] = Py_NewRef((PyObject *)&PyDictKeys_Type);
    state->views[1] = Py_NewRef((PyObject *)&PyDictItems_Type);
    if (state->deadlock == NULL) {
        return -1;
    }
    state->type = (PyTypeObject *)PyType_FromModuleAndSpec(self, &locked_spec, (PyObject *)&PySet_Type);
    state->hold = (PyTypeObject *)PyType_FromModuleAndSpec(self, &hold_spec, NULL);
    if (state->type == NULL || state->hold == NULL) {
        return -1;
    }
    state->type->tp_vectorcall = locked_vectorcall;
    return PyModule_AddType(self, state->type);
}

static int
module_traverse(PyObject *self, visitproc visit, void *arg)
{
    State *state = PyModule_GetState(self);
    Py_VISIT(state->type);
    Py_VISIT(state->hold);
    Py_VISIT(state->deadlock);
    for (int k = 0; k <= REPLACE; k++) {
        Py_VISIT(state->commits[k]);
    }
    return 0;
}

static int
module_clear(PyObject *self)
{
    State *state = PyModule_GetState(self);
    Py_CLEAR(state->type);
    Py_CLEAR(state->hold);
    Py_CLEAR(state->deadlock);
    for (int k = 0; k <= REPLACE; k++) {
        Py_CLEAR(state->commits[k]);
    }
    return 0;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, NULL},
};

static struct PyModuleDef module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "locked_core",
    .m_doc = "A trial of a compiled LockedSet.",
    .m_size = sizeof(State),
    .m_methods = functions,
    .m_slots = module_slots,
    .m_traverse = module_traverse,
    .m_clear = module_clear,
};

PyMODINIT_FUNC
PyInit_locked_core(void)
{
    return PyModuleDef_Init(&module);
}
