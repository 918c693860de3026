"""Do shards that really run add up to what one machine finds, to the byte but for times and stacks?"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.repository.documents.blocks import ROOT, environment_of_commands

TIMES = ("seconds", "stacks")
"""What two runs with counts and one seed may differ in: the stacks of threads that wait have their addresses."""


def without_times(value: Any) -> Any:
    """Return a document without times and stacks."""
    if isinstance(value, dict):
        return {name: without_times(each) for name, each in value.items() if name not in TIMES}
    return [without_times(each) for each in value] if isinstance(value, list) else value


def lockproof(place: Path, *words: str) -> int:
    command = [sys.executable, "-m", "lockproof", *words]
    ran = subprocess.run(
        command, cwd=place, env=environment_of_commands(), capture_output=True, text=True, timeout=1800
    )
    assert ran.returncode in (0, 1, 3), ran.stdout + ran.stderr
    return ran.returncode


@pytest.mark.two_builds
@pytest.mark.nightly(reason="it checks 20 classes twice; a push merges shards of reports that are given")
def test_three_shards_of_a_family_of_the_corpus_are_the_whole(tmp_path: Path) -> None:
    (tmp_path / "counters.py").write_bytes((ROOT / "tests" / "corpus" / "counters.py").read_bytes())
    check = ("check", "counters.py", "--schedules", "100", "--seed", "3", "--jobs", "2", "--fresh", "--json")
    whole = lockproof(tmp_path, *check, "whole.json")
    for number in (1, 2, 3):
        lockproof(tmp_path, *check, f"{number}.json", "--shard", f"{number}/3")
    assert lockproof(tmp_path, "merge", "3.json", "1.json", "2.json", "--json", "merged.json") == whole == 1
    first, second = (without_times(json.loads((tmp_path / name).read_text())) for name in ("whole.json", "merged.json"))
    assert len(first["reports"]) == 20 and first == second
