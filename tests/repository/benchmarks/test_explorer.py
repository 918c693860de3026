"""The benchmarks of controlled schedules: whole runs that measure next to nothing, and that every spelling is found."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

from benchmarks.contenders import DISTRIBUTIONS, STRATEGIES
from benchmarks.explorer import Contender, bars, told
from benchmarks.spellings import NAMES

pytestmark = pytest.mark.one_build

ROOT = Path(__file__).resolve().parents[3]


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=110, check=False
    )


MASKING = {
    "set.add(self, x)": "GIL-masked", "super().add(x)": "GIL-masked", "difference of lens": "shown with the GIL too"
}  # fmt: skip
"""The two that only a free-threaded build can show, and one that any build can."""


@pytest.mark.thread_unsafe(reason="starts processes")
@pytest.mark.parametrize(
    "names",
    [["set.add(self, x)", "difference of lens"], pytest.param(NAMES, marks=pytest.mark.nightly(reason="all nine"))],
)
def test_every_spelling_is_found_and_no_twin_is_flagged(tmp_path: Path, names: Collection[str]) -> None:
    assert len(NAMES) == 9 and set(NAMES) >= set(names)
    file = tmp_path / "answers.json"
    done = run("benchmarks.spellings", *names, "--most", "700", "--json", str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    answers = json.loads(file.read_text(encoding="utf-8"))
    assert set(answers) == set(names)
    assert all(each["found"] and not each["flagged"] for each in answers.values()), answers
    for name, masking in MASKING.items():
        assert name not in names or answers[name]["masking"] == masking


@pytest.mark.thread_unsafe(reason="starts processes")
def test_an_unknown_spelling_is_refused_with_those_that_there_are() -> None:
    done = run("benchmarks.spellings", "set.append")
    assert done.returncode == 2
    assert "difference of lens" in done.stderr


@pytest.mark.thread_unsafe(reason="starts processes")
@pytest.mark.parametrize(
    "tools",
    [["lockproof", "interleave-test"], pytest.param(list(STRATEGIES), marks=pytest.mark.nightly(reason="all of them"))],
)
def test_the_explorers_are_measured_and_peers_that_are_not_there_are_told(tools: list[str]) -> None:
    done = run("benchmarks.explorer", "--rounds", "1", "--seconds", "0.05", "--operations", "2", "--tools", *tools)
    assert done.returncode == 0, done.stdout + done.stderr
    for tool in tools:
        assert tool in done.stdout
    for tool, module in DISTRIBUTIONS.items():
        if tool not in tools:
            continue
        here = subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, check=False)
        assert (f"{tool} is not installed" in done.stdout) is (here.returncode != 0)


def test_a_row_is_held_against_the_fastest_strategy_of_a_peer_in_the_same_round() -> None:
    facts = {"version": "1", "build": "0.0", "gil": True}
    ours = Contender("lockproof", "pct", [90.0, 45.0])
    contenders = [
        ours,
        Contender("interleave-test", "pct", [10.0, 2.0], facts=facts),
        Contender("interleave-test", "dfs", [5.0, 5.0], facts=facts),
    ]
    assert bars(contenders) == {"interleave-test": [10.0, 5.0]}
    said = "\n".join(told(contenders))
    assert "goal of 8 times interleave-test: reached by every row" in said
    assert "two different builds" in said
    ours.rates = [60.0, 10.0]
    assert "NOT reached" in "\n".join(told(contenders))
