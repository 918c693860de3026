/* Allocators that fail on demand: the n-th allocation of one thread, or all from the n-th on.

It is what `_testcapi.set_nomemory` does, which many installations lack; and it spares the other threads, which an
interpreter has for its own purposes. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyMemAllocatorEx own[3];
static const PyMemAllocatorDomain domains[3] = {PYMEM_DOMAIN_RAW, PYMEM_DOMAIN_MEM, PYMEM_DOMAIN_OBJ};
static _Thread_local long long left = -1; /* allocations that still succeed; negative: all do */
static _Thread_local int repeats, failed;

static int
fails(void)
{
    if (left < 0) {
        return 0;
    }
    if (left > 0) {
        left--;
        return 0;
    }
    failed++;
    if (!repeats) {
        left = -1;
    }
    return 1;
}

static void *
failing_malloc(void *context, size_t size)
{
    PyMemAllocatorEx *next = context;
    return fails() ? NULL : next->malloc(next->ctx, size);
}

static void *
failing_calloc(void *context, size_t count, size_t size)
{
    PyMemAllocatorEx *next = context;
    return fails() ? NULL : next->calloc(next->ctx, count, size);
}

static void *
failing_realloc(void *context, void *block, size_t size)
{
    PyMemAllocatorEx *next = context;
    return fails() ? NULL : next->realloc(next->ctx, block, size);
}

static void
plain_free(void *context, void *block)
{
    PyMemAllocatorEx *next = context;
    next->free(next->ctx, block);
}

/* call(n, repeats, function, arguments): call the function while the n-th allocation fails, and those after it if
   `repeats` is true. Return how many failed, and the exception or None. No Python code but the function's own runs
   meanwhile: the interpreter's loop has faults of its own without memory. */
static PyObject *
call(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    long long number;
    int more;
    PyObject *function, *given;
    if (!PyArg_ParseTuple(arguments, "LpOO!", &number, &more, &function, &PyTuple_Type, &given)) {
        return NULL;
    }
    failed = 0;
    repeats = more;
    left = number - 1;
    PyObject *result = PyObject_Call(function, given, NULL);
    left = -1;
    int silent = result == NULL && !PyErr_Occurred();
    PyObject *raised = silent ? PyUnicode_FromString("NULL without an exception") : PyErr_GetRaisedException();
    Py_XDECREF(result);
    return Py_BuildValue("(iN)", failed, raised ? raised : Py_NewRef(Py_None));
}

static PyMethodDef functions[] = {
    {"call", call, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef failing = {
    .m_base = PyModuleDef_HEAD_INIT,
    .m_name = "failing",
    .m_size = -1,
    .m_methods = functions,
};

PyMODINIT_FUNC
PyInit_failing(void)
{
    PyObject *module = PyModule_Create(&failing);
#ifdef Py_GIL_DISABLED
    if (module != NULL && PyUnstable_Module_SetGIL(module, Py_MOD_GIL_NOT_USED) < 0) {
        Py_CLEAR(module);
    }
#endif
    for (int k = 0; module != NULL && k < 3; k++) {
        PyMem_GetAllocator(domains[k], &own[k]);
        PyMemAllocatorEx ours = {&own[k], failing_malloc, failing_calloc, failing_realloc, plain_free};
        PyMem_SetAllocator(domains[k], &ours);
    }
    return module;
}
