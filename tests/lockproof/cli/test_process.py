"""Does the command behave as a process should: what it needs, signals, pipes, and a check from end to end?"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import lockproof
from tests.lockproof.report.test_jsonfile import REPORT

pytestmark = [pytest.mark.thread_unsafe(reason="starts processes"), pytest.mark.one_build]

SOURCES = Path(lockproof.__file__).parents[1]
ROOT = Path(__file__).resolve().parents[3]
LONGEST = 60


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCES), str(ROOT)]), "PYTHONIOENCODING": "utf-8", **more}


def run(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    given = {"capture_output": True, "text": True, "encoding": "utf-8", "timeout": LONGEST, "env": environment()}
    return subprocess.run([sys.executable, *words], check=False, **{**given, **more})


@pytest.mark.one_build
@pytest.mark.parametrize("name", ["click", "cloudpickle", "rich"])
def test_a_missing_library_is_named_with_what_to_do(name: str) -> None:
    code = f"import sys; sys.modules[{name!r}] = None; from lockproof.__main__ import main; sys.exit(main())"
    done = run("-c", code, "--help")
    assert done.returncode == 2
    assert f"lockproof needs {name}, which this Python does not have" in done.stderr
    assert "pip install lockproof" in done.stderr
    assert "Traceback" not in done.stderr


def test_nothing_is_missing_here() -> None:
    done = run("-m", "lockproof", "--version")
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.one_build
def test_an_older_python_is_told_what_is_needed() -> None:
    code = "import sys; sys.version_info = (3, 12, 4); from lockproof.__main__ import main; sys.exit(main())"
    done = run("-c", code)
    assert done.returncode == 2
    assert "lockproof needs Python 3.13 or newer, and this is 3.12" in done.stderr
    assert "Traceback" not in done.stderr


FAKE = """\
import signal, sys, threading
from lockproof.cli import commands as cli
from tests.lockproof.report.samples import LOST_UPDATE

def check_target(target, options, progress, kept):
    {body}

cli.check_target = check_target
sys.exit(cli.main(["check", "shop.bags:Bag"]))
"""


@pytest.mark.skipif(os.name != "posix", reason="signals are sent in another way there")
@pytest.mark.parametrize("sent", ["SIGINT", "SIGTERM"])
def test_ctrl_c_ends_it_with_one_line_and_status_130(sent: str) -> None:
    # A shell starts what runs in the background with the signal ignored, and these tests may be started so.
    listen = "signal.signal(signal.SIGINT, signal.default_int_handler)"
    # The stand-in waits in short turns, as the check does. Python handles a signal that comes just before a long wait
    # only after the wait.
    wait = f"[threading.Event().wait(0.05) for _ in range({20 * LONGEST})]"
    body = f"{listen}; print('ready', flush=True); {wait}"
    with subprocess.Popen(
        [sys.executable, "-c", FAKE.format(body=body)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None and process.stdout.readline() == "ready\n"
            process.send_signal(signal.Signals[sent])
            out, err = process.communicate(timeout=LONGEST)
        finally:
            process.kill()
    assert (process.returncode, out) == (130, "")
    assert err.startswith("lockproof: interrupted while starting") and err.count("\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="pipes break in another way there")
def test_a_reader_that_goes_away_does_not_change_the_status() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = run("-c", FAKE.format(body="return LOST_UPDATE"), stdout=writer, stderr=subprocess.PIPE,
                   capture_output=False)  # fmt: skip
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.one_build
def test_an_output_that_knows_ascii_alone_is_enough() -> None:
    done = run("-c", FAKE.format(body="return LOST_UPDATE"), env=environment(PYTHONIOENCODING="ascii"))
    assert done.returncode == 1
    assert "| a.try_add(1) -> True | a.try_add(1) -> True |" in done.stdout


BAG = """\
import os, threading

calls = vars(os).setdefault("calls", [])  # each run may execute this module anew

class Bag:
    def __init__(self):
        self._items, self._lock = [], threading.Lock()

    def try_add(self, item: int) -> bool:
        {broken}with self._lock:
            if item in self._items:
                return False
            os.sched_yield()
            self._items.append(item)
            return True

    def size(self) -> int:
        with self._lock:
            return len(self._items)
"""

RAN = "calls.append(1) or len(calls) == 40 and open('ran', 'w').close() or "
"""Makes a file in a process that runs scenarios: to find arguments takes far fewer calls."""


@pytest.mark.skipif(not hasattr(os, "sched_yield"), reason="the subject needs sched_yield")
def test_a_broken_class_is_found_and_the_command_finds_it_again(tmp_path: Path) -> None:
    (tmp_path / "bag.py").write_text(BAG.format(broken="if True:  # "))
    report = tmp_path / "report.json"
    words = ["check", "bag.py:Bag", "--budget", "8s", "--seed", "1", "--json", str(report)]
    done = run("-m", "lockproof", *words, cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    REPORT.validate(json.loads(report.read_text()))
    assert "not linearizable" in done.stdout
    (command,) = [line for line in done.stdout.splitlines() if line.startswith("    lockproof check ")]
    words = shlex.split(command)
    again = run("-m", *words, "--budget", "5s", "--invocations", "5000", cwd=tmp_path)
    assert again.returncode == 1, again.stdout + again.stderr


@pytest.mark.skipif(not hasattr(os, "sched_yield"), reason="the subject needs sched_yield")
def test_the_mended_class_holds(tmp_path: Path) -> None:
    (tmp_path / "bag.py").write_text(BAG.format(broken=""))
    done = run("-m", "lockproof", "check", "bag:Bag", "--budget", "300ms", "--seed", "1", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("bag:Bag: HELD: 2 of 2 methods, ")


@pytest.mark.skipif(not hasattr(os, "sched_yield"), reason="the subject needs sched_yield")
def test_a_misspelt_name_is_a_mistake_of_the_user_and_runs_nothing(tmp_path: Path) -> None:
    (tmp_path / "bag.py").write_text(BAG.format(broken="").replace("if item in", f"if {RAN}item in"))
    for command in ("check", "explore"):
        done = run("-m", "lockproof", command, "bag.py:Bag", "--scenario", "a.tyr_add(1) || a.size()", cwd=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert "Bag has no tyr_add" in done.stderr and "did you mean try_add?" in done.stderr
    assert not (tmp_path / "ran").exists()
    words = ("check", "bag.py:Bag", "--scenario", "a.try_add(1) || a.size()", "--budget", "300ms")
    assert run("-m", "lockproof", *words, cwd=tmp_path).returncode == 0
    assert (tmp_path / "ran").exists()


@pytest.mark.skipif(os.name != "posix", reason="signals are sent in another way there")
def test_a_check_that_is_ended_from_outside_is_not_held(tmp_path: Path) -> None:
    (tmp_path / "bag.py").write_text(BAG.format(broken="").replace("if item in", f"if {RAN}item in"))
    words = [sys.executable, "-m", "lockproof", "check", "bag.py:Bag", "--budget", "100s", "--json", "report.json"]
    with subprocess.Popen(
        words, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        try:
            end = time.monotonic() + LONGEST
            while time.monotonic() < end and not (tmp_path / "ran").exists():
                os.sched_yield()
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=LONGEST)
        finally:
            process.kill()
    assert process.returncode == 130, out + err
    assert "bag.py:Bag: UNKNOWN" in out and "it was interrupted after" in out and "next step: let it run" in out
    assert "HELD" not in out and "interrupted while" in err
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    REPORT.validate(document)
    assert document["verdict"] == "unknown" and "interrupted" in {each["code"] for each in document["unknown"]}


def test_a_target_that_is_not_there_is_a_mistake_of_the_user(tmp_path: Path) -> None:
    done = run("-m", "lockproof", "check", "bag.py:Bag", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "there is no file bag.py" in done.stderr and "Traceback" not in done.stderr
