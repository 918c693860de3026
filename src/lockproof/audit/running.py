"""Runs a unit of work in a process of its own, which may be told to stop and then tells what it found until then."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from lockproof.core.codec import Misfit, decode, encode
from lockproof.core.options import Progress, Tell
from lockproof.core.unit import Ending, Unit, UnitOutcome

FAREWELL: Final = 20.0
"""Seconds that a process may take to end after its input was closed. It ends its children first."""

TAIL: Final = 4_000
"""Bytes of the errors of a lost process that its outcome keeps."""


class UnitProcess:
    """The process of one unit. Use it in `with`: it is started there, and has ended afterwards.

    Args:
        unit: the unit.
        folder: the working directory, from which modules are imported; None: the one of this process.

    """

    def __init__(self, unit: Unit, folder: Path | None = None) -> None:
        self._unit, self._folder = unit, folder
        self._stopped = False

    def __enter__(self) -> Self:
        package = str(Path(__file__).parents[2])
        paths = [str(self._folder or Path.cwd()), package, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "lockproof.audit.unit_child"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self._errors, text=True, encoding="utf-8", cwd=self._folder, start_new_session=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        )  # fmt: skip
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        try:
            self._process.wait(FAREWELL)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()

    def outcome(self, tell: Tell | None = None) -> UnitOutcome:
        """Have the unit run, and return what came of it; `tell` gets the progress. Call it once."""
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        with contextlib.suppress(OSError, Misfit, ValueError):  # the process ended, or was killed within a line
            process.stdin.write(json.dumps(encode(self._unit)) + "\n")
            process.stdin.flush()
            for line in process.stdout:
                message: dict[str, Any] = json.loads(line)
                if "outcome" in message:
                    return decode(UnitOutcome, message["outcome"])
                if tell is not None:
                    tell(decode(Progress, message["progress"]))
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(FAREWELL)
        if self._stopped:
            return UnitOutcome(self._unit, Ending.INTERRUPTED)
        self._errors.seek(max(0, self._errors.seek(0, os.SEEK_END) - TAIL))
        written = self._errors.read().decode(errors="replace")
        trace = f"the process of the check ended with status {process.returncode}\n{written}"
        return UnitOutcome(self._unit, Ending.FAILED, trace=trace)

    def stop(self) -> None:
        """Interrupt the check, from any thread. `outcome` returns what was found until then."""
        assert self._process.stdin is not None
        self._stopped = True
        with contextlib.suppress(OSError):
            self._process.stdin.close()
