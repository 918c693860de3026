"""Are several targets checked one after the other, and do findings that are known not decide the status?"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from lockproof.cli import commands as cli
from lockproof.core.errors import LockproofError
from lockproof.core.options import CheckOptions
from lockproof.core.verdict import InternalError, Interrupted
from lockproof.report.documents import read_reports
from lockproof.report.issues import issues_of
from tests.lockproof.audit.fake import Answers, FakeRunner
from tests.lockproof.report.samples import DIFFERENT, HANG, HELD, LOST_UPDATE, UNCALLED, UNKNOWN
from tests.repository.documents.blocks import ROOT

pytestmark = [pytest.mark.one_build, pytest.mark.thread_unsafe(reason="catches what is printed, changes the directory")]

SCHEMA = json.loads((ROOT / "docs" / "schema" / "batch-report.schema.json").read_text(encoding="utf-8"))
LOST = issues_of(replace(LOST_UPDATE, subject="m:lost"))[0].fingerprint

type Prepare = Callable[..., list[tuple[str, CheckOptions]]]


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prepare:
    """Return a function that puts answers in the place of checks, and configures their targets."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOCKPROOF_PROFILE", raising=False)

    def prepare(answers: Answers, more: str = "") -> list[tuple[str, CheckOptions]]:
        calls = []

        tables = "".join(f'[[tool.lockproof.target]]\ntarget = "{target}"\n' for target in answers)
        (tmp_path / "pyproject.toml").write_text(
            f"[tool.lockproof]\nseed = 3\n[tool.lockproof.profile.ci]\nhang = 9\n{tables}{more}", encoding="utf-8"
        )
        runner = FakeRunner(answers, calls)
        monkeypatch.setattr(cli, "LocalRunner", lambda _: runner)
        monkeypatch.setattr(cli, "check_target", runner.check)
        return calls

    return prepare


def accepting(finding: str) -> str:
    return f'[[tool.lockproof.target.accepted]]\nfinding = "{finding}"\nreason = "one thread adds"\ndate = 2026-11-26\n'


@pytest.mark.parametrize(
    ("answers", "status"),
    [
        ({"m:a": HELD, "m:b": HELD}, 0),
        ({"m:a": HELD, "m:b": UNKNOWN}, 3),
        ({"m:a": HANG, "m:b": UNKNOWN, "m:c": HELD}, 1),
        ({"m:a": UNKNOWN, "m:b": DIFFERENT}, 1),
    ],
)
def test_all_targets_are_checked_and_the_gravest_decides(
    asked: Prepare, capsys: pytest.CaptureFixture[str], answers: Answers,
    status: int,
) -> None:  # fmt: skip
    calls = asked(answers)
    assert cli.main(["check", "--profile", "ci", "--threads", "4"]) == status
    assert calls == [(target, CheckOptions(seed=3, hang=9.0, threads=4)) for target in answers]
    text = capsys.readouterr().out
    order = re.findall("^(m:.) +(?:VIOLATION|UNKNOWN|HELD)", text, re.MULTILINE)
    assert sorted(order) == list(answers)
    assert [answers[each].verdict.value for each in order] == sorted(
        (each.verdict.value for each in answers.values()), key=["violation", "unknown", "held"].index
    )


def test_the_profile_may_come_from_the_environment(asked: Prepare, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = asked({"m:a": HELD})
    monkeypatch.setenv("CI", "true")
    cli.main(["check"])
    monkeypatch.setenv("LOCKPROOF_PROFILE", "ci")
    cli.main(["check"])
    assert [options.hang for _, options in calls] == [CheckOptions.hang, 9.0]


def test_a_target_of_the_command_line_has_nothing_of_the_configuration(
    asked: Prepare, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = asked({"m:a": HELD})
    monkeypatch.setenv("LOCKPROOF_PROFILE", "ci")
    assert cli.main(["check", "m:a"]) == 0
    assert calls == [("m:a", CheckOptions())]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["m:a", "--profile", "ci"], "leave TARGET out"),
        (["--model", "set"], "--model is about one target: give TARGET"),
        (["--emit-test", "test_it.py"], "--emit-test is about one target"),
        (["--update-baseline"], "give --baseline too"),
        (["--profile", "no"], "no profile 'no'"),
        (["m:a", "--baseline", "none.json"], "there is no baseline none.json"),
    ],
)
def test_wrong_usage_is_refused_and_nothing_runs(
    asked: Prepare,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    says: str,
) -> None:
    calls = asked({"m:a": HELD})
    assert cli.main(["check", *words]) == 2
    assert says in " ".join(capsys.readouterr().err.split()) and calls == []


def test_an_accepted_finding_is_shown_and_does_not_fail(
    asked: Prepare, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked({"m:lost": LOST_UPDATE}, accepting(LOST))
    files = ["--sarif", "s", "--junit", "j", "--github", "g"]
    assert cli.main(["check", *files]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert "VIOLATION" in text and f"{LOST} m:lost: not linearizable: one thread adds (2026-11-26)" in text
    assert "this is no HELD" in text
    (result,) = json.loads((tmp_path / "s").read_text())["runs"][0]["results"]
    assert result["suppressions"] == [{"kind": "external", "justification": "one thread adds (2026-11-26)"}]
    assert "<skipped" in (junit := (tmp_path / "j").read_text()) and "<failure" not in junit
    assert (tmp_path / "g").read_text().startswith("::notice ")


def test_another_finding_than_the_accepted_one_fails_and_has_its_fingerprint(
    asked: Prepare, capsys: pytest.CaptureFixture[str]
) -> None:
    asked({"m:lost": LOST_UPDATE}, accepting("0123456789abcdef"))
    assert cli.main(["check"]) == 1
    text = capsys.readouterr().out
    new, gone = text.index(f"{LOST} m:lost"), text.index("0123456789abcdef m:lost")
    assert text.index("New;") < new < text.index("not found this time") < gone


def test_what_was_not_judged_beside_an_accepted_finding_is_no_pass(asked: Prepare, tmp_path: Path) -> None:
    evidence = replace(UNCALLED.evidence, findings=1)
    asked({"m:lost": replace(UNCALLED, findings=LOST_UPDATE.findings, evidence=evidence)}, accepting(LOST))
    assert cli.main(["check", "--junit", "j"]) == 3
    assert "<error" in (tmp_path / "j").read_text()


def test_the_json_of_all_is_as_its_schema_says_and_becomes_a_page(asked: Prepare, tmp_path: Path) -> None:
    asked({"m:held": HELD, "m:lost": LOST_UPDATE}, accepting(LOST) + accepting("0123456789abcdef"))
    assert cli.main(["check", "--json", "all.json"]) == 0
    document = json.loads((tmp_path / "all.json").read_text())
    Draft202012Validator(SCHEMA).validate(document)
    assert [len(document[name]) for name in ("reports", "known", "gone")] == [2, 1, 1]
    assert len(read_reports(tmp_path / "all.json")) == 2
    (tmp_path / "wrong.json").write_text('{"schema": 2, "reports": 3}')
    with pytest.raises(LockproofError, match="is no report"):
        read_reports(tmp_path / "wrong.json")


def test_a_baseline_knows_what_was_found_and_not_what_is_new(
    asked: Prepare, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    one = ["check", "m:lost", "--baseline", "base.json", "--json", "one.json"]
    asked({"m:lost": LOST_UPDATE})
    assert cli.main([*one, "--update-baseline"]) == 0
    assert cli.main(one) == 0
    assert json.loads((tmp_path / "one.json").read_text())["verdict"] == "violation"
    asked({"m:lost": HANG})
    capsys.readouterr()
    assert cli.main(one) == 1
    assert f"{LOST} m:lost: in the baseline" in capsys.readouterr().out.partition("not found this time")[2]
    asked({"m:lost": HELD})
    assert cli.main(one) == 0


def test_a_baseline_that_is_updated_keeps_what_it_lists_of_other_targets(asked: Prepare, tmp_path: Path) -> None:
    for target, answer in (("m:lost", LOST_UPDATE), ("m:other", LOST_UPDATE), ("m:lost", HELD)):
        asked({target: answer})
        assert cli.main(["check", target, "--baseline", "base.json", "--update-baseline"]) == 0
    assert [each["subject"] for each in json.loads((tmp_path / "base.json").read_text())["findings"]] == ["m:other"]


@pytest.mark.parametrize(
    "content", ["{", "[]", "3", '{"baseline": 2, "findings": []}', '{"baseline": 1, "findings": [3]}']
)
def test_what_is_no_baseline_is_refused(
    asked: Prepare,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    content: str,
) -> None:
    calls = asked({"m:a": HELD})
    (tmp_path / "base.json").write_text(content)
    assert cli.main(["check", "m:a", "--baseline", "base.json"]) == 2
    assert "base.json is no baseline" in capsys.readouterr().err and calls == []


@pytest.mark.parametrize(
    ("stop", "status"),
    [
        (Interrupted(HANG), 130),
        (InternalError(HANG, "Traceback"), 1),
        (KeyboardInterrupt(), 130),
        (LockproofError("x"), 2),
    ],
)  # fmt: skip
def test_what_was_found_before_a_stop_is_delivered(
    asked: Prepare, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    stop: BaseException, status: int,
) -> None:  # fmt: skip
    calls = asked({"m:a": LOST_UPDATE, "m:b": stop, "m:c": HELD})
    assert cli.main(["check", "--json", "all.json", "--baseline", "b.json", "--update-baseline"]) == status
    goes_on = status != 130  # a wrong target and a fault end one check alone
    assert [target for target, _ in calls] == ["m:a", "m:b", "m:c"][: 2 + goes_on]
    assert not (tmp_path / "b.json").exists()
    reports = json.loads((tmp_path / "all.json").read_text())["reports"]
    assert len(reports) == 1 + hasattr(stop, "report") + goes_on
    assert re.search("^m:a +VIOLATION", capsys.readouterr().out, re.MULTILINE)
