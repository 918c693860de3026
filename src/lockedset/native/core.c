/* The compiled core of lockedset: a set with a lock, whose frequent operations are in C.

What it promises is what `lockedset._set` says, which is the same class in Python. The headers have one purpose each.
They make one translation unit, so that the compiler can inline what takes the lock. What is rare stays in Python:
functions of `lockedset._set` are put on the type (lockedset._choice).

Private names of CPython: none. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "locks.h"
#include "contents.h"
#include "changes.h"
#include "reading.h"
#include "holds.h"
#include "docs.h"

#ifndef LOCKEDSET_VERSION
#error "LOCKEDSET_VERSION is the version of lockedset, as a string: the build gives it"
#endif

/* Making and unmaking */

static PyObject *
locked_new(PyTypeObject *type, PyObject *Py_UNUSED(arguments), PyObject *Py_UNUSED(names))
{
    return new_of(type);
}

static int
locked_init(PyObject *self, PyObject *arguments, PyObject *names)
{
    PyObject *iterable = NULL;
    if (names != NULL && PyDict_GET_SIZE(names)) {
        PyErr_Format(PyExc_TypeError, "LockedSet() takes no keyword arguments");
        return -1;
    }
    if (!PyArg_UnpackTuple(arguments, "LockedSet", 0, 1, &iterable)) {
        return -1;
    }
    State *state = state_of(self);
    if (state == NULL) {
        return -1;
    }
    if (iterable != NULL) {
        return change_by(state, self, REPLACE, iterable);
    }
    PyObject *nothing = locked_clear(self, NULL);
    Py_XDECREF(nothing);
    return nothing == NULL ? -1 : 0;
}

/* Call the class itself. It does what `__new__` and `__init__` do, and fills the set directly, since no other thread
   can reach the set yet. */
static PyObject *
locked_vectorcall(PyObject *type, PyObject *const *arguments, size_t flags, PyObject *names)
{
    Py_ssize_t count = PyVectorcall_NARGS(flags);
    if (names != NULL && PyTuple_GET_SIZE(names)) {
        return PyErr_Format(PyExc_TypeError, "LockedSet() takes no keyword arguments");
    }
    if (count > 1) {
        return PyErr_Format(PyExc_TypeError, "LockedSet expected at most 1 argument, got %zd", count);
    }
    PyObject *made = new_of((PyTypeObject *)type);
    if (made == NULL || count == 0) {
        return made;
    }
    State *state = PyType_GetModuleState((PyTypeObject *)type);
    PyObject *done = PyAnySet_Check(arguments[0])
                         ? change(state, made, REPLACE, arguments[0])
                         : PyObject_CallFunctionObjArgs(state->update, made, arguments[0], NULL);
    if (done == NULL) {
        Py_CLEAR(made);
    }
    Py_XDECREF(done);
    return made;
}

static int
locked_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return PySet_Type.tp_traverse(self, visit, arg);
}

/* A type that has a traverse of its own inherits no clear. */
static int
locked_clear_elements(PyObject *self)
{
    return PySet_Type.tp_clear(self);
}

static void
locked_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PySet_Type.tp_dealloc(self);
    Py_DECREF(type);
}

/* The type */

#define FUNCTION(function) ((PyCFunction)(void (*)(void))(function))
#define OF_MANY (METH_METHOD | METH_FASTCALL | METH_KEYWORDS)

static PyMethodDef locked_methods[] = {
    {"__contains__", locked_contains_method, METH_O | METH_COEXIST, NULL},
    {"add", locked_add, METH_O, DOC_ADD},
    {"add_new", locked_add_new, METH_O, DOC_ADD_NEW},
    {"clear", locked_clear, METH_NOARGS, DOC_CLEAR},
    {"copy", locked_copy, METH_NOARGS, DOC_COPY},
    {"difference_update", FUNCTION(locked_difference_update), OF_MANY, DOC_DIFFERENCE_UPDATE},
    {"discard", locked_discard, METH_O, DOC_DISCARD},
    {"intersection_update", FUNCTION(locked_intersection_update), OF_MANY, DOC_INTERSECTION_UPDATE},
    {"pop", FUNCTION(locked_pop), METH_FASTCALL, DOC_POP},
    {"remove", locked_remove, METH_O, DOC_REMOVE},
    {"replace", locked_replace, METH_O, DOC_REPLACE},
    {"snapshot", locked_snapshot, METH_NOARGS, DOC_SNAPSHOT},
    {"symmetric_difference_update", locked_symmetric_difference_update, METH_O, DOC_SYMMETRIC_DIFFERENCE_UPDATE},
    {"try_add", locked_try_add, METH_O, DOC_TRY_ADD},
    {"try_remove", locked_try_remove, METH_O, DOC_TRY_REMOVE},
    {"update", FUNCTION(locked_update), OF_MANY, DOC_UPDATE},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot locked_slots[] = {
    {Py_tp_doc, DOC_LOCKEDSET},
    {Py_tp_new, locked_new},
    {Py_tp_init, locked_init},
    {Py_tp_dealloc, locked_dealloc},
    {Py_tp_traverse, locked_traverse},
    {Py_tp_clear, locked_clear_elements},
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
    .name = "lockedset.LockedSet",
    .basicsize = sizeof(LockedSet),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .slots = locked_slots,
};

/* The module */

static PyMethodDef core_functions[] = {
    {"locked", FUNCTION(core_locked), METH_FASTCALL, DOC_LOCKED},
    {"with_operands", FUNCTION(core_with_operands), METH_FASTCALL, NULL},
    {"made", FUNCTION(core_made), METH_FASTCALL, NULL},
    {"elements", core_elements, METH_O, NULL},
    {"before_fork", core_before_fork, METH_NOARGS, NULL},
    {"after_fork_in_parent", core_after_fork_in_parent, METH_NOARGS, NULL},
    {"after_fork_in_child", core_after_fork_in_child, METH_NOARGS, NULL},
    {"is_held", core_is_held, METH_O, NULL},
    {"is_taken", core_is_taken, METH_O, NULL},
    {"waiting", core_waiting, METH_NOARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static const char *const commit_names[COMMITS] = {"grow", "shrink", "intersect", "toggle", "replace", "add_new"};

static PyObject *
attribute_of(const char *module, const char *name)
{
    PyObject *imported = PyImport_ImportModule(module);
    PyObject *attribute = imported == NULL ? NULL : PyObject_GetAttrString(imported, name);
    Py_XDECREF(imported);
    return attribute;
}

static int
core_exec(PyObject *module)
{
    State *state = PyModule_GetState(module);
    for (int k = 0; k < COMMITS; k++) {
        state->commits[k] = attribute_of("lockedset._commit", commit_names[k]);
        if (state->commits[k] == NULL) {
            return -1;
        }
    }
    state->deadlock = attribute_of("lockedset._locking", "deadlock_of");
    state->update = PyObject_GetAttrString((PyObject *)&PySet_Type, "update");
    state->subtract = PyObject_GetAttrString((PyObject *)&PySet_Type, "difference_update");
    if (state->deadlock == NULL || state->update == NULL || state->subtract == NULL) {
        return -1;
    }
    state->type = (PyTypeObject *)PyType_FromModuleAndSpec(module, &locked_spec, (PyObject *)&PySet_Type);
    state->hold = (PyTypeObject *)PyType_FromModuleAndSpec(module, &hold_spec, NULL);
    if (state->type == NULL || state->hold == NULL) {
        return -1;
    }
    state->type->tp_vectorcall = locked_vectorcall; /* before 3.14 there is no slot for it */
    state->type->tp_name = "LockedSet"; /* what messages say of a class; the module's name is an attribute by now */
    if (PyModule_AddStringConstant(module, "version", LOCKEDSET_VERSION) < 0) {
        return -1;
    }
    return PyModule_AddType(module, state->type);
}

static int
core_traverse(PyObject *module, visitproc visit, void *arg)
{
    State *state = PyModule_GetState(module);
    Py_VISIT(state->type);
    Py_VISIT(state->hold);
    Py_VISIT(state->deadlock);
    Py_VISIT(state->update);
    Py_VISIT(state->subtract);
    for (int k = 0; k < COMMITS; k++) {
        Py_VISIT(state->commits[k]);
    }
    return 0;
}

static int
core_clear(PyObject *module)
{
    State *state = PyModule_GetState(module);
    Py_CLEAR(state->type);
    Py_CLEAR(state->hold);
    Py_CLEAR(state->deadlock);
    Py_CLEAR(state->update);
    Py_CLEAR(state->subtract);
    for (int k = 0; k < COMMITS; k++) {
        Py_CLEAR(state->commits[k]);
    }
    return 0;
}

static void
core_free(void *module)
{
    (void)core_clear((PyObject *)module);
}

static PyModuleDef_Slot core_module_slots[] = {
    {Py_mod_exec, core_exec},
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, NULL},
};

static struct PyModuleDef core_module = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "lockedset._core",
    .m_doc = PyDoc_STR("The compiled core of lockedset."),
    .m_size = sizeof(State),
    .m_methods = core_functions,
    .m_slots = core_module_slots,
    .m_traverse = core_traverse,
    .m_clear = core_clear,
    .m_free = core_free,
};

PyMODINIT_FUNC
PyInit__core(void)
{
    return PyModuleDef_Init(&core_module);
}
