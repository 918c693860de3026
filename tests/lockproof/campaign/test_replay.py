"""Does the file of a report repeat its finding, and only where that means anything?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lockproof.campaign.check_target import check_target
from lockproof.campaign.explore import explore_target
from lockproof.campaign.replay import replay_file
from lockproof.core.codec import encode
from lockproof.core.errors import LockproofError
from lockproof.core.evidence import Doubt
from lockproof.core.options import CheckOptions, ExploreOptions
from lockproof.core.repeat import RepeatTarget, RepeatTest
from lockproof.core.verdict import FindingKind, Report, Verdict
from lockproof.report.jsonfile import write_json

pytestmark = [
    pytest.mark.thread_unsafe(reason="starts processes"),
    pytest.mark.iterations(1),  # files that are not there at the beginning
    pytest.mark.one_build,
]

BROKEN = """\
import threading
from contextlib import nullcontext


class Money:
    def __init__(self) -> None:
        self._money, self._lock = 0, GUARD()

    def pay(self) -> int:
        with self._lock:
            self._money += 1
            return self._money


def lost() -> None:
    money = Money()
    threads = [threading.Thread(target=money.pay) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert money._money == 2


def never_released() -> None:
    lock = threading.Lock()
    thread = threading.Thread(target=lock.acquire)
    thread.start()
    thread.join()
"""


def source(*, locked: bool) -> str:
    return BROKEN.replace("GUARD", "threading.Lock" if locked else "nullcontext")


@pytest.fixture
def money(tmp_path: Path) -> Path:
    file = tmp_path / "money.py"
    file.write_text(source(locked=False), encoding="utf-8")
    return file


def explored(target: str, tmp_path: Path, **options: Any) -> Path:
    return written(explore_target(target, ExploreOptions(budget=60.0, seed=1, **options)), tmp_path)


def written(report: Report, tmp_path: Path) -> Path:
    assert report.verdict is Verdict.VIOLATION
    path = tmp_path / "report.json"
    write_json(report.to_json(), path)
    return path


def edited(path: Path, change: Callable[[Any], object]) -> Path:
    document = json.loads(path.read_text(encoding="utf-8"))
    change(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def control(document: Any) -> Any:
    return document["findings"][0]["control"]


def repeat(document: Any) -> Any:
    return document["findings"][0]["repeat"]


def schedule(document: Any) -> Any:
    return control(document)["schedule"]


def test_a_function_fails_in_100_of_100_replays(money: Path, tmp_path: Path) -> None:
    report = replay_file(explored(f"{money}:lost", tmp_path), 100, 3.0)
    assert report.verdict is Verdict.VIOLATION
    (finding,) = report.findings
    assert (finding.failures, finding.tries) == (100, 100)
    assert (finding.kind, finding.detail) == (FindingKind.EXCEPTION, "AssertionError, in main thread")
    assert report.coverage.schedules == 100
    assert finding.control is not None and finding.control.steps


def test_a_class_fails_in_100_of_100_replays(money: Path, tmp_path: Path) -> None:
    checked = check_target(f"{money}:Money", CheckOptions(budget=8.0, seed=1, engine="schedules"))
    report = replay_file(written(checked, tmp_path), 100, 3.0)
    (finding,) = report.findings
    assert (finding.failures, finding.tries) == (100, 100)
    assert finding.kind is FindingKind.NOT_LINEARIZABLE
    assert finding.scenario == checked.findings[0].scenario
    assert finding.outcome is not None and finding.explanation.why


def test_a_replay_of_a_replay_fails_too(money: Path, tmp_path: Path) -> None:
    path = explored(f"{money}:lost", tmp_path)
    again = written(replay_file(path, 3, 3.0), tmp_path)
    assert replay_file(again, 3, 3.0).findings[0].failures == 3


def test_what_fails_without_any_decision_can_be_replayed(money: Path, tmp_path: Path) -> None:
    path = explored(f"{money}:never_released", tmp_path)
    assert replay_file(path, 10, 3.0).findings[0].failures == 10


def test_a_source_that_has_changed_is_refused(money: Path, tmp_path: Path) -> None:
    path = explored(f"{money}:lost", tmp_path)
    money.write_text(source(locked=False) + "\n# a comment is enough\n", encoding="utf-8")
    with pytest.raises(LockproofError, match=r"money\.py has changed since(?s:.*)next step: check the class again"):
        replay_file(path, 10, 3.0)
    money.unlink()
    with pytest.raises(LockproofError, match="which is not there"):
        replay_file(path, 10, 3.0)


WRONG: dict[str, tuple[Callable[[Any], object], str]] = {
    "another Python": (lambda document: control(document).update(python="3.12.1"), "CPython 3.12.1, and this is"),
    "another version": (
        lambda document: schedule(document).update(version=7),
        "of version 7, and this lockproof reads",
    ),
    "a wrong switching": (lambda document: schedule(document).update(switching="often"), "not a schedule"),
    "wrong runs": (lambda document: schedule(document).update(runs=[[1]]), "not a schedule"),
    "no schedule": (lambda document: document["findings"][0].update(control=None), "has no finding with a schedule"),
    "no findings": (lambda document: document.update(findings=[]), "has no finding with a schedule"),
    "a missing kind": (lambda document: document["findings"][0].pop("kind"), "is no report"),
    "an option of another command": (lambda document: repeat(document)["options"].update(jobs=2), "is no report"),
}


@pytest.mark.one_build
@pytest.mark.parametrize("what", sorted(WRONG))
def test_what_a_schedule_does_not_belong_to_is_refused(what: str, tmp_path: Path) -> None:
    change, message = WRONG[what]
    with pytest.raises(LockproofError, match=message) as caught:
        replay_file(edited(sample(tmp_path), change), 10, 3.0)
    assert "likely cause: " in str(caught.value)


SAMPLE = {
    "seed": 1,
    "consistency": "linearizable",
    "findings": [
        {
            "kind": "exception", "scenario": {"init": [], "threads": [], "final": []}, "outcome": None,
            "explanation": {"why": [], "nearest": []}, "histogram": [], "failures": 1, "tries": 1, "detail": "",
            "stacks": "", "seconds": 0.0, "command": "lockproof explore nowhere:f", "concurrent": True,
            "repeat": encode(RepeatTarget("nowhere:f", ExploreOptions(seed=1))),
            "control": {
                "schedule": {"version": 1, "switching": "free", "runs": [[1, 1]]}, "preemptions": 1, "steps": [],
                "blocked": [], "masking": None, "rests_on": "", "strategy": "", "schedules": 1, "replayed": 10,
                "replays": 10, "python": "", "sources": [],
            },
        }
    ],
}  # fmt: skip


def sample(tmp_path: Path) -> Path:
    path = tmp_path / "report.json"
    path.write_text(json.dumps(SAMPLE), encoding="utf-8")
    return path


@pytest.mark.one_build
@pytest.mark.parametrize("text", ["", "no json", "5", "[]", "{}", '{"findings": 5}', '{"findings": [{}]}', "\ud800"])
def test_what_is_no_report_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "report.json"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(LockproofError, match=r"is no report(?s:.*)next step: write one with"):
        replay_file(path, 10, 3.0)


@pytest.mark.one_build
def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing.json", tmp_path):
        with pytest.raises(LockproofError, match="cannot be read"):
            replay_file(path, 10, 3.0)


@pytest.mark.one_build
def test_a_report_whose_finding_was_found_by_a_test_is_refused(money: Path, tmp_path: Path) -> None:
    of_test = encode(RepeatTest(("pytest", "test_it.py")))
    path = edited(explored(f"{money}:lost", tmp_path), lambda document: document["findings"][0].update(repeat=of_test))
    with pytest.raises(LockproofError, match=r"'pytest test_it\.py' repeats it"):
        replay_file(path, 10, 3.0)


def test_a_mended_program_is_never_called_broken(money: Path, tmp_path: Path) -> None:
    path = explored(f"{money}:lost", tmp_path)
    edited(path, lambda document: control(document).update(sources=[]))
    money.write_text(source(locked=True), encoding="utf-8")
    report = replay_file(path, 20, 3.0)
    assert report.verdict in (Verdict.HELD, Verdict.UNKNOWN)
    assert report.findings == ()
    assert (report.verdict is Verdict.UNKNOWN) == bool(report.unknown)


def test_another_program_is_told_to_be_another_one(money: Path, tmp_path: Path) -> None:
    path = explored(f"{money}:lost", tmp_path)
    edited(path, lambda document: control(document).update(sources=[]))
    money.write_text("def lost() -> None:\n    pass\n", encoding="utf-8")
    report = replay_file(path, 20, 3.0)
    assert report.verdict is Verdict.UNKNOWN
    (reason,) = report.unknown
    assert (reason.code, reason.count) == (Doubt.LED_ELSEWHERE, 20)
    assert reason.text.startswith("20 runs of the schedule led elsewhere")
