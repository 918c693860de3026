"""The libraries are optional: a test that needs one asks here for it."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import pytest

COMPLETE = (3, 14)
"""The version for which pyproject.toml names the libraries (dependency group `used`)."""


def library(name: str) -> Any:
    """Return the module, or skip the tests of the module that asks.

    In tox's environment of the version that has to have the libraries, a missing one is an error: the tests would run
    nowhere.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if sys.version_info[:2] == COMPLETE and "TOX_ENV_NAME" in os.environ:
            raise
        pytest.skip(f"{error.name} is not installed: dependency group `used`", allow_module_level=True)
