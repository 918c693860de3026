"""The child process: reads requests from standard input and writes answers to standard output, as lines of JSON.

What the subject prints goes to standard error. The subject may end this process at any moment.
"""

from __future__ import annotations

import faulthandler
import json
import os
import queue
import signal
import sys
import sysconfig
import threading
import traceback
from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any, Final

from lockproof.campaign.protocol.messages import (
    REQUESTS,
    VERSION,
    Alive,
    Cut,
    Describe,
    Fault,
    Greeting,
    Hung,
    Refused,
    Request,
    read,
    written,
)
from lockproof.campaign.protocol.setup import Setup
from lockproof.campaign.worker.requests import Worker
from lockproof.campaign.worker.watchdog import ThreadHung
from lockproof.core import own_time
from lockproof.core.errors import LockproofError
from lockproof.core.foreign import told, trace_of_raised
from lockproof.core.lives import lives
from lockproof.core.pace import pace
from lockproof.engines.control.task import Lost
from lockproof.engines.threads.crew import Hang
from lockproof.inference.target import replace_modules


def _lines() -> queue.SimpleQueue[str]:
    """Return a queue that gets the lines of standard input. When the input ends the parent has ended, and so do we.

    The subject gets an empty input instead: what it reads would be a request that is lost.
    """
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    requests = os.fdopen(os.dup(0), encoding="utf-8")
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115  (open as long as the process lives)

    def take() -> None:
        for line in requests:
            lines.put(line)
        os._exit(0)

    threading.Thread(target=take, daemon=True).start()
    return lines


class Connection:
    """The connection to the parent: its requests on standard input, and the answers on what was standard output."""

    def __init__(self) -> None:
        faulthandler.enable()
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)
        self._lines = _lines()

    def setup(self) -> Setup | None:
        """Return the setup that the parent sends first; None if it speaks another version of the protocol."""
        greeting = read(json.loads(self._lines.get()), [Greeting])
        if greeting.protocol != VERSION:
            self.answer(_other_version(greeting))
            return None
        setup = read(json.loads(self._lines.get()), [Setup])
        pace.counted, pace.slower, pace.beat = setup.counted, setup.slower, lambda: self.answer(Alive())
        return setup

    def answer(self, message: object) -> None:
        """Send an answer."""
        self._answers.write(json.dumps(written(message)) + "\n")
        self._answers.flush()

    def request(self) -> Request[Any]:
        """Return the next request."""
        return read(json.loads(self._lines.get()), REQUESTS.values())


def main() -> None:
    """Answer requests until the parent goes away."""
    connection = Connection()
    setup = connection.setup()
    if setup is None:
        return
    kind: type[Worker] = Worker
    if setup.controlled:
        from lockproof.campaign.worker.controlled import ControlledWorker
        from lockproof.engines.control.install import install

        install()
        kind = ControlledWorker
    else:
        own_time.install()
    lives.count_starts()
    sys.path[:] = [*setup.path, *_own_path()] if setup.sanitized else setup.path
    if setup.replaced:
        replace_modules(setup.replaced)
    serve(connection, lambda: kind(setup))


def _own_path() -> list[str]:
    """Return the path of this interpreter, with lockproof last: beside it may lie what the parent has installed."""
    root = str(Path(__file__).resolve().parents[3])
    return [*(each for each in sys.path if each and each != root), root]


def serve(connection: Connection, new_worker: Callable[[], Worker], last: type[Request[Any]] | None = None) -> None:
    """Answer requests by a worker, until one of the class `last` comes, which waits for its answer."""
    worker: Worker | None = None
    request: Request[Any] = Describe()
    while True:
        try:
            if worker is None:
                worker = new_worker()
            worker.announce([])
            message = worker.answer(request)
            assert type(message) is request.answer, message
        except Hang as hang:
            message = Hung(_progress(hang.finished, hang.seconds), hang.stacks)
        except ThreadHung as hang:
            message = Hung(str(hang), hang.stacks, hang.announced)
        except Lost as lost:
            message = Hung(str(lost), lost.stacks)
        except LockproofError as error:
            message = Refused(error.fact, error.cause, error.step)
        except Exception as error:
            message = _raised_by_the_subject(error) or Fault(traceback.format_exc())
        if cuts := pace.took():
            connection.answer(Cut(tuple(cuts)))
        connection.answer(message)
        request = connection.request()
        if type(request) is last:
            return


def _raised_by_the_subject(error: Exception) -> Refused | None:
    """Return the refusal of a subject whose code has raised while lockproof looked at it; None if lockproof failed."""
    own = str(Path(__file__).resolve().parents[2]) + os.sep
    frames = traceback.extract_tb(trace_of_raised(error))
    inner = list(takewhile(lambda frame: not frame.filename.startswith(own), reversed(frames)))
    its = [each for each in inner if not each.filename.startswith("<") and not _is_standard(each.filename)]
    if not its:
        return None
    return Refused(
        f"{its[0].name} at {its[0].filename}:{its[0].lineno} raises {told(error)}",
        "lockproof has looked at the class or at one of its objects, as hasattr(), isinstance() or == do",
        "let it raise AttributeError for an attribute that there is not, and let it return NotImplemented for an "
        "operand that it does not know",
    )


_STANDARD: Final = sysconfig.get_paths()["stdlib"] + os.sep


def _is_standard(file: str) -> bool:
    """Tell whether a file belongs to the standard library."""
    return file.startswith(_STANDARD) and "site-packages" not in file


def _other_version(greeting: Greeting) -> Refused:
    return Refused(
        f"this lockproof speaks version {greeting.protocol} of its protocol, and the one that the subject's process "
        f"imported speaks version {VERSION}",
        f"the path has two installations: {greeting.installation} and {Path(__file__).resolve().parents[3]}",
        "take one of them away",
    )


def _progress(finished: Sequence[int], seconds: float) -> str:
    parts = ", ".join(f"thread {t + 1} after {done}" for t, done in enumerate(finished))
    return f"no operation returned for {seconds:g} s; operations returned: {parts}"


if __name__ == "__main__":
    main()
