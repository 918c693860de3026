"""The user's cache directory, one lock across processes, and refusals remembered for a while.

Everything that the project's commands keep outside the repository lies under one directory, so that deleting it
undoes them entirely.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

from ci.console import CiError, Reporter, duration

REFUSAL_SECONDS = 24 * 3600.0
"""How long "not to be had" is believed: an archive changes daily, and one question costs seconds."""


def cache_directory(environment: Mapping[str, str] | None = None, platform: str = sys.platform) -> Path:
    """Where this project keeps builds and tools: the platform's cache directory, subfolder `lockedset`."""
    env = os.environ if environment is None else environment
    home = Path(env["HOME"]) if env.get("HOME") else Path.home()
    if platform == "win32":
        base = Path(env["LOCALAPPDATA"]) if env.get("LOCALAPPDATA") else home / "AppData" / "Local"
    elif env.get("XDG_CACHE_HOME", "").startswith("/"):
        # A relative value is to be ignored, says the XDG base directory specification.
        base = Path(env["XDG_CACHE_HOME"])
    elif platform == "darwin":
        base = home / "Library" / "Caches"
    else:
        base = home / ".cache"
    return base / "lockedset"


def write_atomically(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old content or the new, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(draft, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(draft, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            draft.unlink()


if sys.platform == "win32":
    import msvcrt

    def _try_lock(descriptor: int) -> bool:
        os.lseek(descriptor, 0, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _try_lock(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@dataclass(frozen=True)
class Held:
    """A lock that is held: the descriptor may be passed on to children, which then hold it too."""

    descriptor: int


@contextlib.contextmanager
def process_lock(
    path: Path,
    purpose: str,
    report: Reporter,
    *,
    wait_seconds: float = 3600.0,
    pause: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[Held]:
    """Hold a file lock across processes; the waiter says whom it waits for and why.

    The kernel gives the lock back when the last process that holds the descriptor ends, however it ends, so
    there is no stale lock to clean up.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    holder_file = path.with_suffix(".holder")
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        began = clock()
        next_word = 0.0
        while not _try_lock(descriptor):
            waited = clock() - began
            holder = _holder(holder_file)
            if waited >= wait_seconds:
                raise CiError(
                    f"waited {duration(waited)} for {holder}, which still holds {path}",
                    "another run of this project's commands is at work, or hangs",
                    "look at that process; once it has ended, run this command again",
                )
            if waited >= next_word:
                report.say(f"waiting for {holder} ({duration(waited)} so far)")
                next_word = waited + 30.0
            pause(0.5)
        write_atomically(
            holder_file,
            json.dumps({"pid": os.getpid(), "purpose": purpose, "since": time.strftime("%H:%M:%S")}),
        )
        try:
            yield Held(descriptor)
        finally:
            with contextlib.suppress(OSError):
                holder_file.unlink()
    finally:
        os.close(descriptor)


def _holder(path: Path) -> str:
    try:
        note = json.loads(path.read_text(encoding="utf-8"))
        return f"process {note['pid']}, at work since {note['since']}: {note['purpose']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process"


class Refusals:
    """Remembers for a day, with the reasons, what could not be had, so that the next run need not ask again."""

    def __init__(self, path: Path, *, now: Callable[[], float] = time.time, keep: float = REFUSAL_SECONDS) -> None:
        self._path = path
        self._now = now
        self._keep = keep

    def _fresh(self) -> dict[str, tuple[float, tuple[str, ...]]]:
        """All that is still believed; what is from the future (a clock set back) is not."""
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
            noted = {str(name): (float(when), tuple(map(str, reasons))) for name, (when, reasons) in data.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            # A missing or damaged note is only forgotten knowledge: ask again.
            return {}
        return {name: entry for name, entry in noted.items() if 0 <= self._now() - entry[0] < self._keep}

    def recall(self, name: str) -> tuple[str, ...] | None:
        """The reasons of a refusal that is still fresh, or None."""
        entry = self._fresh().get(name)
        return None if entry is None else entry[1]

    def remember(self, name: str, reasons: tuple[str, ...]) -> None:
        write_atomically(self._path, json.dumps({**self._fresh(), name: (self._now(), reasons)}, indent=1) + "\n")
