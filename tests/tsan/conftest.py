"""Tests in this folder are collected where an interpreter with ThreadSanitizer is named: by `tox run -e tsan` alone."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from ci.core import compile_module
from ci.sanitizers import clang
from ci.tsan import VARIABLE

collect_ignore_glob = [] if os.environ.get(VARIABLE) else ["test_*.py"]

SOURCE = Path(__file__).with_name("tally.c")


@pytest.fixture(scope="session")
def python() -> Path:
    """The interpreter that is built with ThreadSanitizer."""
    return Path(os.environ[VARIABLE])


@pytest.fixture(scope="session")
def compiled(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a function that compiles the module `tally` with some flags, and returns the folder that has it."""
    made: dict[tuple[str, ...], Path] = {}

    def compile_with(*flags: str) -> Path:
        if flags not in made:
            compiler = clang()
            assert compiler is not None, "ci.tsan installs clang, or fails"
            folder = tmp_path_factory.mktemp("tally")
            compile_module(python, compiler, SOURCE, folder, "tally", ("-O1", "-g", *flags))
            made[flags] = folder
        return made[flags]

    return compile_with
