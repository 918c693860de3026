"""Do units on a Dask cluster have the outcomes that they have here, whatever happens to its workers?

The first tests need no cluster. The others start one, of processes on this machine. Where SUITE_OTHER_PYTHON names an
interpreter that has distributed too, one of its workers runs on that.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import lockproof
from lockproof.audit.cluster import on_worker
from lockproof.audit.cluster.clusters import TRIES
from lockproof.audit.cluster.driver import ClusterRunner
from lockproof.audit.runner import LocalRunner
from lockproof.core.codec import encode
from lockproof.core.errors import LockproofError
from lockproof.core.options import CheckOptions, Progress
from lockproof.core.unit import Ending, Unit, UnitOutcome
from lockproof.core.verdict import Verdict
from lockproof.report.issues import fingerprint_of
from tests.lockproof.audit.test_running import SOURCE

pytestmark = [pytest.mark.one_build, pytest.mark.thread_unsafe(reason="starts processes")]

on_a_cluster = [
    pytest.mark.nightly("starts a scheduler and workers, each an interpreter that imports Dask"),
    pytest.mark.skipif(importlib.util.find_spec("distributed") is None, reason="distributed is installed on 3.14 only"),
    pytest.mark.filterwarnings("ignore"),  # those of Dask about itself
    pytest.mark.timeout(300),
]

SOURCES = Path(lockproof.__file__).parents[1]
LONGEST = 120.0

DEADLY = """
import os

class Deadly:
    def __init__(self):
        unit = os.getppid()
        with open(f"/proc/{unit}/stat") as file:
            worker = int(file.read().rpartition(")")[2].split()[1])
        with open(f"/proc/{worker}/cmdline") as file:
            if "spawn_main" not in file.read():
                return  # the worker is gone, and this is who took over its processes
        with open("began", "a") as file:
            file.write(f"{worker}\\n")
        os.kill(worker, 9)

class Counted:
    def __init__(self):
        with open("began", "a") as file:
            file.write("x")
    def get(self):
        return 1
    def put(self):
        self.n = 1
"""


def unit(target: str = "counted:Counter", **options: Any) -> Unit:
    return Unit(target, replace(CheckOptions(budget=2.0, seed=1, engine="schedules"), **options))


def test_a_worker_with_another_version_runs_nothing_and_says_which_it_has() -> None:
    answer = json.loads(on_worker.run_unit(json.dumps(encode(unit("missing:Class"))), "run", 0, "0.0.9"))
    assert answer == {"version": lockproof.__version__}


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(LockproofError) as raised:
        list(ClusterRunner("local").run_all([unit()]))
    assert raised.value.step == "pip install distributed"


# ----------------------------------------------------------------------------------------------- with a cluster


class Cluster:
    """A scheduler and workers, each a process in `folder`."""

    def __init__(self, folder: Path, ending: contextlib.ExitStack) -> None:
        self._folder, self._ending = folder, ending
        self.address = ""

    def scheduler(self) -> None:
        file = self._folder / "scheduler.json"
        self._start(sys.executable, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
                    "--dashboard-address", "127.0.0.1:0", "--scheduler-file", str(file))  # fmt: skip
        until(lambda: file.exists() and file.read_text() != "")
        self.address = json.loads(file.read_text())["address"]

    def worker(self, *words: str, python: str = sys.executable) -> subprocess.Popen[bytes]:
        return self._start(python, "worker", self.address, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny",
                           "--no-dashboard", *words)  # fmt: skip

    def _start(self, python: str, what: str, *words: str) -> subprocess.Popen[bytes]:
        command = [python, "-m", f"distributed.cli.dask_{what}", *words]
        with (self._folder / f"{what}.log").open("ab") as log:
            process = subprocess.Popen(
                command, cwd=self._folder, stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(SOURCES)}
            )
        self._ending.callback(process.wait, LONGEST)
        self._ending.callback(process.kill)
        return process


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + LONGEST
    while not true():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.05)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "counted.py").write_text(SOURCE)
    (tmp_path / "deadly.py").write_text(DEADLY)
    return tmp_path


@pytest.fixture
def cluster(folder: Path) -> Iterator[Cluster]:
    with contextlib.ExitStack() as ending:
        made = Cluster(folder, ending)
        made.scheduler()
        yield made


def facts(outcomes: Sequence[UnitOutcome]) -> list[object]:
    found = []
    for each in outcomes:
        assert each.report is not None, each.trace
        prints = sorted(fingerprint_of(each.report.subject, finding) for finding in each.report.findings)
        found.append((each.unit.options.seed, each.ending, each.report.verdict, prints))
    return sorted(found, key=repr)


class TestOnACluster:
    """One scheduler and its workers."""

    pytestmark = on_a_cluster

    def test_a_killed_worker_loses_nothing(self, cluster: Cluster, folder: Path) -> None:
        units = [unit(seed=seed) for seed in range(4)]
        doomed = cluster.worker("--name", "doomed")
        killed = threading.Event()

        def kill_the_first(_: Unit, progress: Progress) -> None:
            if progress.phase == "exploring" and not killed.is_set():
                killed.set()
                doomed.kill()
                cluster.worker(python=os.environ.get("SUITE_OTHER_PYTHON", sys.executable))

        there = list(ClusterRunner(cluster.address).run_all(units, kill_the_first))
        assert killed.is_set() and doomed.wait(LONGEST) == -signal.SIGKILL
        assert {each.report.verdict for each in there if each.report} == {Verdict.VIOLATION}
        assert facts(there) == facts(list(LocalRunner(2, folder).run_all(units)))
        builds = {each.report.environment.build for each in there if each.report}
        other = os.environ.get("SUITE_OTHER_PYTHON")
        assert other is None or len(builds) >= 1

    def test_two_builds_share_the_units(self, cluster: Cluster) -> None:
        cluster.worker("--resources", "first=1")
        cluster.worker("--resources", "second=1", python=os.environ.get("SUITE_OTHER_PYTHON", sys.executable))
        outcomes = [
            each
            for resource in ("first", "second")
            for each in ClusterRunner(cluster.address, resource=resource).run_all([unit(seed=5)])
        ]
        assert facts(outcomes[:1]) == facts(outcomes[1:])
        builds = [each.report.environment.build for each in outcomes if each.report]
        assert len(set(builds)) == (2 if "SUITE_OTHER_PYTHON" in os.environ else 1), builds

    def test_a_worker_with_another_version_is_refused_before_and_after_the_start(
        self, cluster: Cluster, folder: Path
    ) -> None:
        (folder / "older.py").write_text("import lockproof\nlockproof.__version__ = '0.0.9'\n")
        older = cluster.worker("--preload", str(folder / "older.py"))
        warned: list[LockproofError] = []
        runner = ClusterRunner(cluster.address, warn=warned.append)
        wait_for_workers(cluster.address, 1)
        with pytest.raises(LockproofError, match=r"another lockproof than this one, .*has 0\.0\.9"):
            list(runner.run_all([unit()]))
        older.kill()
        older.wait(LONGEST)
        cluster.worker()
        wait_for_workers(cluster.address, 1)
        joined = threading.Event()

        def join(_: Unit, progress: Progress) -> None:
            if not joined.is_set():
                joined.set()
                cluster.worker("--preload", str(folder / "older.py"))

        units = [unit("queue:Queue", seed=seed, budget=6.0, engine="both") for seed in range(6)]
        outcomes = list(runner.run_all(units, join))
        assert [each.ending for each in outcomes] == [Ending.CHECKED] * 6
        assert len(warned) == 1 and "0.0.9" in warned[0].fact and "install lockproof" in warned[0].step

    def test_a_driver_that_is_gone_leaves_nothing_that_runs(self, cluster: Cluster, folder: Path) -> None:
        cluster.worker()
        driver = start_check("queue:Queue", "--dask", cluster.address, folder=folder)
        until(lambda: running_units(folder) != [])
        driver.kill()
        driver.wait(LONGEST)
        until(lambda: running_units(folder) == [])

    def test_an_address_where_nobody_answers_is_told(self) -> None:
        with pytest.raises(LockproofError, match="no scheduler of Dask answers at nowhere:1"):
            list(ClusterRunner("nowhere:1").run_all([unit()]))


class TestOnThisMachine:
    """`--dask local`."""

    pytestmark = on_a_cluster

    def test_ctrl_c_reports_and_leaves_no_process(self, folder: Path) -> None:
        before = set(listening())
        driver = start_check("deadly:Counted", "--dask", "local", folder=folder)
        until(lambda: (folder / "began").exists() and (folder / "began").stat().st_size > 1_000)
        assert {host for host, _ in set(listening()) - before} == {"127.0.0.1"}
        family = descendants(driver.pid)
        assert len(family) >= 3
        os.killpg(driver.pid, signal.SIGINT)  # as a terminal does
        out, err = driver.communicate(timeout=LONGEST)
        assert driver.returncode == 130, err
        assert "deadly:Counted: " in out and "interrupted" in err and "Traceback" not in err
        until(lambda: not any(map(alive, family)))
        assert running_units(folder) == []

    def test_a_unit_that_kills_its_workers_fails_after_three(self, folder: Path, monkeypatch: Any) -> None:
        monkeypatch.chdir(folder)
        [outcome] = ClusterRunner("local").run_all([unit("deadly:Deadly")])
        assert outcome.ending is Ending.FAILED
        assert outcome.trace.startswith(f"{TRIES} workers were lost while they ran this unit: tcp://127.0.0.1")
        assert len(set((folder / "began").read_text().split())) == TRIES


def start_check(*words: str, folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "lockproof", "check", *words, "--budget", "100s"], cwd=folder, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(SOURCES)},
    )  # fmt: skip


def wait_for_workers(address: str, number: int) -> None:
    client = importlib.import_module("distributed").Client(address, set_as_default=False)
    with client:
        client.wait_for_workers(number, LONGEST)


def processes() -> Iterator[Any]:
    return iter(importlib.import_module("psutil").process_iter())


def running_units(folder: Path) -> list[int]:
    """Return the processes of units whose working directory this is."""
    found = []
    for each in processes():
        with contextlib.suppress(Exception):  # it ended
            if "lockproof.audit.unit_child" in each.cmdline() and each.cwd() == str(folder):
                found.append(each.pid)
    return found


def descendants(pid: int) -> list[Any]:
    root = importlib.import_module("psutil").Process(pid)
    return [root, *root.children(recursive=True)]


def alive(process: Any) -> bool:
    return bool(process.is_running() and process.status() != "zombie")


def listening() -> list[tuple[str, int]]:
    found = importlib.import_module("psutil").net_connections("tcp")
    return [(each.laddr.ip, each.laddr.port) for each in found if each.status == "LISTEN"]
