"""Are the libraries there where these tests have to run, and are their tests skipped elsewhere?"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

from tests.lockedset.used.libraries import COMPLETE, library

pytestmark = pytest.mark.one_build

PROJECT = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text(encoding="utf-8"))
ABSENT = "no_such_library"


def test_the_environment_of_the_tests_has_them_on_one_version() -> None:
    groups = PROJECT["dependency-groups"]
    assert {"include-group": "used"} in groups["test"]
    version = ".".join(map(str, COMPLETE))
    assert {line.partition("; ")[2] for line in groups["used"]} == {f"python_version == '{version}'"}
    names = {line.partition(">=")[0] for line in groups["used"]}
    assert names == {"attrs", "beartype", "cattrs", "msgspec", "pydantic", "typeguard"}


def test_a_library_that_is_installed_is_given() -> None:
    assert library("pytest") is pytest


def test_a_missing_one_skips_with_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TOX_ENV_NAME", raising=False)
    with pytest.raises(pytest.skip.Exception, match=f"{ABSENT} is not installed"):
        library(ABSENT)


def test_a_missing_one_fails_where_it_has_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOX_ENV_NAME", "py314")
    monkeypatch.setattr(sys, "version_info", (*COMPLETE, 0))
    with pytest.raises(ModuleNotFoundError, match=ABSENT):
        library(ABSENT)
