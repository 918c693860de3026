/* locked(): several sets held for a compound step; and the same for functions in Python. */

typedef struct {
    PyObject_VAR_HEAD
    uint64_t thread; /* the one that entered */
    enum { UNUSED, ENTERED, LEFT } stage;
    LockedSet *sets[1]; /* in the order of their addresses */
} Hold;

static PyObject *
core_locked(PyObject *module, PyObject *const *sets, Py_ssize_t count)
{
    State *state = PyModule_GetState(module);
    for (Py_ssize_t k = 0; k < count; k++) {
        if (as_locked(state, sets[k]) == NULL) {
            PyObject *name = PyType_GetName(Py_TYPE(sets[k]));
            if (name != NULL) {
                PyErr_Format(PyExc_TypeError,
                             "locked() holds LockedSets, and this is a %U, which other threads could change inside the "
                             "block. Make it a LockedSet, or leave it out.",
                             name);
                Py_DECREF(name);
            }
            return NULL;
        }
    }
    Hold *hold = PyObject_GC_NewVar(Hold, state->hold, count);
    if (hold == NULL) {
        return NULL;
    }
    hold->stage = UNUSED;
    hold->thread = 0;
    for (Py_ssize_t k = 0; k < count; k++) {
        hold->sets[k] = (LockedSet *)sets[k];
    }
    Py_SET_SIZE(hold, in_order(hold->sets, count));
    for (Py_ssize_t k = 0; k < Py_SIZE(hold); k++) {
        Py_INCREF((PyObject *)hold->sets[k]);
    }
    PyObject_GC_Track((PyObject *)hold);
    return (PyObject *)hold;
}

static PyObject *
hold_enter(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    Hold *hold = (Hold *)self;
    if (hold->stage != UNUSED) {
        return PyErr_Format(PyExc_RuntimeError,
                            "this locked(...) has been entered before, and serves one `with` statement: write `with "
                            "locked(...)` anew each time");
    }
    hold->stage = LEFT;
    if (acquire_all(hold->sets, Py_SIZE(hold)) < 0) {
        return NULL;
    }
    hold->thread = this_thread();
    hold->stage = ENTERED;
    Py_RETURN_NONE;
}

static int
leave(Hold *hold)
{
    if (hold->stage != ENTERED) {
        return 0;
    }
    if (hold->thread != this_thread()) {
        PyErr_SetString(PyExc_RuntimeError, "the thread that entered locked(...) has to leave it");
        return -1;
    }
    hold->stage = LEFT;
    release_all(hold->sets, Py_SIZE(hold));
    return 0;
}

static PyObject *
hold_exit(PyObject *self, PyObject *const *Py_UNUSED(arguments), Py_ssize_t Py_UNUSED(count))
{
    if (leave((Hold *)self) < 0) {
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

/* On CPython 3.14 a signal handler can raise after `__enter__`, before the statement knows of it (gh-148874). Then no
   `__exit__` is called, and the hold ends here, with the last reference to it. */
static void
hold_dealloc(PyObject *self)
{
    Hold *hold = (Hold *)self;
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    if (hold->stage == ENTERED) {
        PyObject *raised = PyErr_GetRaisedException();
        if (leave(hold) < 0) {
            PyErr_WriteUnraisable(NULL);
        }
        PyErr_SetRaisedException(raised);
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
    .name = "lockedset._core.Hold",
    .basicsize = offsetof(Hold, sets),
    .itemsize = sizeof(LockedSet *),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = hold_slots,
};

#define FEW 8

/* Call function(*arguments) while the first argument, and each other one that has a lock, is held. */
static PyObject *
call_held(State *state, PyObject *function, PyObject *const *arguments, Py_ssize_t count)
{
    LockedSet *few[FEW], **sets = few;
    if (count > FEW) {
        sets = PyMem_New(LockedSet *, (size_t)count);
        if (sets == NULL) {
            return PyErr_NoMemory();
        }
    }
    Py_ssize_t found = 0;
    for (Py_ssize_t k = 0; k < count; k++) {
        sets[found] = as_locked(state, arguments[k]);
        found += sets[found] != NULL;
    }
    found = in_order(sets, found);
    PyObject *result = NULL;
    if (acquire_all(sets, found) == 0) {
        result = PyObject_Vectorcall(function, arguments, (size_t)count, NULL);
        if (function == state->commits[GROW]) {
            ((LockedSet *)arguments[0])->comparisons = UNKNOWN;
        }
        release_all(sets, found);
    }
    if (sets != few) {
        PyMem_Free(sets);
    }
    return result;
}

static PyObject *
core_with_operands(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    if (count < 2) {
        return PyErr_Format(PyExc_TypeError, "with_operands() needs an operation and a target");
    }
    return call_held(PyModule_GetState(module), arguments[0], arguments + 1, count - 1);
}

static PyObject *
core_made(PyObject *module, PyObject *const *arguments, Py_ssize_t count)
{
    State *state = PyModule_GetState(module);
    if (count != 2 || as_locked(state, arguments[0]) == NULL || !PySet_CheckExact(arguments[1])) {
        return PyErr_Format(PyExc_TypeError, "made() needs a LockedSet and a set");
    }
    return made_of(Py_TYPE(arguments[0]), Py_NewRef(arguments[1]));
}

static PyObject *
core_elements(PyObject *module, PyObject *set)
{
    if (as_locked(PyModule_GetState(module), set) == NULL) {
        return PyErr_Format(PyExc_TypeError, "elements() needs a LockedSet");
    }
    return locked_elements(set);
}
