"""Reports as JSON files, for programs. `docs/schema/` describes the format; `schema` in a file is its version."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lockproof.core.errors import LockproofError


def as_json(document: Mapping[str, Any]) -> str:
    """Return the `to_json()` of a report as JSON text: ASCII, indented, with a newline at the end."""
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def write_json(document: Mapping[str, Any], path: Path) -> None:
    """Write the `to_json()` of a report to a file. A reader finds the old file or the whole new one, never a part.

    A pipe or a device at `path` gets the text directly: only a regular file can be replaced.

    Raises:
        LockproofError: the file cannot be written.

    """
    text = as_json(document)
    part = path.with_name(f".lockproof-{os.getpid()}-{os.urandom(4).hex()}.json")
    try:
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="ascii")
            return
        try:
            part.write_text(text, encoding="ascii")
            part.replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                part.unlink()
            raise
    except OSError as error:
        raise LockproofError(
            f"the report cannot be written to {path}: {error.strerror or error}",
            "no such directory, or no permission to write there",
            "name another file with --json",
        ) from None
