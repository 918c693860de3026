"""Reports as JSON files, for programs. `docs/schema/` describes the format; `schema` in a file is its version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lockproof.report.output_file import write_whole


def as_json(document: Mapping[str, Any]) -> str:
    """Return the `to_json()` of a report as JSON text: ASCII, indented, with a newline at the end."""
    return json.dumps(document, indent=1, allow_nan=False) + "\n"


def write_json(document: Mapping[str, Any], path: Path) -> None:
    """Write the `to_json()` of a report to a file, as a whole or not at all.

    Raises:
        LockproofError: the file cannot be written.

    """
    write_whole(as_json(document), path, "--json")
