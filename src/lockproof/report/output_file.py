"""Writes the file of a report as a whole: a reader finds the old file or the new one, never a part."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from lockproof.core.errors import LockproofError


def write_whole(text: str, path: Path, option: str) -> None:
    """Write the ASCII text of a report to a file.

    A pipe or a device at `path` gets the text directly: only a regular file can be replaced.

    Args:
        text: the text.
        path: the file.
        option: the option that names the file, for the error.

    Raises:
        LockproofError: the file cannot be written.

    """
    part = path.with_name(f".lockproof-{os.getpid()}-{os.urandom(4).hex()}{path.suffix}")
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
            f"name another file with {option}",
        ) from None
