/* Changes of one element and of many.

A change of many elements is one step for code in C, which reads a set past its lock. Where all comparisons run in C,
one call of set's own C function is that step. Otherwise the functions of `lockedset._commit` prepare the change
aside. */

/* One element */

static PyObject *
locked_add(PyObject *self, PyObject *element)
{
    LockedSet *set = (LockedSet *)self;
    if (acquire(set) < 0) {
        return NULL;
    }
    note_element(set, element);
    int result = PySet_Add(self, element);
    release(set);
    if (result < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

/* Remove an element, and tell whether it was there. As in set's methods, an unhashable element that is a set stands for
   the frozenset that equals it. The lock is held. */
static inline int
remove_element(PyObject *self, PyObject *element)
{
    int found = PySet_Discard(self, element);
    if (found >= 0 || !PySet_Check(element) || !PyErr_ExceptionMatches(PyExc_TypeError)) {
        return found;
    }
    PyErr_Clear();
    PyObject *frozen = PyFrozenSet_New(element);
    found = frozen == NULL ? -1 : PySet_Discard(self, frozen);
    Py_XDECREF(frozen);
    return found;
}

static PyObject *
locked_discard(PyObject *self, PyObject *element)
{
    LockedSet *set = (LockedSet *)self;
    if (acquire(set) < 0) {
        return NULL;
    }
    int found = remove_element(self, element);
    release(set);
    if (found < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}

static PyObject *
locked_try_remove(PyObject *self, PyObject *element)
{
    LockedSet *set = (LockedSet *)self;
    if (acquire(set) < 0) {
        return NULL;
    }
    int found = remove_element(self, element);
    release(set);
    return found < 0 ? NULL : PyBool_FromLong(found);
}

static PyObject *
locked_remove(PyObject *self, PyObject *element)
{
    LockedSet *set = (LockedSet *)self;
    if (acquire(set) < 0) {
        return NULL;
    }
    int found = remove_element(self, element);
    release(set);
    if (found > 0) {
        Py_RETURN_NONE;
    }
    if (found == 0) {
        PyObject *error = PyObject_CallOneArg(PyExc_KeyError, element); /* PyErr_SetObject would unpack a tuple */
        if (error != NULL) {
            PyErr_SetObject(PyExc_KeyError, error);
            Py_DECREF(error);
        }
    }
    return NULL;
}

static PyObject *
locked_try_add(PyObject *self, PyObject *element)
{
    LockedSet *set = (LockedSet *)self;
    if (acquire(set) < 0) {
        return NULL;
    }
    int known = PySet_Type.tp_as_sequence->sq_contains(self, element);
    /* `in` finds a set by its value; set.add refuses it, and so it does here. */
    if (known == 0 || (known > 0 && PySet_Check(element))) {
        note_element(set, element);
        if (PySet_Add(self, element) < 0) {
            known = -1;
        }
    }
    release(set);
    if (known < 0) {
        return NULL;
    }
    return Py_NewRef(known ? Py_False : Py_True);
}

static PyObject *
locked_pop(PyObject *self, PyObject *const *arguments, Py_ssize_t count)
{
    LockedSet *set = (LockedSet *)self;
    if (count > 1) {
        return PyErr_Format(PyExc_TypeError, "pop expected at most 1 argument, got %zd", count);
    }
    if (acquire(set) < 0) {
        return NULL;
    }
    PyObject *element = count && PySet_GET_SIZE(self) == 0 ? Py_NewRef(arguments[0]) : PySet_Pop(self);
    release(set);
    return element;
}

/* Many elements */

/* Run a function of `lockedset._commit`, and note what it left. The locks are held. */
static PyObject *
run_commit(State *state, int what, PyObject *self, PyObject *operand)
{
    LockedSet *set = (LockedSet *)self;
    int still = what == ADD_NEW && set->comparisons == IN_C && set_compares_in_c(operand);
    PyObject *result = PyObject_CallFunctionObjArgs(state->commits[what], self, operand, NULL);
    if (what == REPLACE) {
        set->comparisons = UNKNOWN;
    }
    else if (what != SHRINK && !still) {
        set->comparisons = IN_PYTHON;
    }
    return result;
}

/* CPython 3.15 without the GIL looks elements up without the set's own lock, in a table that must not be freed
   meanwhile. Only its own functions see to that. So there, a change that fails for lack of memory may be made in part.
 */
#if defined(Py_GIL_DISABLED) && PY_VERSION_HEX >= 0x030f0000
#define CAN_EXCHANGE 0
#else
#define CAN_EXCHANGE 1
#endif

/* Make the change aside, and exchange the contents: the step cannot fail. Elements that stay are the same objects. The
   locks are held. */
static PyObject *
change_aside(PyObject *self, int what, PyObject *operand)
{
    binaryfunc differ = PySet_Type.tp_as_number->nb_xor;
    PyObject *aside = differ(self, operand);
    if (aside != NULL && what == REPLACE) {
        Py_SETREF(aside, differ(self, aside));
    }
    if (aside == NULL) {
        return NULL;
    }
    ((LockedSet *)self)->comparisons = UNKNOWN;
    exchange(self, aside);
    Py_DECREF(aside);
    Py_RETURN_NONE;
}

/* Change the set by a set or frozenset in one step, and return what the step returns. The locks are held. */
static PyObject *
commit(State *state, PyObject *self, int what, PyObject *operand)
{
    LockedSet *set = (LockedSet *)self, *other = as_locked(state, operand);
    PyNumberMethods *own = PySet_Type.tp_as_number;
    if (what == INTERSECT) { /* computed aside and swapped: one step whatever the elements are */
        return own->nb_inplace_and(self, operand);
    }
    if ((what == GROW || what == REPLACE) && is_pristine(self)) {
        set->comparisons = other != NULL ? other->comparisons : UNKNOWN;
        return own->nb_inplace_or(self, operand);
    }
    if (CAN_EXCHANGE && (what == REPLACE || (what == TOGGLE && !has_room(self, PySet_GET_SIZE(operand))))) {
        return change_aside(self, what, operand);
    }
    /* Without the GIL, another thread can change a plain operand after the test; but then that thread and this one race
       for the operand, and no lock of ours prevents it. */
    if (what == REPLACE || what == ADD_NEW || !own_comparisons_in_c(set) ||
        !(other != NULL ? own_comparisons_in_c(other) : set_compares_in_c(operand))) {
        return run_commit(state, what, self, operand);
    }
    return what == GROW     ? own->nb_inplace_or(self, operand)
           : what == SHRINK ? own->nb_inplace_subtract(self, operand)
                            : own->nb_inplace_xor(self, operand);
}

/* Take the locks, change the set by a set or frozenset, and return what the change returns. */
static PyObject *
change(State *state, PyObject *self, int what, PyObject *operand)
{
    LockedSet *set = (LockedSet *)self, *other = as_locked(state, operand);
    if (acquire_both(set, other) < 0) {
        return NULL;
    }
    begin_change(set);
    PyObject *result = commit(state, self, what, operand);
    end_change(set);
    release_both(set, other);
    return result;
}

/* Change the set by a list, tuple or range in one call of set's own method. Return 1 for done, 0 if that is no step. */
static int
change_by_sequence(State *state, PyObject *self, int what, PyObject *sequence)
{
    LockedSet *set = (LockedSet *)self;
    PyObject *method = what == GROW ? state->update : state->subtract;
    int of_numbers = Py_IS_TYPE(sequence, &PyRange_Type);
    /* A tuple, since another thread may change a list. */
    PyObject *fixed = of_numbers ? Py_NewRef(sequence) : PySequence_Tuple(sequence);
    Py_ssize_t size = fixed == NULL ? -1 : PyObject_Size(fixed);
    if (size < 0) { /* or a range of more numbers than a size can say */
        Py_XDECREF(fixed);
        return -1;
    }
    int result = 0;
    /* What compares in C has a hash too, so nothing fails half-way. */
    if (of_numbers || all_compare_in_c(PySequence_Fast_ITEMS(fixed), size)) {
        if (acquire(set) < 0) {
            result = -1;
        }
        else {
            int empty = is_pristine(self), one_step = empty;
            /* An addition that cannot enlarge the table fails as a whole or not at all; what was empty, is again. */
            if (!empty && own_comparisons_in_c(set)) {
                one_step = what == SHRINK || has_room(self, size) ? 1 : make_room(self, size);
            }
            if (one_step < 0) {
                result = -1;
            }
            else if (one_step) {
                begin_change(set);
                PyObject *done = PyObject_CallFunctionObjArgs(method, self, fixed, NULL);
                result = done == NULL ? -1 : 1;
                if (done == NULL && empty) {
                    (void)PySet_Clear(self);
                }
                Py_XDECREF(done);
                end_change(set);
            }
            release(set);
        }
    }
    Py_DECREF(fixed);
    return result;
}

/* Change the set by any iterable, which is consumed before the lock is taken. */
static int
change_by(State *state, PyObject *self, int what, PyObject *iterable)
{
    if ((what == GROW || what == SHRINK) &&
        (PyTuple_CheckExact(iterable) || PyList_CheckExact(iterable) || Py_IS_TYPE(iterable, &PyRange_Type))) {
        int done = change_by_sequence(state, self, what, iterable);
        if (done) {
            return done < 0 ? -1 : 0;
        }
    }
    PyObject *operand = PyAnySet_Check(iterable) ? Py_NewRef(iterable) : PySet_New(iterable);
    PyObject *done = operand == NULL ? NULL : change(state, self, what, operand);
    Py_XDECREF(operand);
    Py_XDECREF(done);
    return done == NULL ? -1 : 0;
}

static PyObject *call_held(State *state, PyObject *function, PyObject *const *arguments, Py_ssize_t count);

/* The methods that take any number of arguments: all that are no sets are consumed first, then all sets are held. */
static PyObject *
change_by_all(PyObject *self, PyTypeObject *type, int what, PyObject *const *others, Py_ssize_t count)
{
    State *state = PyType_GetModuleState(type);
    if (count == 1 && change_by(state, self, what, others[0]) < 0) {
        return NULL;
    }
    if (count > 1) {
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
        PyObject *done = call_held(state, state->commits[what], PySequence_Fast_ITEMS(all), count + 1);
        Py_DECREF(all);
        if (done == NULL) {
            return NULL;
        }
        Py_DECREF(done);
    }
    Py_RETURN_NONE;
}

#define CHANGING_METHOD(name, what)                                                                                    \
    static PyObject *locked_##name(PyObject *self, PyTypeObject *type, PyObject *const *others, Py_ssize_t count,      \
                                   PyObject *names)                                                                    \
    {                                                                                                                  \
        if (names != NULL && PyTuple_GET_SIZE(names)) {                                                                \
            return PyErr_Format(PyExc_TypeError, "LockedSet." #name "() takes no keyword arguments");                  \
        }                                                                                                              \
        return change_by_all(self, type, what, others, count);                                                         \
    }

CHANGING_METHOD(update, GROW)
CHANGING_METHOD(difference_update, SHRINK)
CHANGING_METHOD(intersection_update, INTERSECT)

#define CHANGING_METHOD_OF_ONE(name, what)                                                                             \
    static PyObject *locked_##name(PyObject *self, PyObject *iterable)                                                 \
    {                                                                                                                  \
        State *state = state_of(self);                                                                                 \
        if (state == NULL || change_by(state, self, what, iterable) < 0) {                                             \
            return NULL;                                                                                               \
        }                                                                                                              \
        Py_RETURN_NONE;                                                                                                \
    }

CHANGING_METHOD_OF_ONE(symmetric_difference_update, TOGGLE)
CHANGING_METHOD_OF_ONE(replace, REPLACE)

static PyObject *
locked_add_new(PyObject *self, PyObject *iterable)
{
    State *state = state_of(self);
    if (state == NULL) {
        return NULL;
    }
    PyObject *operand = PyAnySet_Check(iterable) ? Py_NewRef(iterable) : PySet_New(iterable);
    PyObject *added = operand == NULL ? NULL : change(state, self, ADD_NEW, operand);
    Py_XDECREF(operand);
    return added;
}

static PyObject *
locked_clear(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    LockedSet *set = (LockedSet *)self;
    if (acquire(set) < 0) {
        return NULL;
    }
    begin_change(set);
    int result = PySet_Clear(self);
    set->comparisons = UNKNOWN;
    end_change(set);
    release(set);
    if (result < 0) {
        return NULL;
    }
    Py_RETURN_NONE;
}
