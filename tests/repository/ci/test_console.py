"""Are errors of use to a person, and does an interrupted child leave nothing behind?"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ci.console import CiError, Interrupted, Reporter, duration, run_captured, run_child, run_main, tail

pytestmark = pytest.mark.one_build


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min 00 s"), (95, "1 min 35 s"), (3599.9, "1 h 00 min"), (7500, "2 h 05 min")],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_an_error_gives_fact_cause_and_next_step() -> None:
    text = str(CiError("it broke", "a cable", "plug it in"))
    assert text == "error: it broke\n  likely cause: a cable\n  next step: plug it in"
    assert str(CiError("it broke")) == "error: it broke"


def test_steps_are_one_line_each_when_nobody_watches() -> None:
    said = io.StringIO()
    with Reporter(said, "x").step("quick", usual=5):
        pass
    assert said.getvalue() == "x: quick ... (usually 5 s)\n"
    with pytest.raises(ValueError, match="no"), Reporter(said, "x").step("bad"):
        raise ValueError("no")
    assert said.getvalue().endswith("x: bad: failed in 0 s\n")
    with pytest.raises(Interrupted), Reporter(said, "x").step("cut"):
        raise Interrupted(15)
    assert said.getvalue().endswith("x: cut: interrupted in 0 s\n")


def test_the_tail_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("\n".join(str(number) for number in range(100)))
    assert tail(log, 2) == "    98\n    99"
    assert "cannot be read" in tail(tmp_path / "none")


def test_the_output_of_a_child_goes_to_its_log(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "child.log"
    status = run_child([sys.executable, "-c", "import sys; print('out'); sys.exit(3)"], log=log, timeout=60)
    assert status == 3
    assert "out" in log.read_text()
    assert run_child([str(tmp_path / "absent")], log=log) == 127
    assert "cannot start" in log.read_text()


def test_a_short_command_never_raises(tmp_path: Path) -> None:
    assert run_captured([sys.executable, "-c", "print(1)"])[:2] == (0, f"1{os.linesep}")
    assert run_captured([str(tmp_path / "absent")])[0] == 127
    status, _, reason = run_captured([sys.executable, "-c", "import sys; sys.stdin.read(); input()"], timeout=60)
    assert status == 1
    assert "EOFError" in reason


@pytest.mark.skipif(os.name != "posix", reason="process groups are of POSIX")
def test_nothing_of_a_child_s_group_survives_its_time_limit(tmp_path: Path) -> None:
    # The pipe closes only when the last process that holds its end has ended, grandchildren included.
    read_end, write_end = os.pipe()
    script = "sleep 600 & sleep 600"
    try:
        with pytest.raises(subprocess.TimeoutExpired):
            run_child(["sh", "-c", script], log=tmp_path / "log", timeout=0.3, inherit_fds=(write_end,))
    finally:
        os.close(write_end)
    with os.fdopen(read_end, "rb") as pipe:
        assert pipe.read() == b""


@pytest.mark.parametrize(
    ("raised", "status"), [(CiError("bad"), 2), (KeyboardInterrupt(), 130), (Interrupted(15), 143), (None, 7)]
)
def test_exit_statuses(raised: BaseException | None, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> int:
        if raised is not None:
            raise raised
        return 7

    with pytest.raises(SystemExit) as caught:
        run_main(main)
    assert caught.value.code == status
    assert "Traceback" not in capsys.readouterr().err
