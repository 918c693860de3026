"""Stub interpreters: programs that say what an interpreter would say of itself, and run the real one otherwise."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

SAYS: dict[str, Any] = {
    "name": "cpython", "version": [3, 13], "free_threaded": True, "sanitized": True, "prefix": "/none",
    "source": "/none", "own": ["python3.13t"],
}  # fmt: skip


def stub(folder: Path, **other: Any) -> str:
    """Return the path of a program that says these things of itself."""
    path = folder / "python"
    said = json.dumps({**SAYS, "executable": str(path), **other})
    path.write_text(f'#!/bin/sh\ncase "$4" in *own*) echo \'{said}\'; exit;; esac\nexec {sys.executable} "$@"\n')
    path.chmod(0o755)
    return str(path)
