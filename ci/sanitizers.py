"""The compilers' sanitizers: which build of CPython each needs, how the core is compiled for it, and what it reported.

ThreadSanitizer sees a race only between accesses that it has instrumented, and needs to know every lock. So CPython
itself is compiled with it, without the GIL. AddressSanitizer and UndefinedBehaviorSanitizer judge the core alone, which
an ordinary CPython loads: their runtime is loaded before it, and with `PYTHONMALLOC=malloc` each object is a block of
its own. Only builds with the GIL can do that.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ci.builds import Build
from ci.console import CiError, run_captured
from ci.core import Fault

CLANG = ("clang-19", "libclang-rt-19-dev", "llvm-19")
"""What is installed if there is no clang: Debian 12 and 13, and the runners' Ubuntu, have these packages."""

OURS = re.compile(r"lockedset/native/\w+\.[ch]\b|_core\.\S*\.so\b")
"""What stands in a stack frame of the core, with and without debug information."""

BEGINS = re.compile(r"(?:WARNING: ThreadSanitizer|ERROR: AddressSanitizer|\w+: runtime error|: runtime error): ")
"""What stands in the first line of a report."""


@dataclass(frozen=True)
class Report:
    """What a sanitizer wrote about one fault."""

    text: str

    @property
    def ours(self) -> bool:
        """Whether a frame of the core takes part in it."""
        return OURS.search(self.text) is not None

    @property
    def summary(self) -> str:
        """The innermost functions of the accesses, or the first line."""
        frames = re.findall(r"^\s+#0 (\w+)", self.text, re.MULTILINE)
        return " and ".join(frames[:2]) or self.text.strip().splitlines()[0][:100]


def reports(text: str) -> list[Report]:
    """The reports in what a sanitizer wrote."""
    found: list[list[str]] = []
    for line in text.splitlines():
        if BEGINS.search(line):
            found.append([])
        if found:
            found[-1].append(line)
    return [Report("\n".join(lines)) for lines in found]


@dataclass(frozen=True)
class Sanitizer:
    """One sanitizer: the build it runs on, the flags of the compiler, its variables, and the faults it must find."""

    name: str
    title: str
    build: Build
    flags: tuple[str, ...]
    variables: Mapping[str, str]
    options: str
    runtime: str
    faults: tuple[Fault, ...]
    configure: tuple[str, ...] = field(default=())

    @property
    def variable(self) -> str:
        """The environment variable with the options of the runtime."""
        return {"thread": "TSAN_OPTIONS", "address": "ASAN_OPTIONS", "undefined": "UBSAN_OPTIONS"}[self.name]


THREAD = Sanitizer(
    name="thread",
    title="ThreadSanitizer",
    build=Build.parse("3.13t"),
    flags=("-fsanitize=thread",),
    variables={},
    # history_size: how far back the other access of a race may lie and still have a stack.
    options="exitcode=0 history_size=7 die_after_fork=0 second_deadlock_stack=1",
    runtime="libclang_rt.tsan-x86_64.a",
    faults=(
        Fault(
            "changes of many elements do not take the lock",
            "changes.h",
            """    if (acquire_both(set, other) < 0) {
        return NULL;
    }
    begin_change(set);
    PyObject *result = commit(state, self, what, operand);
    end_change(set);
    release_both(set, other);
""",
            """    begin_change(set);
    PyObject *result = commit(state, self, what, operand);
    end_change(set);
""",
        ),
        Fault(
            "a free lock is taken without the order of an acquire",
            "locks.h",
            "    if (swap(set, FREE, thread, memory_order_acquire)) {",
            "    if (swap(set, FREE, thread, memory_order_relaxed)) {",
        ),
    ),
    configure=("--with-thread-sanitizer", "OPT=-O1 -g"),
)

ADDRESS = Sanitizer(
    name="address",
    title="AddressSanitizer",
    build=Build.parse("3.13"),
    flags=("-fsanitize=address", "-shared-libasan"),
    variables={"PYTHONMALLOC": "malloc"},
    # CPython keeps much until its end, so leaks are for the tests of references to find.
    options="detect_leaks=0 halt_on_error=1 exitcode=66 allocator_may_return_null=1 detect_stack_use_after_return=1",
    runtime="libclang_rt.asan-x86_64.so",
    faults=(
        Fault(
            "a hold is read after it was freed",
            "holds.h",
            "    type->tp_free(self);\n    Py_DECREF(type);",
            "    type->tp_free(self);\n    hold->thread++;\n    Py_DECREF(type);",
        ),
        Fault(
            "two sets exchange more than they have",
            "contents.h",
            "    memcpy(b->smalltable, small, sizeof(small));",
            "    memcpy(b->smalltable, small, sizeof(small) + sizeof(setentry));",
        ),
    ),
)

UNDEFINED = Sanitizer(
    name="undefined",
    title="UndefinedBehaviorSanitizer",
    build=Build.parse("3.13"),
    # Calls through pointers to other types are how methods of types are stored, with casts that CPython's own use.
    flags=("-fsanitize=undefined", "-fno-sanitize=function", "-shared-libsan"),
    variables={},
    options="print_stacktrace=1 halt_on_error=0",
    runtime="libclang_rt.ubsan_standalone-x86_64.so",
    faults=(
        Fault(
            "the number of a thread is shifted by more than its width",
            "locks.h",
            "((atomic_fetch_add(&last_number, 1) + 1) << 1)",
            "((int)(atomic_fetch_add(&last_number, 1) + 1) << ERA_SHIFT)",
        ),
    ),
)

SANITIZERS = {each.name: each for each in (THREAD, ADDRESS, UNDEFINED)}


def clang() -> str | None:
    """The newest clang on PATH, or None."""
    names = [*(f"clang-{version}" for version in range(29, 15, -1)), "clang"]
    return next((path for name in names if (path := shutil.which(name))), None)


SUPPRESSIONS = Path("Tools", "tsan")
"""The folder of CPython's own suppressions for ThreadSanitizer, in its sources and below the prefix of a build."""


def keep_suppressions(archive: Path, prefix: Path) -> None:
    """Put CPython's own suppressions from its source archive beside an interpreter, where lockproof looks for them."""
    command = [
        "tar",
        "xf",
        str(archive),
        "-C",
        str(prefix),
        "--strip-components=1",
        "--wildcards",
        f"*/{SUPPRESSIONS}/*",
    ]
    status, out, err = run_captured(command)
    if status != 0 or not any((prefix / SUPPRESSIONS).glob("*.txt")):
        raise CiError(
            f"{archive.name} has no {SUPPRESSIONS}: {(out + err).strip()}",
            "another version of CPython keeps its suppressions elsewhere",
            "name the folder in ci/sanitizers.py",
        )


def runtime_of(compiler: str, name: str) -> Path:
    """The file of the compiler's runtime with this name."""
    _, out, _ = run_captured([compiler, f"--print-file-name={name}"])
    path = Path(out.strip())
    if not path.is_absolute() or not path.exists():
        raise CiError(
            f"{compiler} has no {name}",
            "the sanitizers' runtimes are a package of their own",
            f"install it; on Debian: apt-get install {' '.join(CLANG)}",
        )
    return path
