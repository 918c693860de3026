"""The child process, seen from the parent: started when it is needed, watched, killed, and never left behind.

Each end of the process is raised as `Died`, with the stacks of all threads where the child could write them. The child
has its own session: Ctrl-C reaches the parent alone, and killing the session kills all that the subject has started.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from traceback import format_exception
from typing import IO, Any, Final

from lockproof.campaign.protocol.messages import (
    EXCEPTIONAL,
    VERSION,
    Alive,
    CheckNames,
    Cut,
    Describe,
    Description,
    Exceptional,
    Fault,
    Generate,
    Greeting,
    Hung,
    Refused,
    Request,
    Run,
    RunLines,
    UseTest,
    UseWaits,
    read,
    written,
)
from lockproof.campaign.protocol.setup import CollectedTest, Setup
from lockproof.core.adjustment import Adjustment
from lockproof.core.errors import LockproofError
from lockproof.core.scenario import Scenario
from lockproof.core.verdict import FindingKind
from lockproof.engines.threads.patience import Patience, Stillness

_POLL: Final = 0.05
"""Seconds between two looks at the memory that the child uses."""

SENT: Final = {getattr(signal, name, None) for name in ("SIGKILL", "SIGTERM", "SIGINT", "SIGHUP")}
"""Signals that other processes send, for instance the system when memory is short. The subject may be innocent."""

STILL: Final = 1.3
"""How many times the seconds of a hang all threads of a child may sleep. The child itself decides before, where it can:
on a busy machine its watchdog waits longer, since it cannot see whether the thread sleeps."""

LEAST_STILL: Final = 1.0
"""Seconds that threads may sleep in any case where a request has a short bound: a constructor may take its time."""

_GOODBYE: Final = 0.5
"""Seconds for a process to end by itself once its input is closed. One that does not hang ends at once."""

_KEPT: Final = 20_000
"""Characters of standard error that are kept for a report."""

_ENDED_HERE: Final = "Fatal Python error: Aborted\n\n"
"""What faulthandler writes before the stacks of a process that hung, since SIGABRT is how it is asked for them."""


class Died(Exception):
    """The child ended, or the parent had to end it.

    `detail` says how in a sentence. `announced` are the lines that one thread alone was about to run; empty if several
    threads ran. `certain`: only the subject can be the cause. Otherwise a busy machine or another process may be.
    """

    def __init__(
        self, kind: FindingKind, detail: str, stacks: str, announced: tuple[str, ...], *, certain: bool = True
    ) -> None:
        super().__init__(kind, detail)
        self.kind, self.detail, self.stacks, self.announced = kind, detail, stacks, announced
        self.certain = certain


def trace_of(error: Exception) -> str:
    """Return the traceback to send of a fault of lockproof, here or in the child."""
    return str(error) if isinstance(error, HarnessFault) else "".join(format_exception(error))


class HarnessFault(Exception):
    """The harness itself failed in the child: a defect to report, with the child's traceback."""


WORKER: Final = "lockproof.campaign.worker.process"
"""The module that a child process runs."""


@dataclass(frozen=True)
class Launch:
    """Another interpreter for the child: its path, and the variables of its environment.

    `goodbye`: seconds for a process to end by itself, which writes something at its end.
    """

    python: str
    variables: Mapping[str, str]
    goodbye: float = 10.0


class Child:
    """Starts the child process on the first request, and again after it has died. It runs the module `program`.

    `seconds` without an answer, beyond what a request may take, are a hang; `memory` is in MiB. `cuts` says what the
    clock has cut where counts should have ended the work. `launch` names another interpreter than this one.
    """

    def __init__(self, setup: Setup, *, memory: int, program: str = WORKER, launch: Launch | None = None) -> None:
        self._setup, self._memory, self._program, self._launch = setup, memory, program, launch
        self._process: subprocess.Popen[str] | None = None
        self._lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._errors: IO[bytes] | None = None
        self._note: Path | None = None
        self._description: Description | None = None
        self._next: Child | None = None
        self.cuts: dict[str, None] = {}

    def launch(self) -> None:
        """Start the process if there is none, without waiting until it has imported the subject."""
        if self._process is None:
            self._spawn()
            self._description = None

    @property
    def running(self) -> bool:
        """Whether the process has started and is not known to have ended."""
        return self._process is not None

    @property
    def description(self) -> Description:
        """The subject, as the process described it at its last start."""
        assert self._description is not None
        return self._description

    def start(self) -> Description:
        """Start the process if there is none, and return its description of the subject.

        Raises:
            LockproofError: the target is wrong.
            Died: importing it, or making a subject, ended the process or hung.

        """
        self.launch()
        if self._description is None:
            self._description = self._answer(Describe(), self._setup.hang + 35, math.inf)
        return self._description

    def ask[A](self, request: Request[A], allowance: float = 0.0) -> A:
        """Send a request that may take `allowance` seconds, and return the answer.

        Raises:
            LockproofError: the request cannot be met.
            Died: the process ended before it had answered.

        """
        self.start()
        assert self._process is not None and self._process.stdin is not None
        self._send(request)
        return self._answer(request, allowance + self._hang_of(request) + 5, self._still_of(request))

    def _still_of(self, request: Request[Any]) -> float:
        """Return for how many seconds all threads of the process may sleep. No busy machine keeps a thread asleep."""
        hang = request.hang if isinstance(request, (Run, RunLines)) else None
        return STILL * min(max(hang, LEAST_STILL) if hang else math.inf, self._setup.hang)

    def _hang_of(self, request: Request[Any]) -> float:
        """Return the seconds without an answer that are a hang, beyond what a request may take.

        They are more than after what the process itself calls a hang, except for runs on another interpreter: that is
        one with a sanitizer, where hangs have long bounds, and a loop in C code lets no thread of the process look.
        """
        if self._launch is not None and isinstance(request, Run):
            return request.hang or self._setup.hang
        return 2 * self._setup.hang

    def use_waits(self, kinds: tuple[str, ...]) -> None:
        """Say which kinds of operations wait, to this process and to those that replace it."""
        self._setup = replace(self._setup, waits=kinds)
        if self._description is not None:
            self.ask(UseWaits(kinds))

    def use_test(self, test: str, copies: int, allowance: float) -> Description:
        """Explore this test from now on, in this process and in those that replace it.

        Raises:
            LockproofError: the test cannot be explored.
            Died: the process ended.

        """
        subject = self._setup.subject
        assert isinstance(subject, CollectedTest)
        if self._process is None or self._description is None:
            self._setup = replace(self._setup, subject=replace(subject, test=""))
            self.start()
        self._setup = replace(self._setup, subject=replace(subject, test=test, copies=copies))
        self._description = self.ask(UseTest(test, copies), allowance)
        return self._description

    def adjust(self, adjustment: Adjustment) -> None:
        """Say to the processes that replace this one what was found in comparing class and model on one thread."""
        self._setup = replace(self._setup, adjustment=adjustment)

    def launch_next(self) -> None:
        """Start the process that `renew` will need, so that it imports the subject meanwhile."""
        if self._next is None:
            self._next = Child(self._setup, memory=self._memory, program=self._program, launch=self._launch)
            self._next.launch()

    def renew(self) -> None:
        """End the process, and go on with the one that `launch_next` has started, if nothing new is known since."""
        following, self._next = self._next, None
        self.close()
        if following is None:
            return
        if following._setup != self._setup or self._process is not None:
            following.close()
            return
        self._process, following._process = following._process, None
        self._lines, self._errors, self._note = following._lines, following._errors, following._note
        self._description = None

    def _send(self, message: object) -> None:
        assert self._process is not None and self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(written(message)) + "\n")
            self._process.stdin.flush()

    def close(self) -> None:
        """End the process, and kill it with all that it has started if it does not end by itself."""
        if self._next is not None:
            self._next.close()
            self._next = None
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        if process.returncode is None:  # otherwise its end is known already, and no line comes any more
            # The end of its output shows its end. Waiting for the process itself would free its number, and with that
            # the number of the group that is killed below.
            goodbye = _GOODBYE if self._launch is None else self._launch.goodbye
            with contextlib.suppress(queue.Empty):
                while self._lines.get(timeout=goodbye) is not None:
                    pass
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
        if self._errors is not None:
            self._errors.close()
        if self._note is not None:
            self._note.unlink(missing_ok=True)

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _spawn(self) -> None:
        lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._lines = lines
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (closed with the process)
        descriptor, name = tempfile.mkstemp(prefix="lockproof-")
        os.close(descriptor)
        self._note = Path(name)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([_package_root(), os.environ.get("PYTHONPATH", "")])}
        if self._setup.controlled or self._setup.counted:
            environment["PYTHONHASHSEED"] = "0"  # the order of a set of texts must be the same in each process
        if self._launch is not None:
            environment |= self._launch.variables
        self._process = process = subprocess.Popen(
            [sys.executable if self._launch is None else self._launch.python, "-m", self._program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
            env=environment,
            start_new_session=True,
        )

        def read(stream: IO[str]) -> None:
            with contextlib.suppress(ValueError):  # closed meanwhile
                for line in stream:
                    lines.put(line)
            lines.put(None)

        assert process.stdout is not None and process.stdin is not None
        threading.Thread(target=read, args=(process.stdout,), daemon=True).start()
        self._send(Greeting(VERSION, _package_root()))
        self._send(replace(self._setup, note=name))

    def _answer[A](self, request: Request[A], seconds: float, still: float) -> A:
        """Wait for the answer: `seconds` without a sign of life at most, or `still` in which all threads sleep."""
        assert self._process is not None
        patience, stillness = Patience(seconds, self._process.pid), Stillness(self._process.pid)
        try:
            while True:
                try:
                    line = self._lines.get(timeout=_POLL)
                except queue.Empty:
                    self._check_memory()
                    if (asleep := stillness.seconds() > still) or patience.over():
                        raise self._hung(f"all its threads slept for {still:g} s" if asleep else "") from None
                    continue
                if line is None:
                    raise self._ended()
                kinds = (request.answer, Alive, Cut, *EXCEPTIONAL.values())
                message: A | Exceptional | Alive | Cut = read(json.loads(line), kinds)
                match message:
                    case Alive():
                        patience.renew()
                        continue
                    case Cut(what):
                        self.cuts |= dict.fromkeys(what)
                        continue
                    case Hung(detail, stacks, announced):
                        raise Died(FindingKind.HANG, detail, stacks, announced)
                    case Refused(fact, cause, step):
                        raise LockproofError(fact, cause, step)
                    case Fault(traceback):
                        raise HarnessFault(traceback)
                    case _:
                        return message
        except BaseException as error:
            if self._description is None or not isinstance(error, LockproofError):
                self.close()
            raise

    def _check_memory(self) -> None:
        assert self._process is not None
        used = resident(self._process.pid)
        if used > self._memory:
            raise Died(
                FindingKind.MEMORY,
                f"the process used {used:,} MiB, and {self._memory:,} MiB are allowed (--memory)",
                "",
                self._announced(),
            )

    def _hung(self, seen: str) -> Died:
        assert self._process is not None
        self._process.send_signal(signal.SIGABRT)  # faulthandler writes the stacks, also of code that holds the GIL
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5)
        detail = f"the process did not answer any more{seen and f': {seen}'}"
        stacks = self._errors_end().replace(_ENDED_HERE, "")  # nobody else's code has aborted
        return Died(FindingKind.HANG, detail, stacks, self._announced(), certain=False)

    def _ended(self) -> Died:
        assert self._process is not None
        try:
            status = self._process.wait(5)
        except subprocess.TimeoutExpired:
            return Died(FindingKind.EXIT, "the process closed its output", self._errors_end(), self._announced())
        errors = self._errors_end()
        if "Timeout (" in errors:
            detail = f"one thread alone did not come back within {self._setup.hang:g} s"
            return Died(FindingKind.HANG, detail, errors[errors.index("Timeout (") :], self._announced(), certain=False)
        if status < 0:
            number = -status
            name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
            return Died(FindingKind.CRASH, f"killed by {name}", errors, self._announced(), certain=number not in SENT)
        return Died(FindingKind.EXIT, f"the process ended with status {status}", errors, self._announced())

    def _announced(self) -> tuple[str, ...]:
        """Return the lines that one thread of the child has announced last."""
        if self._note is None:
            return ()
        try:
            return tuple(json.loads(self._note.read_bytes().partition(b"\n")[0] or b"[]"))
        except (OSError, ValueError):
            return ()

    def _errors_end(self) -> str:
        """Return the end of the standard error of the child."""
        if self._errors is None:
            return ""
        size = self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, size - _KEPT))
        return self._errors.read().decode("utf-8", "replace")


def generated(child: Child, restart: Callable[[], object], *, revealing: bool = True) -> Iterator[Scenario]:
    """Yield the scenarios that a child makes, if need be also those whose results reveal nothing of their order.

    The child runs the model to prefer scenarios that reveal the order of their threads. If the child dies of that, it
    makes the others without running the model.

    Raises:
        Died: the process ended without running the model.

    """
    index = 0
    while True:
        try:
            answer = child.ask(Generate(index, revealing))
        except Died:
            if not revealing:
                raise
            revealing = False
            restart()
            continue
        if answer.scenario is None:
            return
        yield answer.scenario
        index = answer.index + 1


def with_known_names(child: Child, scenarios: Iterable[Scenario], notes: list[str]) -> Iterator[Scenario]:
    """Yield the scenarios of earlier runs whose names still exist; add a note for each of the others."""
    for scenario in scenarios:
        try:
            child.ask(CheckNames(scenario))
        except LockproofError as error:
            notes.append(f"a scenario of an earlier run was left out: `{scenario}`: {error.fact}")
        else:
            yield scenario


def not_started(died: Died) -> LockproofError:
    """Return the error for a process that ended before it could describe the subject."""
    last = "\n".join(died.stacks.strip().splitlines()[-12:])
    return LockproofError(
        f"importing the target, or making a first subject, failed: {died.detail}",
        "code that runs at import or in the constructor",
        f"its last output:\n{last}" if last else "try it in an interpreter",
    )


def _package_root() -> str:
    return str(Path(__file__).resolve().parents[3])


def resident(process: int) -> int:
    """Return the memory that a process uses, in MiB; 0 where the system has no /proc."""
    try:
        pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 2**20
