"""Does the watchdog give a process on a busy machine more time, and is work of lockproof itself never under it?"""

from __future__ import annotations

import faulthandler
from pathlib import Path

import pytest

from lockproof.campaign.protocol.messages import Run
from lockproof.campaign.protocol.setup import Named, Setup
from lockproof.campaign.worker import requests, watchdog
from lockproof.campaign.worker.requests import Worker
from lockproof.campaign.worker.watchdog import ProcessorTime, Watchdog, processor_time, slowness
from lockproof.core.scenario import Scenario
from lockproof.engines.threads.crew import Crew
from lockproof.engines.threads.patience import LONGEST

MS = 1_000_000


@pytest.mark.parametrize(
    ("used", "waited", "times"),
    [(0, 0, 1.0), (5, 10, 1.0), (100, 0, 1.0), (100, 100, 2.0), (25, 100, 5.0), (1, 1000, LONGEST), (0, 1000, LONGEST)],
)
def test_the_factor_is_how_much_longer_the_work_took(used: int, waited: int, times: float) -> None:
    earlier = ProcessorTime(7 * MS, 9 * MS)
    assert slowness(earlier, ProcessorTime(earlier.used + used * MS, earlier.waited + waited * MS)) == times


def test_the_timer_is_longer_where_the_thread_waits_for_a_processor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[float] = []
    monkeypatch.setattr(faulthandler, "dump_traceback_later", lambda seconds, exit: asked.append(seconds))
    counts = tmp_path / "schedstat"
    monkeypatch.setattr(watchdog, "_TURNS", str(counts))
    monkeypatch.setattr(Watchdog, "_last", ProcessorTime())
    monkeypatch.setattr(Watchdog, "_lately", 1.0)
    for used, waited in ((1000, 0), (1100, 300), (9000, 300), (9001, 301)):
        counts.write_text(f"{used * MS} {waited * MS} 5\n", "ascii")
        with Watchdog(1.0):
            pass
    counts.unlink()
    with Watchdog(1.0):
        pass
    # Quiet; lately a quarter of the time; nearly quiet again; too little since then to say; no counts.
    assert [round(each / 1.1, 2) for each in asked] == [1.0, 4.0, 1.03, 1.03, 1.0]


@pytest.mark.skipif(not Path("/proc/thread-self/schedstat").exists(), reason="the system does not count")
def test_the_system_counts_what_a_thread_computes() -> None:
    before = processor_time()
    assert sum(range(2_000_000)) and processor_time().used > before.used


def test_threads_are_started_outside_of_the_watchdog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (note := tmp_path / "note").touch()
    seen: list[float] = []

    class Watched(Crew):
        def __init__(self, size: int, seed: int, *, looks: bool) -> None:
            seen.append(Watchdog._seconds)
            super().__init__(size, seed, looks=looks)

    monkeypatch.setattr(requests, "Crew", Watched)
    worker = Worker(Setup([], Named("collections:deque"), seed=1, note=str(note)))
    result = worker.answer(Run(Scenario.parse("-> a.append(1) || a.append(2) -> len(a)"), 10, 60.0))
    worker._note.close()
    assert seen == [0.0] and result.invocations == 10
