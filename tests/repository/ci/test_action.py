"""Does the action for GitHub check each target, tell all that came of it, and need no permission?

Its script runs here with a `python` that answers in the place of lockproof.
"""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from ci.documents import blocks

pytestmark = pytest.mark.one_build

ROOT = Path(__file__).resolve().parents[3]
GUIDE = (ROOT / "docs" / "lockproof.md").read_text(encoding="utf-8")
STOP = re.compile(r"::stop-commands::([\w-]+)\n(.*?)\n::\1::\n", re.DOTALL)

FAKE = """#!/bin/sh
echo "$@" >> "$CALLS"
echo "  ::error::a line of the subject"
while [ $# -gt 0 ]; do
  case $1 in
    --github) echo "::error title=t::found" > "$2" ;;
    --summary) echo "a table" > "$2" ;;
    --json|--html|--sarif|--junit) : > "$2" ;;
    m:bad) status=1 ;;
    m:unknown) status=3 ;;
    m:missing) status=2 ;;
  esac
  shift
done
exit ${status:-0}
"""


def loaded(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


ACTION = loaded((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = ACTION["runs"]["steps"]
WORKFLOW = loaded((ROOT / ".github" / "workflows" / "lockproof.yml").read_text(encoding="utf-8"))


def ran(place: Path, name: str, **given: str) -> tuple[int, str, str, list[str]]:
    """Run a step, and return its status, its output, the summary and the calls of lockproof."""
    fake = place / "bin" / "python"
    fake.parent.mkdir()
    fake.write_text(FAKE, encoding="utf-8")
    fake.chmod(0o755)
    (script,) = [step["run"] for step in STEPS if step.get("name") == name]
    files = {name: str(place / name) for name in ("CALLS", "GITHUB_STEP_SUMMARY", "REPORTS")}
    variables = {"PATH": f"{fake.parent}{os.pathsep}{os.environ['PATH']}", **given}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script], env={**variables, **files},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    calls = (place / "CALLS").read_text(encoding="utf-8").splitlines()
    summary = place / "GITHUB_STEP_SUMMARY"
    return done.returncode, done.stdout, summary.read_text(encoding="utf-8") if summary.exists() else "", calls


def checked(place: Path, targets: str, budget: str = "", shard: str = "") -> tuple[int, str, str, list[str]]:
    return ran(place, "Check", TARGETS=targets, BUDGET=budget, JOBS="", SHARD=shard)


@pytest.mark.parametrize(
    ("targets", "status"),
    [
        ("m:good\n", 0), ("m:good\nm:unknown", 3), ("m:unknown\nm:bad\nm:good", 1), ("m:bad\nm:missing", 1),
        ("m:missing\nm:good", 2),
    ],
)  # fmt: skip
def test_each_target_is_checked_and_the_gravest_decides(tmp_path: Path, targets: str, status: int) -> None:
    code, _, summary, calls = checked(tmp_path, targets, "3s")
    names = targets.split()
    assert code == status
    assert [call.split()[:6] for call in calls] == [
        ["-m", "lockproof", "check", name, "--budget", "3s"] for name in names
    ]
    assert summary == "a table\n" * len(names)
    assert len(list((tmp_path / "REPORTS").glob("*.json"))) == len(names)


def test_without_targets_the_configuration_is_checked(tmp_path: Path) -> None:
    code, _, _, (call,) = checked(tmp_path, "")
    assert (code, call.split()[:4]) == (0, ["-m", "lockproof", "check", "--json"])


def test_a_shard_leaves_annotations_and_the_table_to_the_job_that_merges(tmp_path: Path) -> None:
    code, output, summary, (call,) = checked(tmp_path, "m:bad", shard="2/3")
    assert code == 1 and "--shard 2/3" in call and summary == ""
    assert STOP.sub("", output) == ""


def test_the_reports_of_all_jobs_are_merged(tmp_path: Path) -> None:
    for name in ("a b/1.json", "c/1.json", "c/1.html"):
        (tmp_path / "got" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "got" / name).write_text("")
    code, output, summary, (call,) = ran(tmp_path, "Merge", MERGE=str(tmp_path / "got"))
    assert (code, summary) == (0, "a table\n") and STOP.sub("", output) == "::error title=t::found\n"
    files = " ".join(str(tmp_path / "got" / name) for name in ("a b/1.json", "c/1.json"))
    assert call.startswith(f"-m lockproof merge {files} --json ")


def test_a_line_of_the_subject_is_no_command_and_the_annotations_are(tmp_path: Path) -> None:
    _, output, _, _ = checked(tmp_path, "m:bad")
    assert "::error::a line of the subject" in output
    assert STOP.sub("", output) == "::error title=t::found\n"


def test_a_target_is_a_word_and_never_a_command(tmp_path: Path) -> None:
    _, _, _, (call,) = checked(tmp_path, "$(touch no) `touch no`; touch no")
    assert "$(touch no) `touch no`; touch no" in call and not (tmp_path / "no").exists()


def test_no_input_stands_in_a_script_and_no_secret_is_asked_for() -> None:
    assert all("${{" not in step.get("run", "") for step in STEPS)
    text = str(ACTION) + str(WORKFLOW)
    assert "secrets" not in text and "token }}" not in text
    assert all(job["permissions"] == {"contents": "read"} for job in WORKFLOW["jobs"].values())


def test_the_workflow_passes_on_what_the_action_takes() -> None:
    given = WORKFLOW["jobs"]["check"]["steps"][1]["with"]
    assert given.keys() == ACTION["inputs"].keys() - {"merge"}
    (trigger,) = (WORKFLOW[key] for key in ("on", True) if key in WORKFLOW)
    of_a_job = {"python", "shard", "artifact", "merge"}
    assert {*trigger["workflow_call"]["inputs"]} == {*ACTION["inputs"], "pythons", "shards"} - of_a_job
    assert WORKFLOW["jobs"]["merge"]["steps"][-1]["with"].keys() <= ACTION["inputs"].keys()


def test_the_guide_uses_what_there_is() -> None:
    jobs = {name: job for block in blocks(GUIDE, "yaml") for name, job in loaded(block).get("jobs", {}).items()}
    (step,) = [step for step in jobs["threads"]["steps"] if step["uses"].startswith("lockedset/")]
    assert step["with"].keys() <= ACTION["inputs"].keys()
    path = jobs["builds"]["uses"].removeprefix("lockedset/lockedset/").partition("@")[0]
    assert (ROOT / path).exists()
    assert jobs["builds"]["with"].keys() <= {*ACTION["inputs"], "pythons", "shards"}


def test_the_commands_of_the_snippets_are_understood() -> None:
    from lockproof.cli.commands import cli

    (hook,) = [loaded(block)["repos"][0]["hooks"][0] for block in blocks(GUIDE, "yaml") if "repos:" in block]
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string("".join(blocks(GUIDE, "ini")))
    for command in (hook["entry"], parser["testenv:lockproof"]["commands"].removesuffix(" {posargs}")):
        program, name, *words = shlex.split(command)
        assert program == "lockproof"
        context = cli.commands[name].make_context(name, words)
        assert context.params["profile"] in ("dev", "ci") and context.params["target"] is None
