"""Where targets are imported from, beside the places that Python itself knows: the project in the working directory."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final

SOURCE_FOLDERS: Final = ("src", "python", "lib")
"""Directories in which projects keep their packages apart from the rest."""


def import_from_here() -> None:
    """Make modules of the project in the working directory importable.

    Modules beside the working directory come first, as with `python -m`: an installed command does not do it. Those in
    `SOURCE_FOLDERS` come last, so that a project with a `src` can be checked before it is installed, and is checked as
    it is installed afterwards.
    """
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    for each in SOURCE_FOLDERS:
        folder = str(Path(here, each))
        if folder not in sys.path and Path(folder).is_dir():
            sys.path.append(folder)
