"""Is the child process started, used, ended and cleaned up as it should be, whatever happens to it?"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lockproof.campaign.check_target import check
from lockproof.campaign.protocol.child import Child, Died, resident
from lockproof.campaign.protocol.messages import VERSION, Avoid, Conform, Generate
from lockproof.campaign.protocol.setup import Aim, Named, Setup
from lockproof.campaign.schedule_search import ScheduleSearch
from lockproof.core.errors import LockproofError
from lockproof.core.options import CheckOptions
from lockproof.core.repeat import RepeatTest
from lockproof.core.verdict import FindingKind
from lockproof.core.watched import Watched
from lockproof.engines.threads.patience import Patience, Stillness

HERE = "tests.lockproof.campaign.subjects"

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]


@pytest.fixture
def child() -> Iterator[Child]:
    setup = Setup([*sys.path, str(Path(__file__).resolve().parents[4])], Named(f"{HERE}:LockedClaims"), hang=1.0)
    with Child(setup, memory=1024) as made:
        yield made


def process_of(child: Child) -> int:
    assert child._process is not None
    return child._process.pid


def test_it_is_started_once_and_says_what_it_has_loaded(child: Child) -> None:
    first = child.start()
    process = process_of(child)
    assert child.start() == first
    assert process_of(child) == process
    assert first.subject == f"{HERE}:LockedClaims"
    assert first.environment.gil == sys._is_gil_enabled()
    assert resident(process) > 5


def test_a_child_of_another_version_refuses_and_names_both_installations(
    child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lockproof.campaign.protocol.child.VERSION", VERSION + 1)
    with pytest.raises(LockproofError, match=f"speaks version {VERSION + 1} of its protocol") as caught:
        child.start()
    assert "the path has two installations: " in caught.value.cause
    monkeypatch.undo()
    assert child.start().subject == f"{HERE}:LockedClaims"


def test_an_end_that_is_known_is_not_waited_for_again(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    child.start()
    os.kill(process_of(child), signal.SIGKILL)
    monkeypatch.setattr("lockproof.campaign.protocol.child._GOODBYE", 3600.0)
    with pytest.raises(Died):
        child.ask(Generate(0))
    assert child._process is None


def test_the_stacks_of_a_process_that_hung_do_not_say_that_its_code_aborted(child: Child) -> None:
    child.start()
    died = child._hung("")
    assert died.kind is FindingKind.HANG and "(most recent call first):" in died.stacks
    assert not died.stacks.startswith("Fatal Python error")


@pytest.mark.parametrize("asleep", [1e9, 0.0])
def test_a_process_whose_threads_all_sleep_is_given_up_before_its_time(
    child: Child, monkeypatch: pytest.MonkeyPatch, asleep: float
) -> None:
    child.start()  # one that starts may sleep
    looks = iter([None] * 3)
    monkeypatch.setattr(Stillness, "seconds", lambda _: asleep)
    monkeypatch.setattr(Patience, "over", lambda _: next(looks, True) is True)
    monkeypatch.setattr(child, "_send", lambda _: None)  # so it never answers
    with pytest.raises(Died) as died:
        child.ask(Generate(0))
    assert died.value.kind is FindingKind.HANG
    assert ("all its threads slept" in died.value.detail) is (asleep > 0)


def test_a_request_after_its_death_starts_it_again(child: Child) -> None:
    child.start()
    before = process_of(child)
    os.kill(before, signal.SIGKILL)
    with pytest.raises(Died) as died:
        child.ask(Generate(0))
    assert died.value.kind is FindingKind.CRASH
    assert "SIGKILL" in died.value.detail
    assert child.ask(Generate(0)).scenario
    assert process_of(child) != before


MEETING = """\
import os
import time
from pathlib import Path

place = Path(__file__).with_name("came")
place.mkdir(exist_ok=True)
(place / str(os.getpid())).touch()
# Not time.monotonic: a loop that looks at that lets time pass.
end = time.clock_gettime(time.CLOCK_MONOTONIC) + 20
while len(list(place.iterdir())) < {processes}:
    if time.clock_gettime(time.CLOCK_MONOTONIC) > end:
        raise TimeoutError("no other process came")
    os.sched_yield()


class Subject:
    def look(self) -> int:
        return 1
"""
"""A module whose import ends when so many processes import it at the same time."""


@pytest.mark.parametrize(("engine", "processes"), [("both", 2), ("schedules", 2), ("threads", 1)])
def test_the_processes_of_a_check_start_at_the_same_time(tmp_path: Path, engine: str, processes: int) -> None:
    file = tmp_path / "meeting.py"
    file.write_text(MEETING.format(processes=processes), encoding="utf-8")
    setup = Setup([*sys.path], Named(f"{file}:Subject"))
    report = check(setup, CheckOptions(budget=0.1, seed=1, engine=engine), repeat=lambda _: RepeatTest(()))
    assert report.findings == ()
    assert len(list((tmp_path / "came").iterdir())) == processes


def test_generated_scenarios_are_the_same_in_every_process(child: Child) -> None:
    first = [child.ask(Generate(index)) for index in range(5)]
    child.close()
    assert [child.ask(Generate(index)) for index in range(5)] == first


def test_what_is_avoided_is_not_generated(child: Child) -> None:
    child.ask(Avoid((("a.claim(1)",),)))
    answers = [child.ask(Generate(index)) for index in range(5)]
    assert all(answer.scenario is None or "claim" not in str(answer.scenario) for answer in answers)


def test_closing_ends_the_process_and_leaves_no_file(
    child: Child, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    child.start()
    process = process_of(child)
    child.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert os.listdir(tmp_path) == []
    child.close()


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks for processes in /proc")
def test_a_parent_that_is_killed_leaves_no_child() -> None:
    program = (
        "import sys; from lockproof.campaign.protocol.child import Child\n"
        "from lockproof.campaign.protocol.setup import Named, Setup\n"
        f"child = Child(Setup(sys.path, Named('{HERE}:LockedClaims')), memory=1024); child.start()\n"
        "print(child._process.pid, flush=True); sys.stdin.read()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=Path(__file__).resolve().parents[4], env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert parent.stdout is not None
    process = int(parent.stdout.readline())
    parent.kill()
    parent.communicate(timeout=10)
    end = time.monotonic() + 10
    while time.monotonic() < end and Path(f"/proc/{process}").exists():
        os.sched_yield()
    assert not Path(f"/proc/{process}").exists()


SILENT = "tests.lockproof.inference.subjects:SilentSet"


@pytest.mark.parametrize(
    ("aimed", "differing", "reported"),
    [
        ({}, (), True),
        ({"a.remove(x)": 1}, (), True),
        ({"a.clear()": 1}, (), False),
        ({"a.clear()": 1}, ("a.remove(1)",), True),
    ],
)
def test_of_a_mutant_what_runs_the_changed_function_is_compared_and_what_differs_anyway(
    aimed: dict[str, int], differing: tuple[str, ...], reported: bool
) -> None:
    setup = Setup([*sys.path, str(Path(__file__).resolve().parents[4])], Named(SILENT), aim=Aim(aimed, differing))
    with Child(setup, memory=1024) as child:
        answer = child.ask(Conform(0.0))
    assert bool(answer.nonconformances) is reported


def test_what_was_seen_of_the_class_itself_goes_for_its_mutants() -> None:
    path = [*sys.path, str(Path(__file__).resolve().parents[4])]
    known = Watched(frozenset({"a.add(x)"}), {"a.add(x)": 77})
    for watched in (known, None):
        with Child(Setup(path, Named(SILENT), watched=watched, controlled=True), memory=1024) as child:
            answer = child.ask(Conform(0.05), 0.05)
        assert (answer.watched == known) is (watched is not None)


@pytest.mark.parametrize(("aimed", "all_are_made"), [({"x in a": 1}, True), ({}, False)])
def test_of_what_is_aimed_at_no_scenario_is_left_out_for_hiding_the_order(
    aimed: dict[str, int], all_are_made: bool
) -> None:
    with Child(Setup([*sys.path], Named("builtins:set"), aim=Aim(aimed)), memory=1024) as child:
        numbers = [child.ask(Generate(index), 5.0).index for index in range(12)]
    assert (numbers == list(range(12))) is all_are_made


@pytest.mark.parametrize(("aimed", "all_of_it"), [({"a.add(x)": 1}, True), ({}, False)])
def test_the_budget_of_a_mutant_begins_with_the_search(
    aimed: dict[str, int], all_of_it: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[float] = []
    search = ScheduleSearch.search

    def noted(schedules: ScheduleSearch, seconds: float) -> object:
        left.append(schedules.clock.left())
        return search(schedules, seconds)

    monkeypatch.setattr(ScheduleSearch, "search", noted)
    path = [*sys.path, str(Path(__file__).resolve().parents[4])]
    setup = Setup(path, Named("tests.corpus.sets:MendedLength"), aim=Aim(aimed))
    # Less than the start of a process takes, let alone a comparison with the model.
    report = check(setup, CheckOptions(budget=0.02, seed=1, engine="schedules"), repeat=lambda _: RepeatTest(()))
    assert (left[0] > 0) is all_of_it
    assert report.coverage.schedules > 0  # at least one scenario has its turn, however late it is


def test_a_process_that_replaces_another_knows_what_was_compared() -> None:
    setup = Setup([*sys.path, str(Path(__file__).resolve().parents[4])], Named(SILENT))
    with Child(setup, memory=1024) as child:
        compared = child.ask(Conform(0.05), 0.05)
        child.adjust(compared.adjustment)
        child.close()
        again = child.start()
        following = child.ask(Conform(0.0, (), compared.adjustment))
    assert compared.nonconformances and set(compared.notes) == set(again.notes)
    assert (following.nonconformances, following.kinds) == ((), compared.kinds)


@pytest.mark.parametrize("learned", [False, True])
def test_the_next_process_starts_early_unless_something_new_was_learned(child: Child, *, learned: bool) -> None:
    child.start()
    child.launch_next()
    assert child._next is not None
    early, before = process_of(child._next), process_of(child)
    if learned:
        child.use_waits(("a.claim(x)",))
    child.renew()
    child.start()
    assert (process_of(child) == early) is not learned
    assert all(not Path(f"/proc/{each}").exists() for each in (before, *((early,) if learned else ())))


def test_the_next_process_ends_with_the_child(child: Child) -> None:
    child.start()
    child.launch_next()
    assert child._next is not None
    early = process_of(child._next)
    child.close()
    assert not Path(f"/proc/{early}").exists()
