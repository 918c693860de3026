"""Is the cache where it belongs, does the lock hold, and is a refusal remembered no longer than it should be?"""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ci.cache import Refusals, cache_directory, process_lock, write_atomically
from ci.console import CiError, Reporter

pytestmark = pytest.mark.one_build

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({"HOME": "/h"}, "linux", "/h/.cache/lockedset"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "/x"}, "linux", "/x/lockedset"),
        ({"HOME": "/h", "XDG_CACHE_HOME": "relative"}, "linux", "/h/.cache/lockedset"),
        ({"HOME": "/h"}, "darwin", "/h/Library/Caches/lockedset"),
        ({"HOME": "/h", "LOCALAPPDATA": "/local"}, "win32", "/local/lockedset"),
    ],
)
def test_cache_directory(environment: dict[str, str], platform: str, expected: str) -> None:
    assert cache_directory(environment, platform) == Path(expected)


def test_a_file_is_written_whole_and_leaves_no_draft(tmp_path: Path) -> None:
    target = tmp_path / "sub" / "note"
    write_atomically(target, "one")
    write_atomically(target, "two")
    assert target.read_text() == "two"
    assert list(target.parent.iterdir()) == [target]


def test_the_lock_is_free_again_after_use_and_after_an_error(tmp_path: Path) -> None:
    report = Reporter(io.StringIO())
    with pytest.raises(RuntimeError), process_lock(tmp_path / "lock", "one", report):
        raise RuntimeError
    with process_lock(tmp_path / "lock", "two", report, wait_seconds=0):
        assert "two" in (tmp_path / "lock.holder").read_text()
    assert not (tmp_path / "lock.holder").exists()


def test_a_waiter_says_whom_it_waits_for_and_goes_on_when_free(tmp_path: Path) -> None:
    said = io.StringIO()
    pauses = 0
    holder = process_lock(tmp_path / "lock", "building 3.13t", Reporter(io.StringIO()))
    holder.__enter__()

    def pause(_seconds: float) -> None:
        nonlocal pauses
        pauses += 1
        if pauses == 3:
            holder.__exit__(None, None, None)

    with process_lock(tmp_path / "lock", "waiting", Reporter(said), pause=pause, clock=lambda: float(pauses)):
        pass
    assert pauses == 3
    assert said.getvalue().count("waiting for") == 1
    assert f"process {os.getpid()}" in said.getvalue()
    assert "building 3.13t" in said.getvalue()


def test_waiting_ends_with_an_error_that_names_the_holder(tmp_path: Path) -> None:
    ticks = iter(range(0, 1000, 10))
    with (
        process_lock(tmp_path / "lock", "for ever", Reporter(io.StringIO())),
        pytest.raises(CiError, match="for ever"),
        process_lock(
            tmp_path / "lock",
            "waiting",
            Reporter(io.StringIO()),
            wait_seconds=60,
            pause=lambda _: None,
            clock=lambda: float(next(ticks)),
        ),
    ):
        pass


def test_a_holder_that_is_killed_gives_the_lock_back(tmp_path: Path) -> None:
    script = (
        "import io, sys; from pathlib import Path\n"
        "from ci.cache import process_lock; from ci.console import Reporter\n"
        "with process_lock(Path(sys.argv[1]), 'dying', Reporter(io.StringIO())):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "lock")],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        with (
            pytest.raises(CiError, match="dying"),
            process_lock(tmp_path / "lock", "too early", Reporter(io.StringIO()), wait_seconds=0),
        ):
            pass
        child.kill()
        child.wait(timeout=30)
    with process_lock(tmp_path / "lock", "after", Reporter(io.StringIO()), wait_seconds=30):
        pass


def test_a_refusal_is_believed_for_a_while_only(tmp_path: Path) -> None:
    now = 1000.0
    notes = Refusals(tmp_path / "refusals.json", now=lambda: now, keep=100)
    assert notes.recall("3.14") is None
    notes.remember("3.14", ("uv: no", "source: 404"))
    notes.remember("3.15", ("no",))
    now = 1099.0
    assert notes.recall("3.14") == ("uv: no", "source: 404")
    now = 1100.0
    assert notes.recall("3.14") is None
    now = 999.0
    assert notes.recall("3.14") is None
    now = 1001.0
    assert notes.recall("3.14") == ("uv: no", "source: 404")
    assert notes.recall("3.15") == ("no",)
    now = 1150.0
    notes.remember("3.14", ("again",))
    assert (notes.recall("3.14"), notes.recall("3.15")) == (("again",), None)


@pytest.mark.parametrize("text", ["", "[]", '{"3.14": 1}', '{"3.14": {"when": 1}}', '{"3.14": ["x", 1]}', "{"])
def test_a_damaged_note_is_forgotten(tmp_path: Path, text: str) -> None:
    path = tmp_path / "refusals.json"
    path.write_text(text)
    notes = Refusals(path)
    assert notes.recall("3.14") is None
    notes.remember("3.14", ("no",))
    assert notes.recall("3.14") is not None
