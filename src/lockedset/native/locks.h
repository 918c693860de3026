/* The lock of a set: taking and releasing it, waiting for it, the search for deadlocks, and fork.

The lock is one word in the set: the number of the thread that holds it, and a bit that says that somebody waits. To
take a free lock, and to release a lock for which nobody waits, is one compare-and-swap. A C function releases what it
took before it returns, so no signal handler comes between: handlers run in the interpreter's loop.
Rejected: PyMutex. It knows no owner, which re-entry and the search for deadlocks need, and no signal ends a wait for
it.

Every wait is known. A thread that finds the lock taken enters its wait under a mutex of the module and follows the
chain "set -> thread that holds it -> set that this thread waits for". A thread that has entered cannot go on without
the mutex, so a chain that returns to its start is a cycle. Of the threads that close a cycle, the last one to enter
sees all others, so no cycle is missed.

A released lock is free, and the thread that comes first takes it. A thread that has waited for `PATIENCE` gets the lock
handed over instead. This is the policy of PyMutex and of its model, the lock of WebKit (Pizlo: Locking in WebKit,
2016).

A number that is never used again stands for a thread. Its upper bits count forks, so a forked child sees which locks
belong to threads that it does not have.
*/

#ifdef _MSC_VER
#define THREAD_LOCAL __declspec(thread)
#elif defined(__GLIBC__)
#define THREAD_LOCAL __attribute__((tls_model("initial-exec"))) _Thread_local /* one load instead of a call */
#else
#define THREAD_LOCAL _Thread_local
#endif

#define FREE 0ULL
#define WAITED 1ULL        /* the bit that says that somebody waits */
#define ERA_SHIFT 48       /* where the count of forks begins in the number of a thread */
#define PATIENCE 1000000   /* nanoseconds */
#define LONGEST_CHAIN 1000 /* threads in a cycle; a longer cycle is not found */

#ifdef Py_GIL_DISABLED
#define SPINS 40
#else
#define SPINS 0 /* the thread that holds the lock cannot go on while this one has the GIL */
#endif

typedef struct {
    PySetObject set;
    _Atomic(uint64_t) lock;    /* FREE, or the number of the thread that holds it, and perhaps WAITED */
    _Atomic(uint32_t) version; /* odd while a change of many elements, or a hold, is under way */
    uint32_t depth;            /* how many times more than once the thread that holds the lock has taken it */
    uint16_t changes;          /* the changes of many elements and the holds that are under way, one inside the other */
    uint8_t comparisons;       /* where comparisons of the elements run: see contents.h */
} LockedSet;

typedef struct Waiter {
    struct Waiter *next;
    LockedSet *set;
    uint64_t thread;
    unsigned long ident; /* what threading calls the thread */
    PyTime_t since;
    PyThread_type_lock parked; /* the thread sleeps on this */
    int woken, granted;        /* granted: the lock was handed over */
} Waiter;

enum { GROW, SHRINK, INTERSECT, TOGGLE, REPLACE, ADD_NEW, COMMITS };

typedef struct {
    PyTypeObject *type;          /* LockedSet */
    PyTypeObject *hold;          /* what locked() returns */
    PyMutex waiting;             /* guards `waiters` */
    Waiter *waiters;             /* the newest first */
    PyObject *commits[COMMITS];  /* functions of lockedset._commit, by the enumeration above */
    PyObject *deadlock;          /* makes a DeadlockError of a list of (ident, set) */
    PyObject *update, *subtract; /* set.update and set.difference_update */
} State;

static struct PyModuleDef core_module;

static State *
state_of(PyObject *set)
{
    PyObject *module = PyType_GetModuleByDef(Py_TYPE(set), &core_module);
    return module == NULL ? NULL : PyModule_GetState(module);
}

/* Threads. These are facts of the process, which all its interpreters share. */

static THREAD_LOCAL uint64_t my_number;
static _Atomic(uint64_t) last_number;
static _Atomic(uint64_t) era;      /* the count of forks, shifted */
static _Atomic(uint64_t) survivor; /* the thread that made the last fork */

static uint64_t
number_this_thread(void)
{
    my_number = atomic_load(&era) + ((atomic_fetch_add(&last_number, 1) + 1) << 1);
    return my_number;
}

static inline uint64_t
this_thread(void)
{
    uint64_t number = my_number;
    return number ? number : number_this_thread();
}

static int
lives(uint64_t thread)
{
    return thread >> ERA_SHIFT == atomic_load(&era) >> ERA_SHIFT || thread == atomic_load(&survivor);
}

static inline uint64_t
holder_of(LockedSet *set)
{
    return atomic_load_explicit(&set->lock, memory_order_relaxed) & ~WAITED;
}

/* Taking and releasing */

/* Change the word if it is what was expected. With a GIL, the thread that looks has it, so two plain steps are one. */
static inline int
swap(LockedSet *set, uint64_t expected, uint64_t wanted, memory_order order)
{
#ifdef Py_GIL_DISABLED
    return atomic_compare_exchange_strong_explicit(&set->lock, &expected, wanted, order, memory_order_relaxed);
#else
    (void)order;
    if (atomic_load_explicit(&set->lock, memory_order_relaxed) != expected) {
        return 0;
    }
    atomic_store_explicit(&set->lock, wanted, memory_order_relaxed);
    return 1;
#endif
}

static int acquire_slowly(LockedSet *set, uint64_t thread);
static void release_slowly(LockedSet *set);

/* Take the lock, or take it once more. Return -1 with an exception if the wait would never end (DeadlockError), or if a
   signal handler raised during it. */
static inline int
acquire(LockedSet *set)
{
    uint64_t thread = this_thread();
    if (swap(set, FREE, thread, memory_order_acquire)) {
        return 0;
    }
    if (holder_of(set) == thread) {
        set->depth++;
        return 0;
    }
    return acquire_slowly(set, thread);
}

static inline void
release(LockedSet *set)
{
    if (set->depth) {
        set->depth--;
        return;
    }
    if (!swap(set, my_number, FREE, memory_order_release)) {
        release_slowly(set);
    }
}

/* Waiting. The mutex `waiting` is held in the functions that take a State. */

static PyTime_t
now(void)
{
    PyTime_t time = 0;
    (void)PyTime_MonotonicRaw(&time);
    return time;
}

/* Return the thread that has waited longest for the set, other than `except`. */
static Waiter *
longest_waiter(State *state, LockedSet *set, Waiter *except)
{
    Waiter *oldest = NULL;
    for (Waiter *each = state->waiters; each; each = each->next) {
        if (each->set == set && each != except) {
            oldest = each;
        }
    }
    return oldest;
}

static uint64_t
word_for(State *state, Waiter *waiter)
{
    return waiter->thread | (longest_waiter(state, waiter->set, waiter) ? WAITED : 0);
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
wake(Waiter *waiter)
{
    if (waiter != NULL && !waiter->woken) {
        waiter->woken = 1;
        PyThread_release_lock(waiter->parked);
    }
}

static void
release_slowly(LockedSet *set)
{
    State *state = state_of((PyObject *)set);
    PyMutex_Lock(&state->waiting);
    Waiter *waiter = longest_waiter(state, set, NULL);
    if (waiter != NULL && now() - waiter->since > PATIENCE) {
        waiter->granted = 1;
        forget(state, waiter);
        atomic_store_explicit(&set->lock, word_for(state, waiter), memory_order_release);
    }
    else {
        atomic_store_explicit(&set->lock, FREE, memory_order_release);
    }
    wake(waiter);
    PyMutex_Unlock(&state->waiting);
}

/* Take the lock for a thread that has entered its wait, or note in the word that somebody waits. */
static int
take_or_mark(State *state, Waiter *mine)
{
    LockedSet *set = mine->set;
    for (;;) {
        uint64_t seen = atomic_load_explicit(&set->lock, memory_order_relaxed);
        if (seen == FREE) {
            if (swap(set, FREE, word_for(state, mine), memory_order_acquire)) {
                return 1;
            }
        }
        else if (!lives(seen & ~WAITED)) { /* a fork left the thread behind, perhaps in the middle of a change */
            set->depth = set->changes = 0;
            atomic_fetch_add(&set->version, atomic_load(&set->version) & 1);
            atomic_store_explicit(&set->lock, word_for(state, mine), memory_order_release);
            return 1;
        }
        else if ((seen & WAITED) || swap(set, seen, seen | WAITED, memory_order_relaxed)) {
            return 0;
        }
    }
}

/* Return the length of the cycle that this wait closes, 0 for none, and its waits in `links`. */
static int
find_cycle(State *state, Waiter *mine, Waiter **links)
{
    Waiter *last = mine;
    for (int length = 1; length < LONGEST_CHAIN; length++) {
        links[length - 1] = last;
        uint64_t holder = holder_of(last->set);
        if (holder == mine->thread) {
            return length;
        }
        Waiter *next = state->waiters; /* the newest wait of a thread is the one that it is in */
        while (next && next->thread != holder) {
            next = next->next;
        }
        if (next == NULL) {
            return 0;
        }
        last = next;
    }
    return 0;
}

static PyObject *
list_of_cycle(Waiter **links, int length)
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
    PyObject *error = PyObject_CallOneArg(state->deadlock, cycle);
    if (error != NULL) {
        PyErr_SetObject((PyObject *)Py_TYPE(error), error);
        Py_DECREF(error);
    }
}

/* Wait with `waiting` held, which is released in between. Return 0 with the lock; 1 if a cycle was found, which
   `cycle` then has, NULL without memory; -1 if a signal handler raised. */
static int
wait_for_lock(State *state, Waiter *mine, PyObject **cycle)
{
    int raised = 0;
    for (;;) {
        if (mine->granted) {
            if (!raised) {
                return 0;
            }
            PyMutex_Unlock(&state->waiting);
            release(mine->set);
            PyMutex_Lock(&state->waiting);
            return -1;
        }
        if (raised) {
            forget(state, mine);
            if (mine->woken && atomic_load(&mine->set->lock) == FREE) {
                /* Pass on the wake-up, which was for a waiter. */
                wake(longest_waiter(state, mine->set, NULL));
            }
            return -1;
        }
        mine->woken = 0;
        if (take_or_mark(state, mine)) {
            forget(state, mine);
            return 0;
        }
        Waiter *links[LONGEST_CHAIN];
        int length = find_cycle(state, mine, links);
        if (length) {
            *cycle = list_of_cycle(links, length);
            forget(state, mine);
            return 1;
        }
        PyMutex_Unlock(&state->waiting);
        PyLockStatus status;
        Py_BEGIN_ALLOW_THREADS
        status = PyThread_acquire_lock_timed(mine->parked, -1, 1);
        Py_END_ALLOW_THREADS
        if (status == PY_LOCK_INTR) {
            raised = PyErr_CheckSignals() < 0;
        }
        PyMutex_Lock(&state->waiting);
    }
}

static int
acquire_slowly(LockedSet *set, uint64_t thread)
{
    for (int spin = 0; spin < SPINS; spin++) {
        if (holder_of(set) == FREE && swap(set, FREE, thread, memory_order_acquire)) {
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
    PyObject *cycle = NULL;
    PyMutex_Lock(&state->waiting);
    mine.next = state->waiters;
    state->waiters = &mine;
    int result = wait_for_lock(state, &mine, &cycle);
    PyMutex_Unlock(&state->waiting);
    PyThread_free_lock(mine.parked);
    if (cycle != NULL) {
        raise_deadlock(state, cycle);
        Py_DECREF(cycle);
    }
    return result ? -1 : 0;
}

/* A change of many elements, or a hold. The lock is held. */

static inline void
begin_change(LockedSet *set)
{
    if (set->changes++ == 0) {
        uint32_t version = atomic_load_explicit(&set->version, memory_order_relaxed);
        atomic_store_explicit(&set->version, version + 1, memory_order_relaxed);
        atomic_thread_fence(memory_order_release);
    }
}

static inline void
end_change(LockedSet *set)
{
    if (--set->changes == 0) {
        uint32_t version = atomic_load_explicit(&set->version, memory_order_relaxed);
        atomic_store_explicit(&set->version, version + 1, memory_order_release);
    }
}

/* Several sets. Their locks are taken in the order of their addresses, in every thread. */

static inline LockedSet *
as_locked(State *state, PyObject *object)
{
    if (PySet_CheckExact(object) || !PyObject_TypeCheck(object, state->type)) {
        return NULL;
    }
    return (LockedSet *)object;
}

/* Take both locks; `other` may be NULL, or `set` itself. */
static int
acquire_both(LockedSet *set, LockedSet *other)
{
    if (other == NULL || other == set) {
        return acquire(set);
    }
    LockedSet *first = set < other ? set : other, *second = set < other ? other : set;
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
release_both(LockedSet *set, LockedSet *other)
{
    if (other != NULL && other != set) {
        release(other);
    }
    release(set);
}

static int
compare_addresses(const void *one, const void *other)
{
    uintptr_t a = (uintptr_t)*(LockedSet *const *)one, b = (uintptr_t)*(LockedSet *const *)other;
    return a < b ? -1 : a > b;
}

/* Sort the sets, remove repetitions, and return how many are left. */
static Py_ssize_t
in_order(LockedSet **sets, Py_ssize_t count)
{
    qsort(sets, (size_t)count, sizeof(*sets), compare_addresses);
    Py_ssize_t kept = 0;
    for (Py_ssize_t k = 0; k < count; k++) {
        if (kept == 0 || sets[kept - 1] != sets[k]) {
            sets[kept++] = sets[k];
        }
    }
    return kept;
}

static void
release_all(LockedSet **sets, Py_ssize_t count)
{
    while (count-- > 0) {
        end_change(sets[count]);
        release(sets[count]);
    }
}

static int
acquire_all(LockedSet **sets, Py_ssize_t count)
{
    for (Py_ssize_t k = 0; k < count; k++) {
        if (acquire(sets[k]) < 0) {
            release_all(sets, k);
            return -1;
        }
        begin_change(sets[k]);
    }
    return 0;
}

/* Fork. The functions are registered with os.register_at_fork. */

static PyObject *
core_before_fork(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    PyMutex_Lock(&((State *)PyModule_GetState(module))->waiting);
    Py_RETURN_NONE;
}

static PyObject *
core_after_fork_in_parent(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    PyMutex_Unlock(&((State *)PyModule_GetState(module))->waiting);
    Py_RETURN_NONE;
}

static PyObject *
core_after_fork_in_child(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    State *state = PyModule_GetState(module);
    state->waiters = NULL;
    atomic_store(&survivor, this_thread());
    atomic_fetch_add(&era, 1ULL << ERA_SHIFT);
    PyMutex_Unlock(&state->waiting);
    Py_RETURN_NONE;
}

/* For tests: who holds, and who waits? */

static PyObject *
core_is_held(PyObject *module, PyObject *set)
{
    LockedSet *locked = as_locked(PyModule_GetState(module), set);
    return PyBool_FromLong(locked != NULL && holder_of(locked) == this_thread());
}

static PyObject *
core_is_taken(PyObject *module, PyObject *set)
{
    LockedSet *locked = as_locked(PyModule_GetState(module), set);
    return PyBool_FromLong(locked != NULL && holder_of(locked) != FREE);
}

static PyObject *
core_waiting(PyObject *module, PyObject *Py_UNUSED(ignored))
{
    State *state = PyModule_GetState(module);
    long count = 0;
    PyMutex_Lock(&state->waiting);
    for (Waiter *each = state->waiters; each; each = each->next) {
        count++;
    }
    PyMutex_Unlock(&state->waiting);
    return PyLong_FromLong(count);
}
