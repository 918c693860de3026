/* The elements of a set: where their comparisons run, a list of them, and moving them.

This file alone reads and writes the fields of PySetObject, whose layout is public (cpython/setobject.h). */

/* Where comparisons of the elements of a set run: not known yet; in C alone; perhaps in Python, where other threads can
   run. Only bulk changes need to know, so only they find out. */
enum { UNKNOWN, IN_C, IN_PYTHON };

#define DEEPEST_TUPLE 3

static inline int
is_simple(PyTypeObject *type)
{
    return type == &PyUnicode_Type || type == &PyLong_Type || type == &PyFloat_Type || type == &PyBytes_Type ||
           type == &PyBool_Type || type == &PyComplex_Type || type == Py_TYPE(Py_None);
}

/* Tell whether no comparison of the object with another such object runs Python code, and no deallocation of it. */
static int
compares_in_c(PyObject *object, int depth)
{
    PyTypeObject *type = Py_TYPE(object);
    if (type != &PyTuple_Type || depth == DEEPEST_TUPLE) {
        return is_simple(type);
    }
    for (Py_ssize_t k = 0; k < PyTuple_GET_SIZE(object); k++) {
        if (!compares_in_c(PyTuple_GET_ITEM(object, k), depth + 1)) {
            return 0;
        }
    }
    return 1;
}

static int
all_compare_in_c(PyObject *const *objects, Py_ssize_t count)
{
    PyTypeObject *simple = NULL;
    for (Py_ssize_t k = 0; k < count; k++) {
        PyTypeObject *type = Py_TYPE(objects[k]);
        if (type == simple) {
            continue;
        }
        if (is_simple(type)) {
            simple = type;
        }
        else if (!compares_in_c(objects[k], 0)) {
            return 0;
        }
    }
    return 1;
}

/* An entry from which an element was removed has the hash -1, which no element has. */
#define IS_ELEMENT(entry) ((entry)->key != NULL && (entry)->hash != -1)

/* The same for the elements of a set or frozenset. */
static int
set_compares_in_c(PyObject *set)
{
    int answer = 1;
    Py_BEGIN_CRITICAL_SECTION(set);
    PyTypeObject *simple = NULL;
    setentry *entry = ((PySetObject *)set)->table;
    for (Py_ssize_t left = ((PySetObject *)set)->used; left > 0; entry++) {
        if (!IS_ELEMENT(entry)) {
            continue;
        }
        left--;
        PyTypeObject *type = Py_TYPE(entry->key);
        if (type == simple) {
            continue;
        }
        if (is_simple(type)) {
            simple = type;
        }
        else if (!compares_in_c(entry->key, 0)) {
            answer = 0;
            break;
        }
    }
    Py_END_CRITICAL_SECTION();
    return answer;
}

/* The same for a LockedSet, whose lock is held. */
static inline int
own_comparisons_in_c(LockedSet *set)
{
    if (set->comparisons == UNKNOWN) {
        set->comparisons = set_compares_in_c((PyObject *)set) ? IN_C : IN_PYTHON;
    }
    return set->comparisons == IN_C;
}

/* Note that the set, whose lock is held, is about to get an element. */
static inline void
note_element(LockedSet *set, PyObject *element)
{
    if (set->comparisons == IN_C && !compares_in_c(element, 0)) {
        set->comparisons = IN_PYTHON;
    }
}

/* Tell whether an addition compares nothing: the table has never had an element, or was emptied. */
static inline int
is_pristine(PyObject *set)
{
    return ((PySetObject *)set)->fill == 0;
}

static PyObject *
list_of(PyObject *set)
{
    PyObject *list;
    Py_BEGIN_CRITICAL_SECTION(set);
    list = PyList_New(((PySetObject *)set)->used);
    if (list != NULL) {
        setentry *entry = ((PySetObject *)set)->table;
        Py_ssize_t count = PyList_GET_SIZE(list);
        for (Py_ssize_t at = 0; at < count; entry++) {
            if (IS_ELEMENT(entry)) {
                PyList_SET_ITEM(list, at, Py_NewRef(entry->key));
                at++;
            }
        }
    }
    Py_END_CRITICAL_SECTION();
    return list;
}

/* Return an empty set of a type, without calling the `__new__` or `__init__` of a subclass. */
static PyObject *
new_of(PyTypeObject *type)
{
    PyObject *nothing = PyTuple_New(0); /* the one empty tuple */
    PyObject *made = nothing == NULL ? NULL : PySet_Type.tp_new(type, nothing, NULL);
    Py_XDECREF(nothing);
    return made;
}

/* The length is read without a lock. */
static inline void
store_used(PySetObject *set, Py_ssize_t used)
{
    atomic_store_explicit((_Atomic(Py_ssize_t) *)&set->used, used, memory_order_relaxed);
}

/* Tell whether the table has room for so many more elements, so that adding them allocates nothing: the same condition
   as in CPython, which enlarges a table at three fifths. */
static inline int
has_room(PyObject *set, Py_ssize_t more)
{
    return (((PySetObject *)set)->fill + more) * 5 < ((PySetObject *)set)->mask * 3;
}

/* Enlarge the table of a set that has elements, so that it has room for so many more, as `|=` with a set of so many
   does first. This set says that it has so many, and has none: nothing is added. Return whether there is room now, or
   -1 without memory. Another version of CPython may do otherwise: then there is no room, and callers go another way. An
   empty set would be told the size of the other one. */
static int
make_room(PyObject *set, Py_ssize_t more)
{
    if (PySet_GET_SIZE(set) == 0) {
        return 0;
    }
    PyObject *guests = PySet_New(NULL);
    if (guests == NULL) {
        return -1;
    }
    ((PySetObject *)guests)->used = more;
    PyObject *done = PySet_Type.tp_as_number->nb_inplace_or(set, guests);
    ((PySetObject *)guests)->used = 0;
    Py_DECREF(guests);
    if (done == NULL) {
        return -1;
    }
    Py_DECREF(done);
    return has_room(set, more);
}

/* Exchange the contents of two sets, which cannot fail, as `set.__iand__` does in its end. */
static void
exchange(PyObject *one, PyObject *two)
{
    PySetObject *a = (PySetObject *)one, *b = (PySetObject *)two;
    setentry small[PySet_MINSIZE];
    Py_BEGIN_CRITICAL_SECTION2(one, two);
    Py_ssize_t fill = a->fill, mask = a->mask, used = a->used;
    setentry *table = a->table;
    memcpy(small, a->smalltable, sizeof(small));
    a->fill = b->fill;
    a->mask = b->mask;
    a->table = b->table == b->smalltable ? a->smalltable : b->table;
    memcpy(a->smalltable, b->smalltable, sizeof(small));
    store_used(a, b->used);
    b->fill = fill;
    b->mask = mask;
    b->table = table == a->smalltable ? b->smalltable : table;
    memcpy(b->smalltable, small, sizeof(small));
    store_used(b, used);
    Py_END_CRITICAL_SECTION2();
}

/* Return a set of a type with the contents of `plain`, a set that nobody else can reach. The reference to it is taken.
   Rejected: adding the elements, which takes as long again as the operation that made `plain`. */
static PyObject *
made_of(PyTypeObject *type, PyObject *plain)
{
    PyObject *made = new_of(type);
    if (made != NULL) {
        exchange(made, plain);
    }
    Py_DECREF(plain);
    return made;
}
