/* Reading: the length, one element, all elements, operators and comparisons. */

/* The length takes no lock. `version` tells whether a change of many elements, or a hold, was under way (a seqlock);
   only then the lock is needed. */
static Py_ssize_t
locked_len(PyObject *self)
{
    LockedSet *set = (LockedSet *)self;
    uint32_t before = atomic_load_explicit(&set->version, memory_order_acquire);
    Py_ssize_t length = PySet_GET_SIZE(self);
    atomic_thread_fence(memory_order_acquire);
    if (!(before & 1) && atomic_load_explicit(&set->version, memory_order_relaxed) == before) {
        return length;
    }
    if (acquire(set) < 0) {
        return -1;
    }
    length = PySet_GET_SIZE(self);
    release(set);
    return length;
}

static int
locked_contains(PyObject *self, PyObject *element)
{
    LockedSet *set = (LockedSet *)self;
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
locked_elements(PyObject *self)
{
    LockedSet *set = (LockedSet *)self;
    if (acquire(set) < 0) {
        return NULL;
    }
    PyObject *list = list_of(self);
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
    LockedSet *set = (LockedSet *)self;
    PyObject *copy = new_of(Py_TYPE(self));
    if (copy == NULL || acquire(set) < 0) {
        Py_XDECREF(copy);
        return NULL;
    }
    PyObject *done = PySet_Type.tp_as_number->nb_inplace_or(copy, self);
    ((LockedSet *)copy)->comparisons = set->comparisons;
    release(set);
    Py_DECREF(copy); /* `done` is the same object */
    return done;
}

static PyObject *
locked_snapshot(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    LockedSet *set = (LockedSet *)self;
    if (acquire(set) < 0) {
        return NULL;
    }
    PyObject *result = PyFrozenSet_New(self);
    release(set);
    return result;
}

/* Operators */

/* Return the operand of an operator as a set, a new reference; NotImplemented for a type that set does not accept. */
static PyObject *
operand_of(PyObject *other)
{
    if (PyAnySet_Check(other)) {
        return Py_NewRef(other);
    }
    if (Py_IS_TYPE(other, &PyDictKeys_Type) || Py_IS_TYPE(other, &PyDictItems_Type)) {
        return PySet_New(other);
    }
    return Py_NewRef(Py_NotImplemented);
}

/* Run an operator of set on two sets while those that have a lock are held. The type of the result is that of the left
   one. Either may be a LockedSet. */
static PyObject *
operate(PyObject *left, PyObject *right, binaryfunc operator)
{
    PyObject *module = PyType_GetModuleByDef(Py_TYPE(left), &core_module);
    if (module == NULL) { /* the left one is no LockedSet */
        PyErr_Clear();
        LockedSet *other = (LockedSet *)right;
        if (!PyAnySet_Check(left)) {
            Py_RETURN_NOTIMPLEMENTED;
        }
        if (acquire(other) < 0) {
            return NULL;
        }
        PyObject *result = operator(left, right);
        release(other);
        return result;
    }
    PyObject *operand = operand_of(right);
    if (operand == NULL || operand == Py_NotImplemented) {
        return operand;
    }
    State *state = PyModule_GetState(module);
    LockedSet *other = as_locked(state, operand);
    PyObject *result = NULL;
    if (acquire_both((LockedSet *)left, other) == 0) {
        result = operator(left, operand);
        release_both((LockedSet *)left, other);
    }
    Py_DECREF(operand);
    if (result == NULL || as_locked(state, result)) { /* set.__or__ keeps the type, the other three do not */
        return result;
    }
    return made_of(Py_TYPE(left), result);
}

#define OPERATOR(name)                                                                                                 \
    static PyObject *locked_##name(PyObject *left, PyObject *right)                                                    \
    {                                                                                                                  \
        return operate(left, right, PySet_Type.tp_as_number->nb_##name);                                               \
    }
OPERATOR(or)
OPERATOR(and)
OPERATOR(subtract)
OPERATOR(xor)

static PyObject *
operate_in_place(PyObject *self, PyObject *other, int what)
{
    State *state = state_of(self);
    PyObject *operand = state == NULL ? NULL : operand_of(other);
    if (operand == NULL || operand == Py_NotImplemented) {
        return operand;
    }
    PyObject *done = change(state, self, what, operand);
    Py_DECREF(operand);
    if (done == NULL) {
        return NULL;
    }
    Py_DECREF(done);
    return Py_NewRef(self);
}

#define IN_PLACE_OPERATOR(name, what)                                                                                  \
    static PyObject *locked_inplace_##name(PyObject *self, PyObject *other)                                            \
    {                                                                                                                  \
        return operate_in_place(self, other, what);                                                                    \
    }
IN_PLACE_OPERATOR(or, GROW)
IN_PLACE_OPERATOR(and, INTERSECT)
IN_PLACE_OPERATOR(subtract, SHRINK)
IN_PLACE_OPERATOR(xor, TOGGLE)

static PyObject *
locked_richcompare(PyObject *self, PyObject *other, int operator)
{
    LockedSet *second = NULL;
    if (PySet_Check(other) && !PySet_CheckExact(other)) {
        State *state = state_of(self);
        if (state == NULL) {
            return NULL;
        }
        second = as_locked(state, other);
    }
    if (acquire_both((LockedSet *)self, second) < 0) {
        return NULL;
    }
    PyObject *result = PySet_Type.tp_richcompare(self, other, operator);
    release_both((LockedSet *)self, second);
    return result;
}
