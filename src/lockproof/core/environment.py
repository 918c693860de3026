"""Which interpreter this is, as data: what a verdict says about where it was reached."""

from __future__ import annotations

import os
import platform
import sysconfig
from dataclasses import asdict, dataclass

from lockproof.core.interpreter import is_gil_enabled


@dataclass(frozen=True)
class Environment:
    """`python` is the version, `free_threaded` the build; `gil`: is the GIL on now, which an import can cause."""

    python: str
    free_threaded: bool
    gil: bool
    processors: int
    system: str

    @property
    def build(self) -> str:
        """The build in the usual short form, like 3.13.15t."""
        return self.python + ("t" if self.free_threaded else "")

    def __str__(self) -> str:
        kind = "free-threaded" if self.free_threaded else "standard"
        return f"CPython {self.build} ({kind} build, GIL {'on' if self.gil else 'off'}), {self.processors} processors"

    def to_json(self) -> dict[str, object]:
        """Return the fields as JSON has them, and the build's short name."""
        return {**asdict(self), "build": self.build}


def current() -> Environment:
    """Return the facts about this process. Its `gil` is of the moment: ask in the process that ran the subject."""
    return Environment(
        python=platform.python_version(),
        free_threaded=bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        gil=is_gil_enabled(),
        processors=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        # Not platform.platform(): that starts `uname -p` in each process that asks.
        system=f"{platform.system()}-{platform.release()}-{platform.machine()}",
    )
