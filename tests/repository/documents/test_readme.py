"""Do README and the page of LockedSet tell the truth? Whatever they show is run, or held against what is run."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
OF_LOCKEDSET = (ROOT / "docs" / "lockedset.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "least"), [pytest.param(README, 5, id="README"), pytest.param(OF_LOCKEDSET, 7, id="lockedset.md")]
)
@pytest.mark.thread_unsafe(reason="doctest catches what is printed in the whole process")
def test_the_examples_run_and_print_what_is_shown(text: str, least: int) -> None:
    (code,) = [block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if ">>>" in block]
    test = doctest.DocTestParser().get_doctest(code, {}, "examples", "examples", 0)
    result = doctest.DocTestRunner().run(test)
    assert result.attempted >= least
    assert result.failed == 0


@pytest.mark.one_build
def test_readme_is_short() -> None:
    assert len(README.splitlines()) <= 130


@pytest.mark.one_build
@pytest.mark.parametrize(("command", "says"), [("ci/validate", "hidden by the GIL"), ("ci/test", "py313t")])
@pytest.mark.thread_unsafe(reason="starts processes")
def test_the_two_commands_are_there_and_explain_themselves(command: str, says: str) -> None:
    assert f"./{command} " in README
    done = subprocess.run(
        [sys.executable, str(ROOT / command), "--help"], capture_output=True, text=True, timeout=60, check=True
    )
    assert says in done.stdout


@pytest.mark.one_build
@pytest.mark.parametrize("name", sorted({*re.findall(r"(?:\]\(|src=\"|srcset=\")([^)#\"]+)[)\"]", README)}))
def test_what_it_links_to_is_there(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.thread_unsafe(reason="starts a process")
def test_the_soak_command_runs() -> None:
    (command,) = re.findall(r"`python (-m tests\.lockedset\.stress --soak) --seconds 600`", OF_LOCKEDSET)
    done = subprocess.run(
        [sys.executable, *command.split(), "--seconds", "0.5"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert re.fullmatch(r"held for \d+ s, [\d,]+ operations, [\d,]+ a second\n", done.stdout), done.stdout
