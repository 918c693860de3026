"""Reports as the runtime of LLVM 19 writes them, with the addresses and paths that it wrote."""

from __future__ import annotations

from typing import Final

STACK: Final = """\
    #1 builtin_next /build/source/Python/bltinmodule.c:1550:11 (python3.13t+0x3cb792) (BuildId: 54f9)
    #2 _PyObject_VectorcallTstate /build/source/Include/internal/pycore_call.h:168:11 (python3.13t+0x1f6b86)
    #3 _PyEval_EvalFrameDefault /build/source/Python/generated_cases.c.h:813:23 (python3.13t+0x3daab8) (BuildId: 54f9)
    #4 _PyEval_Vector /build/source/Python/ceval.c:1820:12 (python3.13t+0x3d03f2) (BuildId: 54f9)
    #5 ext_call /build/ext/src/ext.c:9:1 (ext.cpython-313t-x86_64-linux-gnu.so+0x1a) (BuildId: 77aa)
    #6 _PyEval_EvalFrameDefault /build/source/Python/generated_cases.c.h:813:23 (python3.13t+0x3daab8) (BuildId: 54f9)
    #7 thread_run /build/source/Modules/_threadmodule.c:343:21 (python3.13t+0x551be2) (BuildId: 54f9)
"""

THREADS: Final = """
  Thread T225 (tid=9921, running) created by main thread at:
    #0 pthread_create <null> (python3.13t+0xdfaa1) (BuildId: 54f9)
    #1 main /build/source/Programs/python.c:15:12 (python3.13t+0x16219b) (BuildId: 54f9)

SUMMARY: ThreadSanitizer: data race /build/source/Modules/itertoolsmodule.c:1330:14 in cycle_next
==================
"""


def race(
    one: str = "cycle_next /build/source/Modules/itertoolsmodule.c:1330:14 (python3.13t+0x528dd0)",
    other: str = "cycle_next /build/source/Modules/itertoolsmodule.c:1332:19 (python3.13t+0x528def)",
    *,
    what: str = "data race",
    lost: bool = False,
) -> str:
    """Return a report on two accesses; `lost`: the stack of the second is not known any more."""
    second = "    [failed to restore the stack]\n" if lost else f"    #0 {other} (BuildId: 54f9)\n{STACK}"
    return (
        "==================\n"
        f"WARNING: ThreadSanitizer: {what} (pid=9588)\n"
        "  Write of size 8 at 0x7f5a24387bb0 by thread T225:\n"
        f"    #0 {one} (BuildId: 54f9)\n{STACK}\n"
        "  Previous atomic read of size 8 at 0x7f5a24387bb0 by thread T226:\n"
        f"{second}\n"
        "  Location is heap block of size 64 at 0x7f5a24387b80 allocated by main thread:\n"
        "    #0 malloc <null> (python3.13t+0xdde8f) (BuildId: 54f9)\n"
        f"{THREADS}"
    )


LEAK: Final = """==================
WARNING: ThreadSanitizer: thread leak (pid=9)
  Thread T1 (tid=11, finished) created by main thread at:
    #0 pthread_create <null> (python3.13t+0xdfaa1) (BuildId: 54f9)
SUMMARY: ThreadSanitizer: thread leak (python3.13t+0xdfaa1) in pthread_create
==================
"""

MATCHED: Final = """ThreadSanitizer: Matched 3 suppressions (pid=9):
2 race_top:new_reference
1 race_top:list_get_item_ref
"""
