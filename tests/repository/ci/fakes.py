"""Stand-ins for interpreters: small programs that answer a probe as they are told to."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ci.builds import Build, Release


def posix_only[Test: Callable[..., None]](test: Test) -> Test:
    """Mark a test that starts a stand-in: skipped where there is no shell, and never beside another thread.

    A file that is open for writing when another thread forks is open in that child too, and cannot be started then.
    """
    here = pytest.mark.skipif(os.name != "posix", reason="the stand-ins for interpreters are shell scripts")
    alone = pytest.mark.thread_unsafe(reason="starts a program that it has just written")
    marked: Test = here(alone(test))
    return marked


def fake_python(
    path: Path, build: Build, release: Release, *, lacking: tuple[str, ...] = (), venv: bool = True
) -> Path:
    """Write a program that answers the probe, the check of modules and `-m venv` like this build."""
    answer = {
        "implementation": "cpython",
        "release": list(release),
        "final": True,
        "free_threaded": build.free_threaded,
        "gil_enabled": not build.free_threaded,
        "path": str(path),
        "lacking": dict.fromkeys(lacking, "ImportError"),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"#!/bin/sh\nif [ \"$3\" = venv ]; then exit {0 if venv else 1}; fi\ncat <<'END'\n{json.dumps(answer)}\nEND\n"
    )
    path.chmod(0o755)
    return path
