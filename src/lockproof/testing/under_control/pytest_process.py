"""The child process of the pytest plugin: takes control, runs pytest, and answers requests in its run loop.

pytest itself collects the tests and sets fixtures up, so `conftest.py`, parameters, plugins and the root directory work
as they do in the run of the user. What is printed goes to standard error.
"""

from __future__ import annotations

import inspect
import io
import os
import sys
import unittest.case
import unittest.util
from collections import deque
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from typing import TextIO

from lockproof.campaign.protocol.messages import Done, Refused
from lockproof.campaign.protocol.setup import CollectedTest
from lockproof.campaign.worker.process import Connection
from lockproof.engines.control.install import install, instrumentation
from lockproof.testing.under_control.module_state import ModuleState  # here, since it takes what `install` replaces


class LastWords(io.TextIOBase):
    """A stream that passes on what pytest prints, and remembers the end of it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._lines = stream, deque([""], maxlen=50)

    def write(self, text: str) -> int:
        """Write to the stream."""
        first, *more = text.split("\n")
        self._lines[-1] += first
        self._lines.extend(more)
        return self._stream.write(text)

    def fileno(self) -> int:
        """Return the file that faulthandler writes to."""
        return self._stream.fileno()

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()

    def reason(self) -> str:
        """Return the last line that says why pytest ended; without one, the last line."""
        lines = [each for line in self._lines if (each := line.strip())]
        errors = [each for each in lines if each.startswith(("INTERNALERROR> ", "ERROR", "E "))]
        last = (errors or lines or ["it printed nothing"])[-1]
        return last.removeprefix("INTERNALERROR>").removeprefix("E ").strip()


def main() -> None:
    """Run pytest, and answer requests until the parent says that the tests end, or goes away."""
    connection = Connection()
    setup = connection.setup()
    if setup is None:
        return
    subject = setup.subject
    assert isinstance(subject, CollectedTest)
    install()
    sys.path[:] = setup.path

    import _pytest
    import pluggy
    import pytest

    for file in (_pytest.__file__, pluggy.__file__, os.path.dirname(__file__)):  # and all of lockproof.testing
        instrumentation.leave_alone(os.path.join(os.path.dirname(file or ""), ""))
    instrumentation.leave_alone(inspect.__file__)  # it only reads, and pytest asks it in each run
    instrumentation.leave_alone(unittest.case.__file__, unittest.util.__file__)

    from lockproof.testing.under_control.pytest_session import TestSession

    session = TestSession(connection, setup, subject, ModuleState)
    status: object = None
    said = LastWords(sys.stderr)
    with chdir(subject.directory), redirect_stdout(said), redirect_stderr(said), suppress(SystemExit):
        status = pytest.main([*subject.words], plugins=[session])
    if session.served:
        connection.answer(Done())
    else:
        connection.answer(Refused(f"it ends with status {status}: {said.reason()}"))


if __name__ == "__main__":
    main()
