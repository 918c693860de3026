"""Errors meant for people, progress on standard error, and child processes that keep a log.

Standard output is left to results, so that a shell script can read it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Callable, NoReturn, TextIO

TAIL_LINES = 25
"""How much of a log an error quotes: enough for a compiler's complaint, short enough to be read."""

HEARTBEAT_SECONDS = 60.0
"""How often a long step says that it is alive when nobody watches a terminal."""

QUOTED_CHARACTERS = 60
"""How much of a log's last line a sign of life quotes, so that it stays on one line of a terminal."""

GRACE_SECONDS = 5.0
"""How long an interrupted child may take to clean up before it is killed."""


class CiError(Exception):
    """Something that the person at the keyboard can act on: the fact, the likely cause, the next step."""

    def __init__(self, fact: str, cause: str = "", next_step: str = "") -> None:
        super().__init__(fact)
        self.fact = fact
        self.cause = cause
        self.next_step = next_step

    def __str__(self) -> str:
        lines = [f"error: {self.fact}"]
        if self.cause:
            lines.append(f"  likely cause: {self.cause}")
        if self.next_step:
            lines.append(f"  next step: {self.next_step}")
        return "\n".join(lines)


class Interrupted(BaseException):
    """A signal that asks this program to end; not an Exception, so that no handler takes it for a failure."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def duration(seconds: float) -> str:
    """`95` as `1 min 35 s`."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


class Reporter:
    """Tells on standard error what goes on: a moving line on a terminal, one line per step elsewhere."""

    def __init__(self, stream: TextIO | None = None, prefix: str = "ci") -> None:
        self.stream = sys.stderr if stream is None else stream
        self.prefix = prefix
        self.moving = self.stream.isatty()

    def say(self, text: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            self.stream.write(f"{self.prefix}: {text}\n")
            self.stream.flush()

    def _redraw(self, text: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            self.stream.write(f"\r\x1b[K{text}")
            self.stream.flush()

    @contextlib.contextmanager
    def step(self, title: str, usual: float = 0.0, log: Path | None = None) -> Iterator[None]:
        """Frame one step of work; `usual` is how long it takes on an ordinary machine of two cores.

        With a `log` the signs of life quote its last line, for a step that itself says how far it is.
        """
        began = time.monotonic()
        over = threading.Event()
        hint = f" (usually {duration(usual)})" if usual >= 1 else ""

        def heartbeat() -> None:
            period = 0.5 if self.moving else HEARTBEAT_SECONDS
            while not over.wait(period):
                elapsed = duration(time.monotonic() - began)
                quoted = "" if log is None else tail(log, 1).strip()
                about = f": {quoted[:QUOTED_CHARACTERS]}" if quoted else hint
                if self.moving:
                    self._redraw(f"{self.prefix}: {title} ... {elapsed}{about}")
                else:
                    self.say(f"{title} ... still going after {elapsed}{about}")

        if self.moving:
            self._redraw(f"{self.prefix}: {title} ...{hint}")
        else:
            self.say(f"{title} ...{hint}")
        clock = threading.Thread(target=heartbeat, name="progress", daemon=True)
        clock.start()
        outcome = "failed"
        try:
            yield
            outcome = "done"
        except (KeyboardInterrupt, Interrupted):
            outcome = "interrupted"
            raise
        finally:
            over.set()
            clock.join(timeout=GRACE_SECONDS)
            elapsed_seconds = time.monotonic() - began
            if self.moving:
                self._redraw("")
            if self.moving or outcome != "done" or elapsed_seconds >= 2:
                self.say(f"{title}: {outcome} in {duration(elapsed_seconds)}")


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log, indented for quoting inside an error."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError as problem:
        return f"    (the log cannot be read: {problem})"
    return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])


def stop_group(process: subprocess.Popen[bytes]) -> None:
    """End a child and all that it started: politely first, then by force."""
    if sys.platform == "win32":
        process.kill()
        process.wait()
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        try:
            process.wait(timeout=GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        if number == signal.SIGTERM:
            # The leader is gone; whatever it left behind in its group has no reason to stay.
            continue
        return
    process.wait()


def _started(
    command: Sequence[str],
    env: Mapping[str, str] | None,
    cwd: Path | None,
    *,
    stdout: IO[bytes] | int | None,
    stderr: int | None,
    inherit_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own, without input."""
    return subprocess.Popen(
        list(command),
        env=None if env is None else dict(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        start_new_session=os.name == "posix",
        pass_fds=tuple(inherit_fds) if os.name == "posix" else (),
    )


def run_child(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    log: Path | None = None,
    timeout: float | None = None,
    inherit_fds: Sequence[int] = (),
    finish_seconds: float = 0.0,
) -> int:
    """Run a command in a process group of its own and return its exit status.

    Output goes to the end of `log`, or to our own streams without one. When we are interrupted, or the time is
    up, the whole group ends before the exception goes on, so that nothing is left running. `inherit_fds` stay
    open in the child: a file lock passed on like this is held for as long as any process of the build lives,
    even when we ourselves are killed outright. `finish_seconds` is for a child that must not be cut short, such
    as a package manager: when we are interrupted it may take that long to come to its own end.
    """
    with contextlib.ExitStack() as stack:
        sink = None
        if log is not None:
            log.parent.mkdir(parents=True, exist_ok=True)
            sink = stack.enter_context(open(log, "ab"))
            sink.write(("\n$ " + " ".join(command) + "\n").encode())
            sink.flush()
        try:
            error = subprocess.STDOUT if sink is not None else None
            process = _started(command, env, cwd, stdout=sink, stderr=error, inherit_fds=inherit_fds)
        except OSError as problem:
            if sink is None:
                raise
            sink.write(f"cannot start: {problem}\n".encode())
            return 127
        try:
            return process.wait(timeout=timeout)
        except BaseException:
            if finish_seconds:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=finish_seconds)
            stop_group(process)
            raise


def run_captured(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 60.0,
) -> tuple[int, str, str]:
    """Run a short command and return its status, standard output and standard error; never raises for failure."""
    try:
        process = _started(command, env, cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as problem:
        return 127, "", str(problem)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        stop_group(process)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        return 124, "", f"no answer within {duration(timeout)}"
    except BaseException:
        stop_group(process)
        raise
    return process.returncode, out.decode(errors="replace"), err.decode(errors="replace")


def _raise_interrupted(number: int, _frame: object) -> NoReturn:
    raise Interrupted(number)


def run_main(main: Callable[[], int]) -> NoReturn:
    """Run a command line program: errors as text, and for an interruption the status that shells expect."""
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _raise_interrupted)
    try:
        status = main()
    except CiError as problem:
        print(problem, file=sys.stderr)
        status = 2
    except KeyboardInterrupt:
        print("interrupted: what was begun is taken back, what was finished is kept", file=sys.stderr)
        status = 130
    except Interrupted as problem:
        print(f"ended by signal {problem.number}: what was finished is kept", file=sys.stderr)
        status = 128 + problem.number
    except BrokenPipeError:
        # The reader of our output has left; writing to it again at exit would only add noise.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 141
    sys.exit(status)
