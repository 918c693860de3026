"""The progress of a campaign: one moving line on a terminal, elsewhere a new line every ten seconds."""

from __future__ import annotations

import threading
import time
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from lockproof.core.options import Progress
from lockproof.report.words import clean, counted, seconds

MOVING: Final = 0.2
"""Seconds between two updates of the line on a terminal."""

QUIET: Final = 10.0
"""Seconds between two lines where the output is no terminal, like the log of a CI job."""


class ProgressLine:
    """Shows how far a campaign is. Call it with each new `Progress`; in its `with` block, a thread prints the latest.

    A call only stores the `Progress`, so that it costs the campaign no time.

    Args:
        console: where the line is printed.
        moving: seconds between two updates on a terminal.
        quiet: seconds between two lines elsewhere.

    """

    def __init__(self, console: Console, *, moving: float = MOVING, quiet: float = QUIET) -> None:
        self._console, self._moving, self._quiet = console, moving, quiet
        self._latest = Progress("starting", 0.0, 0.0), time.monotonic()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._show, name="lockproof-progress", daemon=True)

    def __call__(self, progress: Progress) -> None:
        self._latest = progress, time.monotonic()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._over.set()
        self._thread.join(timeout=5.0)

    def _show(self) -> None:
        if not self._console.is_terminal:
            while not self._over.wait(self._quiet):
                self._console.print(Text(f"lockproof: {self.line()}"), soft_wrap=True)
            return
        with Live(
            console=self._console, auto_refresh=False, transient=True, redirect_stdout=False, redirect_stderr=False
        ) as live:
            while not self._over.wait(self._moving):
                live.update(Text(self.line(), no_wrap=True, overflow="ellipsis"), refresh=True)

    def line(self) -> str:
        """Return the latest progress as one line, with the time that has passed since."""
        progress, when = self._latest
        elapsed = progress.elapsed + time.monotonic() - when
        parts = [f"{progress.phase} {seconds(elapsed)}"]
        if progress.budget:
            parts[0] += f" of {seconds(progress.budget)}"
        if progress.counts:
            parts[0] += f", {progress.counts}"
        if progress.scenarios:
            parts.append(counted(progress.scenarios, "scenario"))
        if progress.invocations and progress.scenarios:
            parts.append(counted(progress.invocations, "run"))
        if progress.findings:
            parts.append(counted(progress.findings, "finding"))
        return ", ".join(parts) + (f": {clean(progress.text)}" if progress.text else "")
