"""Does `lockproof check --scenarios` read the file before each target, add what failed at the end, and lose nothing?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lockproof.cli import commands as cli
from lockproof.core.verdict import Interrupted
from lockproof.report.issues import issues_of
from lockproof.report.kept_scenarios import read_kept
from tests.lockproof.audit.fake import Answers, FakeRunner
from tests.lockproof.report.samples import HANG, HELD, LOST_UPDATE

pytestmark = [pytest.mark.one_build, pytest.mark.thread_unsafe(reason="catches what is printed, changes the directory")]

LOST = str(LOST_UPDATE.findings[0].scenario)
LOST_WHY = LOST_UPDATE.findings[0].kind.value

type Asked = list[tuple[str, tuple[str, ...]]]


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Answers], Asked]:
    """Return a function that puts answers in the place of checks; its result gets what they tried first."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOCKPROOF_PROFILE", raising=False)

    def prepare(answers: Answers) -> Asked:
        runner = FakeRunner(answers, [])
        monkeypatch.setattr(cli, "LocalRunner", lambda _: runner)
        monkeypatch.setattr(cli, "check_target", runner.check)
        return runner.kept

    return prepare


def configured(*targets: str, more: str = "") -> None:
    tables = "".join(f'[[tool.lockproof.target]]\ntarget = "{each}"\n' for each in targets)
    Path("pyproject.toml").write_text(f'[tool.lockproof]\nscenarios = "kept.toml"\n{tables}{more}', encoding="utf-8")


def test_what_fails_is_added_and_tried_first_the_next_time(asked: Callable[[Answers], Asked]) -> None:
    calls = asked({"m:C": LOST_UPDATE})
    for _ in range(2):
        assert cli.main(["check", "m:C", "--scenarios", "kept.toml"]) == 1
    assert calls == [("m:C", ()), ("m:C", (LOST,))]
    assert read_kept(Path("kept.toml")) == {"m:C": {LOST: LOST_WHY}}


def test_one_that_holds_stays(asked: Callable[[Answers], Asked]) -> None:
    asked({"m:C": LOST_UPDATE})
    cli.main(["check", "m:C", "--scenarios", "kept.toml"])
    before = Path("kept.toml").read_bytes()
    asked({"m:C": HELD})
    assert cli.main(["check", "m:C", "--scenarios", "kept.toml"]) == 0
    assert Path("kept.toml").read_bytes() == before


def test_without_the_option_nothing_is_read_or_written(asked: Callable[[Answers], Asked]) -> None:
    calls = asked({"m:C": LOST_UPDATE})
    assert cli.main(["check", "m:C"]) == 1
    assert calls == [("m:C", ())] and not list(Path().iterdir())


def test_the_targets_of_the_configuration_share_a_file(asked: Callable[[Answers], Asked]) -> None:
    configured("m:C", "m:D", "m:E")
    asked({"m:C": LOST_UPDATE, "m:D": HELD, "m:E": LOST_UPDATE})
    assert cli.main(["check"]) == 1
    assert read_kept(Path("kept.toml")) == {name: {LOST: LOST_WHY} for name in ("m:C", "m:E")}


def test_ctrl_c_loses_nothing(asked: Callable[[Answers], Asked]) -> None:
    configured("m:C", "m:D", "m:E")
    asked({"m:C": LOST_UPDATE, "m:D": Interrupted(replace(LOST_UPDATE, subject="m:D"))})
    assert cli.main(["check"]) == 130
    assert read_kept(Path("kept.toml")) == {name: {LOST: LOST_WHY} for name in ("m:C", "m:D")}


def test_an_accepted_finding_is_not_added(asked: Callable[[Answers], Asked]) -> None:
    known = issues_of(replace(LOST_UPDATE, subject="m:C"))[0].fingerprint
    entry = f'[[tool.lockproof.target.accepted]]\nfinding = "{known}"\nreason = "one adds"\ndate = 2026-11-26\n'
    configured("m:C", more=entry)
    asked({"m:C": LOST_UPDATE})
    assert cli.main(["check"]) == 0
    assert not Path("kept.toml").exists()
    configured("m:C")
    assert cli.main(["check"]) == 1 and Path("kept.toml").exists()


def test_a_new_baseline_accepts_too(asked: Callable[[Answers], Asked]) -> None:
    asked({"m:C": LOST_UPDATE})
    words = ["check", "m:C", "--scenarios", "kept.toml", "--baseline", "known.json"]
    assert cli.main([*words, "--update-baseline"]) == 0
    assert not Path("kept.toml").exists()


def test_a_broken_file_is_wrong_usage_before_anything_runs(
    asked: Callable[[Answers], Asked], capsys: pytest.CaptureFixture[str]
) -> None:
    calls = asked({"m:C": HANG})
    Path("kept.toml").write_text("<<<<<<< ours\n", encoding="utf-8")
    assert cli.main(["check", "m:C", "--scenarios", "kept.toml"]) == 2
    assert calls == [] and "kept.toml is no file of scenarios" in capsys.readouterr().err
    assert cli.main(["check", "m:C", "--scenarios", "gone/kept.toml"]) == 2
    assert calls == [] and "there is no directory gone" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--budget", "1s", "--runs", "5"], "--budget and --runs are two ends for one check"),
        (["--schedules", "50", "--budget", "1s"], "--budget and --schedules are two ends for one check"),
        (["--runs", "5", "--invocations", "3", "--scenario", "a.f() || a.f()"], "--invocations and --runs"),
        (["--runs", "0"], "0 is not in the range"), (["--schedules", "9"], "9 is not in the range"),
    ],
)  # fmt: skip
def test_two_ends_for_one_check_are_wrong_usage(
    asked: Callable[[Answers], Asked], capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    calls = asked({"m:C": HELD})
    assert cli.main(["check", "m:C", *words]) == 2
    assert calls == [] and says in capsys.readouterr().err
