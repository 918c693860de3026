"""Do `lockproof explore` and `lockproof replay` understand what they are given, and say what came of it?"""

from __future__ import annotations

import ast
import json
import os
import select
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lockproof.cli import commands as cli
from lockproof.core.errors import LockproofError
from lockproof.core.options import ExploreOptions, Progress
from lockproof.core.verdict import Consistency, Interrupted, Report
from tests.lockproof.campaign.test_replay import source
from tests.lockproof.cli.test_process import LONGEST, environment, run
from tests.lockproof.report.samples import DEADLOCK, DIFFERENT, HELD, MASKED, NOT_AGAIN, UNKNOWN
from tests.lockproof.report.test_jsonfile import REPORT

pytestmark = pytest.mark.thread_unsafe(reason="catches what is printed in the whole process, and starts processes")

Tell = Callable[[Progress], None]


class FakeExploration:
    """Stands in for the campaign: keeps the target and the options, and returns or raises `answer`."""

    target: str
    options: ExploreOptions
    replayed: tuple[Path, int, float | None]
    answer: Report | BaseException = HELD

    def _answer(self, progress: Tell) -> Report:
        progress(Progress("exploring", 1.0, 10.0, 0, 4000, "shop.races:transfer", 1))
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    def explore_target(self, target: str, options: ExploreOptions, progress: Tell, *_: object) -> Report:
        self.target, self.options = target, options
        return self._answer(progress)

    def replay_file(self, path: Path, times: int, hang: float | None, progress: Tell) -> Report:
        self.replayed = path, times, hang
        return self._answer(progress)


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> FakeExploration:
    """Put an exploration and a replay in the place of the real ones."""
    fake = FakeExploration()
    monkeypatch.setattr(cli, "explore_target", fake.explore_target)
    monkeypatch.setattr(cli, "replay_file", fake.replay_file)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return fake


COMMANDS = [["explore", "shop.races:transfer"], ["replay", "found.json"]]
BOTH = pytest.mark.parametrize("words", COMMANDS, ids=["explore", "replay"])


@BOTH
@pytest.mark.parametrize(
    ("report", "status", "word"),
    [(HELD, 0, "HELD"), (MASKED, 1, "VIOLATION"), (DEADLOCK, 1, "deadlock"), (UNKNOWN, 3, "UNKNOWN")],
    ids=["held", "masked", "deadlock", "unknown"],
)  # fmt: skip
def test_the_status_is_that_of_the_verdict(
    fake: FakeExploration, capsys: pytest.CaptureFixture[str], words: list[str], report: Report, status: int, word: str
) -> None:
    fake.answer = report
    assert cli.main(words) == status
    assert word in capsys.readouterr().out


def test_what_is_not_given_has_the_defaults_of_the_options(fake: FakeExploration) -> None:
    cli.main(["explore", "shop.races:transfer"])
    assert (fake.target, fake.options) == ("shop.races:transfer", ExploreOptions())
    assert isinstance(fake.options.consistency, Consistency)
    cli.main(["replay", "found.json"])
    assert fake.replayed == (Path("found.json"), ExploreOptions.times, None)


def test_every_option_reaches_the_exploration(fake: FakeExploration) -> None:
    words = "--budget 2m --seed 5 --bound 3 --strategy pct --model set --factory m:f --consistency quiescent"
    more = ["--scenario", "a.add(1) || len(a)", "--schedule", "free:1x3", "--times", "7", "--hang", "500ms"]
    words += " --schedules 400"
    assert cli.main(["explore", "a/b.py:Bag", *words.split(), *more, "--memory", "512"]) == 0
    assert fake.options == ExploreOptions(
        budget=120.0,
        seed=5,
        bound=3,
        strategy="pct",
        consistency=Consistency.QUIESCENT,
        model="set",
        factory="m:f",
        scenario="a.add(1) || len(a)",
        schedule="free:1x3",
        times=7,
        hang=0.5,
        memory=512,
        schedules=400,
    )
    cli.main(["replay", "found.json", "--times", "100", "--hang", "2s"])
    assert fake.replayed == (Path("found.json"), 100, 2.0)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("explore", "Missing argument 'TARGET'"),
        ("explore m:f --budget soon", "'soon' is no length of time"),
        ("explore m:f --bound -1", "--bound"),
        ("explore m:f --times 0", "--times"),
        ("explore m:f --schedules 0", "--schedules"),
        ("explore m:f --strategy ptc", "did you mean pct"),
        ("explore m:f --strategy any", "choose from portfolio, traces,"),
        ("explore m:f --json /no/such/place/report.json", "no directory /no/such/place"),
        ("explore m:f --emit-test .", "it is a directory"),
        ("replay", "Missing argument 'FILE'"),
        ("replay f.json --times x", "--times"),
        ("replay f.json --json .", "it is a directory"),
        ("replay f.json g.json", "unexpected extra argument"),
    ],
)
def test_wrong_usage_is_told_with_status_2_and_nothing_is_run(
    fake: FakeExploration, capsys: pytest.CaptureFixture[str], line: str, says: str
) -> None:
    fake.answer = AssertionError("it ran")
    assert cli.main(line.split()) == 2
    said = capsys.readouterr()
    assert says in " ".join(said.err.split())
    assert said.out == "" and "Traceback" not in said.err


@BOTH
def test_a_mistake_of_the_user_has_no_traceback_and_a_fault_of_lockproof_has_one(
    fake: FakeExploration, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    fake.answer = LockproofError("there is no module shop", "a misspelt name", "install it")
    assert cli.main(words) == 2
    expected = "lockproof: there is no module shop\n  likely cause: a misspelt name\n  next step: install it\n"
    assert capsys.readouterr().err == expected
    fake.answer = ZeroDivisionError("oops")
    assert cli.main(words) == 4
    assert "a fault of lockproof itself" in capsys.readouterr().err


@BOTH
def test_an_interrupt_is_one_line_and_status_130(
    fake: FakeExploration, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    fake.answer = KeyboardInterrupt()
    assert cli.main(words) == 130
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("lockproof: interrupted while exploring") and said.err.count("\n") == 1


def test_what_was_found_before_an_interrupt_is_shown_and_written(
    fake: FakeExploration, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    fake.answer = Interrupted(DEADLOCK)
    assert cli.main(["explore", "m:f", "--json", str(tmp_path / "report.json")]) == 130
    assert "Finding 1: deadlock" in capsys.readouterr().out
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["findings"]


@BOTH
def test_the_file_has_what_the_schema_says(fake: FakeExploration, tmp_path: Path, words: list[str]) -> None:
    for report in (MASKED, DEADLOCK, NOT_AGAIN, HELD):
        fake.answer = report
        cli.main([*words, "--json", str(tmp_path / "report.json")])
        document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
        REPORT.validate(document)
        assert document == json.loads(json.dumps(report.to_json()))


@pytest.mark.parametrize("command", ["explore", "check"])
def test_a_test_is_written_if_something_was_found(
    fake: FakeExploration,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    monkeypatch.setattr(cli, "check_target", fake.explore_target)
    file = tmp_path / "test_found.py"
    fake.answer = HELD
    assert cli.main([command, "shop.bags:Bag", "--emit-test", str(file)]) == 0
    assert "nothing was found, so no test was written" in capsys.readouterr().err
    fake.answer = UNKNOWN
    assert cli.main([command, "shop.bags:Bag", "--emit-test", str(file)]) == 3
    said = capsys.readouterr().err
    assert "not everything was judged (40 scenarios were not run" in said and "  next step: give the model" in said
    assert not file.exists()
    fake.answer = DIFFERENT
    assert cli.main([command, "shop.bags:Bag", "--emit-test", str(file)]) == 1
    assert (
        "the lines above already repeat what one thread alone shows, so no test was written" in capsys.readouterr().err
    )
    fake.answer = MASKED
    assert cli.main([command, "shop.bags:Bag", "--emit-test", str(file)]) == 1
    assert f"the test is in {file}" in capsys.readouterr().err
    ast.parse(file.read_text(encoding="utf-8"))


def help_of(capsys: pytest.CaptureFixture[str], command: str) -> str:
    assert cli.main([command, "--help"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", ["explore", "replay"])
def test_help_teaches_by_examples_and_names_every_status(capsys: pytest.CaptureFixture[str], command: str) -> None:
    text = help_of(capsys, command)
    assert "Examples:\n" in text and f"lockproof {command} " in text
    for status in "0123":
        assert f"    {status}    " in text


@pytest.mark.parametrize("command", ["explore", "replay"])
def test_the_examples_in_the_help_are_understood(
    fake: FakeExploration, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    lines = [line.split("     ")[0].strip() for line in help_of(capsys, command).splitlines()]
    pieces = [piece.strip() for line in lines if line.startswith("lockproof ") for piece in line.split(";")]
    examples = [shlex.split(piece)[1:] for piece in pieces if piece.startswith(f"lockproof {command} ")]
    assert len(examples) >= 2
    for words in examples:
        assert cli.main(words) == 0, words


@pytest.fixture
def money(tmp_path: Path) -> Path:
    (tmp_path / "money.py").write_text(source(locked=False), encoding="utf-8")
    return tmp_path


@pytest.mark.iterations(1)
@pytest.mark.two_builds
def test_from_exploring_to_the_replay_of_the_mended_program(money: Path) -> None:
    words = ["explore", "money.py:lost", "--budget", "60s", "--json", "found.json", "--emit-test", "test_lost.py"]
    done = run("-m", "lockproof", *words, cwd=money)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "GIL-masked" in done.stdout
    REPORT.validate(json.loads((money / "found.json").read_text(encoding="utf-8")))
    assert "lockproof.explore(" in (money / "test_lost.py").read_text(encoding="utf-8")
    (command,) = [line for line in done.stdout.splitlines() if line.startswith("    lockproof explore ")]
    again = run("-m", *shlex.split(command), cwd=money)
    assert again.returncode == 1, again.stdout + again.stderr
    replayed = run("-m", "lockproof", "replay", "found.json", "--times", "20", "--json", "again.json", cwd=money)
    assert replayed.returncode == 1, replayed.stdout + replayed.stderr
    assert "failed in 20 of 20 runs" in replayed.stdout
    REPORT.validate(json.loads((money / "again.json").read_text(encoding="utf-8")))
    (money / "money.py").write_text(source(locked=True), encoding="utf-8")
    refused = run("-m", "lockproof", "replay", "found.json", cwd=money)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "money.py has changed since" in refused.stderr and "Traceback" not in refused.stderr
    held = run("-m", "lockproof", "explore", "money.py:lost", "--strategy", "preemptions", "--json", "-", cwd=money)
    assert held.returncode == 0, held.stdout + held.stderr
    REPORT.validate(json.loads(held.stdout))


@pytest.mark.one_build
@pytest.mark.parametrize(
    "line",
    [
        "explore money.py:Money",
        "explore money.py:nothing",
        "explore nothing.py:lost",
        "explore money.py:lost --schedule often:1x1",
        'explore money.py:Money --scenario "a.pay() ||"',
        "replay broken.json",
        "replay nothing.json",
    ],
)
def test_a_real_mistake_has_no_traceback(
    money: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], line: str
) -> None:
    (money / "broken.json").write_text("{", encoding="utf-8")
    monkeypatch.chdir(money)
    monkeypatch.setattr(sys, "path", list(sys.path))
    assert cli.main(shlex.split(line)) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("lockproof: ") and "Traceback" not in said.err


ENDLESS = """\
import os, threading

alive = os.open("alive", os.O_WRONLY)  # open until this process ends
runs = []

def lost() -> None:
    lock, seen = threading.Lock(), []
    def work() -> None:
        for k in range(9):
            with lock:
                seen.append(k)
    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    runs.append(1)
    if len(runs) == 50:
        os.write(alive, b"x")
"""


def read(pipe: int) -> bytes:
    """Return the next bytes of a pipe; none if no process has it open for writing."""
    assert select.select([pipe], [], [], LONGEST)[0], "nothing came in time"
    return os.read(pipe, 100)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes, and signals are sent otherwise")
@pytest.mark.iterations(1)
@pytest.mark.two_builds
@pytest.mark.parametrize("sent", ["SIGINT", "SIGTERM"])
def test_ctrl_c_leaves_no_process_and_says_what_was_covered(tmp_path: Path, sent: str) -> None:
    (tmp_path / "endless.py").write_text(ENDLESS, encoding="utf-8")
    os.mkfifo(tmp_path / "alive")
    pipe = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)
    # A shell starts what runs in the background with the signal ignored, and these tests may be started so.
    code = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from lockproof.cli import commands as cli; "
        "sys.exit(cli.main(['explore', 'endless.py:lost', '--budget', '10m']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        encoding="utf-8", env=environment(),
    ) as process:  # fmt: skip
        try:
            assert read(pipe) == b"x"
            process.send_signal(signal.Signals[sent])
            out, err = process.communicate(timeout=LONGEST)
            assert read(pipe) == b""  # the process that explored is gone
        finally:
            process.kill()
            os.close(pipe)
    assert process.returncode == 130, out + err
    assert "lockproof: interrupted while exploring" in err and "Traceback" not in err
    assert out.startswith("endless.py:lost: ") and "VIOLATION" not in out
