"""Reports as JSON files, for programs. `docs/schema/` describes them; `schema` in the file is the version."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lockproof.core.errors import LockproofError


def as_json(document: Mapping[str, Any]) -> str:
    """Return the text of a report's `to_json()`: ASCII, indented, with a line end."""
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def write_json(document: Mapping[str, Any], path: Path) -> None:
    """Write a report's `to_json()` so that a reader finds the old file or the whole new one, and never a part.

    What is there and is no regular file, like a pipe, is written to: only a regular file can be replaced.

    Raises:
        LockproofError: it cannot be written.

    """
    text = as_json(document)
    part = path.with_name(f".lockproof-{os.getpid()}-{secrets.token_hex(4)}.json")
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
