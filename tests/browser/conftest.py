"""Tests in this folder are collected where a browser is named: by `tox run -e browser`, and by nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ci.browser import VARIABLE
from tests.lockproof.report.html.parsed import text_of_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from lockproof.core.history_report import HistoryReport
    from lockproof.core.mutation_report import MutationReport
    from lockproof.core.verdict import Report

collect_ignore_glob = [] if os.environ.get(VARIABLE) else ["test_*.py", "driven.py"]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from tests.browser.driven import chromium

    with chromium() as started:
        yield started


@pytest.fixture
def file_of(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes the page on reports and returns its path."""

    def write(*reports: Report | MutationReport | HistoryReport) -> Path:
        path = tmp_path / "page.html"
        path.write_text(text_of_page(*reports), encoding="ascii")
        return path

    return write
