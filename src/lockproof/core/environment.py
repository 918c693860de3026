"""The interpreter and the machine of a run, as data: a verdict is about one build and one state of the GIL."""

from __future__ import annotations

import os
import platform
import sysconfig
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from lockproof.core.interpreter import is_gil_enabled


@dataclass(frozen=True)
class Environment:
    """The interpreter and the machine of a run.

    Attributes:
        python: the version of CPython, like 3.14.2.
        free_threaded: whether the interpreter is a free-threaded build.
        gil: whether the GIL was on. In a free-threaded build, an import can turn it on.
        processors: how many processors the process may use.
        system: the operating system, its release and the architecture.

    """

    python: str
    free_threaded: bool
    gil: bool
    processors: int
    system: str

    @property
    def build(self) -> str:
        """The version, with a `t` for a free-threaded build: 3.13.15t."""
        return self.python + ("t" if self.free_threaded else "")

    def __str__(self) -> str:
        kind = "free-threaded" if self.free_threaded else "standard"
        return f"CPython {self.build} ({kind} build, GIL {'on' if self.gil else 'off'}), {self.processors} processors"

    def to_json(self) -> dict[str, object]:
        """Return the fields and `build` for a JSON report."""
        return {**asdict(self), "build": self.build}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the environment that `to_json` wrote.

        Raises:
            TypeError: a field is missing, or there is one too many, or one has another type.

        """
        read = cls(**{name: part for name, part in data.items() if name != "build"})
        wanted = {"python": str, "free_threaded": bool, "gil": bool, "processors": int, "system": str}
        if any(type(getattr(read, name)) is not kind for name, kind in wanted.items()):
            raise TypeError("a field has another type")
        return read


def current() -> Environment:
    """Return the environment of this process.

    Call it in the process that ran the subject, after the run: an import of the subject can turn the GIL on.
    """
    return Environment(
        python=platform.python_version(),
        free_threaded=bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        gil=is_gil_enabled(),
        processors=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        # Rejected: platform.platform() starts `uname -p` in each process that calls it.
        system=f"{platform.system()}-{platform.release()}-{platform.machine()}",
    )
