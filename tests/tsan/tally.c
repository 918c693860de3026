/* Types of C with planted races, and their twins: compiled with -DMENDED, every access holds the lock of the object.

Tally: a number that threads add to. Every value that a call returns is one that some order of the calls explains, or
almost always is, so no result shows the race.
Letter: a text on the heap that threads replace. Two of them at once free the same block twice.
Door: aborts the process if two threads are inside at the same time.
Total: a number that all objects of the module share. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdlib.h>
#include <string.h>

#ifdef MENDED
#define LOCK(object) Py_BEGIN_CRITICAL_SECTION(object)
#define UNLOCK() Py_END_CRITICAL_SECTION()
#else
#define LOCK(object) {
#define UNLOCK() }
#endif

typedef struct {
    PyObject_HEAD
    long value;
} Tally;

static PyObject *
tally_add(Tally *self, PyObject *Py_UNUSED(ignored))
{
    LOCK(self);
    self->value++;
    UNLOCK();
    Py_RETURN_NONE;
}

static PyObject *
tally_value(Tally *self, PyObject *Py_UNUSED(ignored))
{
    long value;
    LOCK(self);
    value = self->value;
    UNLOCK();
    return PyBool_FromLong(value >= 0);
}

static PyMethodDef tally_methods[] = {
    {"add", (PyCFunction)tally_add, METH_NOARGS, "add($self, /)\n--\n\nAdd one."},
    {"is_whole", (PyCFunction)tally_value, METH_NOARGS, "is_whole($self, /)\n--\n\nTell whether it is not negative."},
    {NULL}};

static PyTypeObject tally_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tally.Tally",
    .tp_basicsize = sizeof(Tally),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = tally_methods,
    .tp_new = PyType_GenericNew,
};

typedef struct {
    PyObject_HEAD
    char *text;
} Letter;

static PyObject *
letter_write(Letter *self, PyObject *Py_UNUSED(ignored))
{
    LOCK(self);
    char *old = self->text;
    char *fresh = malloc(64);
    memset(fresh, 'a', 63);
    fresh[63] = 0;
    free(old);
    self->text = fresh;
    UNLOCK();
    Py_RETURN_NONE;
}

static PyObject *
letter_size(Letter *self, PyObject *Py_UNUSED(ignored))
{
    size_t size;
    LOCK(self);
    size = self->text == NULL ? 63 : strlen(self->text);
    UNLOCK();
    return PyLong_FromSize_t(size);
}

static void
letter_dealloc(Letter *self)
{
    free(self->text);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyMethodDef letter_methods[] = {
    {"write", (PyCFunction)letter_write, METH_NOARGS, "write($self, /)\n--\n\nReplace the text."},
    {"size", (PyCFunction)letter_size, METH_NOARGS, "size($self, /)\n--\n\nReturn the length of the text."},
    {NULL}};

static PyTypeObject letter_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tally.Letter",
    .tp_basicsize = sizeof(Letter),
    .tp_dealloc = (destructor)letter_dealloc,
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = letter_methods,
    .tp_new = PyType_GenericNew,
};

typedef struct {
    PyObject_HEAD
    volatile int inside;
} Door;

static PyObject *
door_pass(Door *self, PyObject *Py_UNUSED(ignored))
{
    LOCK(self);
    if (self->inside) {
        abort();
    }
    self->inside = 1;
    for (volatile int turn = 0; turn < 200; turn++) {
    }
    self->inside = 0;
    UNLOCK();
    Py_RETURN_NONE;
}

static PyMethodDef door_methods[] = {
    {"go_through", (PyCFunction)door_pass, METH_NOARGS, "go_through($self, /)\n--\n\nGo in and out."}, {NULL}};

static PyTypeObject door_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tally.Door",
    .tp_basicsize = sizeof(Door),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = door_methods,
    .tp_new = PyType_GenericNew,
};

typedef struct {
    PyObject_HEAD
} Total;

static long total;
static PyMutex total_lock;

static PyObject *
total_add(Total *Py_UNUSED(self), PyObject *Py_UNUSED(ignored))
{
#ifdef MENDED
    PyMutex_Lock(&total_lock);
    total++;
    PyMutex_Unlock(&total_lock);
#else
    total++;
    (void)total_lock;
#endif
    Py_RETURN_NONE;
}

static PyMethodDef total_methods[] = {
    {"add", (PyCFunction)total_add, METH_NOARGS, "add($self, /)\n--\n\nAdd one to what all objects share."},
    {NULL}};

static PyTypeObject total_type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "tally.Total",
    .tp_basicsize = sizeof(Total),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_methods = total_methods,
    .tp_new = PyType_GenericNew,
};

static int
tally_exec(PyObject *module)
{
    if (PyModule_AddType(module, &tally_type) < 0 || PyModule_AddType(module, &letter_type) < 0) {
        return -1;
    }
    if (PyModule_AddType(module, &door_type) < 0) {
        return -1;
    }
    return PyModule_AddType(module, &total_type);
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, tally_exec},
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
    {0, NULL}};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "tally", .m_slots = slots};

PyMODINIT_FUNC
PyInit_tally(void)
{
    return PyModuleDef_Init(&definition);
}
