"""Is a tool's environment made once, and taken as good only when it is finished?"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from ci import toolbox
from ci.console import CiError, Reporter

pytestmark = pytest.mark.one_build

REQUIREMENTS = ("tox>=4", "tox-uv")


class Children:
    """A stand-in for venv and pip that leaves what they leave."""

    def __init__(self, fail_at: str = "", interrupt_at: str = "") -> None:
        self.fail_at, self.interrupt_at = fail_at, interrupt_at
        self.steps: list[str] = []

    def __call__(self, command: Sequence[str], **_options: object) -> int:
        step = command[3]
        self.steps.append(step)
        if step == self.interrupt_at:
            raise KeyboardInterrupt
        if step == self.fail_at:
            return 1
        scripts = toolbox.scripts_directory(Path(command[-1]) if step == "venv" else Path(command[0]).parent.parent)
        scripts.mkdir(parents=True, exist_ok=True)
        suffix = Path(command[0]).suffix if step == "pip" else toolbox._script(scripts, "x").suffix
        (scripts / (("python" if step == "venv" else "tox") + suffix)).touch()
        return 0


def tool(
    cache: Path, children: Children, monkeypatch: pytest.MonkeyPatch, wanted: Sequence[str] = REQUIREMENTS
) -> Path:
    monkeypatch.setattr(toolbox, "run_child", children)
    return toolbox.tool(cache, "tox", wanted, Path("/a/python"), Reporter(io.StringIO()), cache / "log")


def test_a_tool_is_set_up_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = Children(), Children()
    assert tool(tmp_path, first, monkeypatch) == tool(tmp_path, second, monkeypatch)
    assert (first.steps, second.steps) == (["venv", "pip"], [])
    assert tool(tmp_path, second, monkeypatch).exists()


def test_other_requirements_or_a_python_that_is_gone_make_it_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tool(tmp_path, Children(), monkeypatch)
    again = Children()
    tool(tmp_path, again, monkeypatch, ["tox>=5"])
    assert again.steps == ["venv", "pip"]
    toolbox._script(tmp_path / "tools" / "tox", "python").unlink()
    assert tool(tmp_path, again, monkeypatch, ["tox>=5"]) == script
    assert again.steps == ["venv", "pip"] * 2


@pytest.mark.parametrize("step", ["venv", "pip"])
def test_what_is_cut_off_or_fails_is_not_taken_as_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    with pytest.raises(KeyboardInterrupt):
        tool(tmp_path, Children(interrupt_at=step), monkeypatch)
    with pytest.raises(CiError, match="for tox failed") as caught:
        tool(tmp_path, Children(fail_at=step), monkeypatch)
    assert "out of reach" in caught.value.cause
    assert "python3-venv" in caught.value.next_step
    again = Children()
    assert tool(tmp_path, again, monkeypatch).exists()
    assert again.steps == ["venv", "pip"]
