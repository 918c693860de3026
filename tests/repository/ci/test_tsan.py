"""Does `ci.tsan` find or make the interpreter, never pass without one, and do its suppressions lie beside it?"""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from ci import interpreters, matrix, sanitize, tsan
from ci.builds import Build, Interpreter
from ci.compiled import HEADERS
from ci.console import CiError, Reporter
from ci.sanitizers import CLANG, SUPPRESSIONS, THREAD, keep_suppressions

pytestmark = pytest.mark.one_build


def archive(folder: Path, *names: str) -> Path:
    """Return a source archive that has these files."""
    file = folder / "text"
    file.write_text("race:f\n")
    path = folder / "python.tar.xz"
    with tarfile.open(path, "w:xz") as made:
        for name in names:
            made.add(file, f"Python-3.13.15/{name}")
    return path


def prefix(folder: Path) -> Interpreter:
    made = folder / "builds" / "3.13.15t" / "bin" / "python3.13t"
    made.parent.mkdir(parents=True)
    return Interpreter(Build.parse("3.13t"), (3, 13, 15), made, "built from source")


def test_suppressions_come_out_of_the_source_archive(tmp_path: Path) -> None:
    keep_suppressions(archive(tmp_path, "Tools/tsan/suppressions.txt", "Modules/main.c"), tmp_path)
    assert [path.name for path in (tmp_path / SUPPRESSIONS).iterdir()] == ["suppressions.txt"]
    assert not (tmp_path / "Modules").exists()


def test_an_archive_without_suppressions_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CiError, match="has no Tools/tsan"):
        keep_suppressions(archive(tmp_path, "Modules/main.c"), tmp_path)


def test_a_build_that_lacks_them_gets_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, asked = prefix(tmp_path), []

    class Ways:
        def __init__(self, *_: object) -> None:
            asked.append("ways")

        def source(self, _: str) -> tuple[tuple[int, int, int], Path]:
            return (3, 13, 15), archive(tmp_path, "Tools/tsan/suppressions.txt")

        def clean(self) -> None:
            asked.append("clean")

    monkeypatch.setattr(sanitize, "finished", lambda *_: [made])
    monkeypatch.setattr(interpreters, "MachineWays", Ways)
    for _ in range(2):  # the second time they are there
        assert sanitize.interpreter_for(THREAD, "clang", tmp_path, Reporter()) == made
    assert asked == ["ways", "clean"] and (sanitize.prefix_of(made) / SUPPRESSIONS / "suppressions.txt").exists()


def test_one_command_prints_the_path(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sanitize, "thread_python", lambda _: Path("/made/python"))
    assert sanitize.main(["--python"]) == 0
    assert capsys.readouterr().out == "/made/python\n"


def test_a_sanitizer_or_the_interpreter_has_to_be_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        sanitize.main([])
    assert "name a sanitizer" in capsys.readouterr().err


def test_an_interpreter_that_is_named_is_taken_and_one_that_is_none_fails(tmp_path: Path) -> None:
    (tmp_path / "python").touch(0o755)
    assert tsan.interpreter({tsan.VARIABLE: str(tmp_path / "python")}) == str(tmp_path / "python")
    with pytest.raises(CiError, match="that is no program"):
        tsan.interpreter({tsan.VARIABLE: str(tmp_path / "none")})


def test_without_a_name_it_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tsan, "thread_python", lambda _: Path("/made/python"))
    assert tsan.interpreter({}) == "/made/python"


def test_the_nightly_workflow_installs_what_the_interpreter_needs_and_runs_the_environment() -> None:
    text = (tsan.ROOT / ".github" / "workflows" / "nightly.yml").read_text(encoding="utf-8")
    before, run, _ = text.partition("run: ./ci/test --all")
    assert run and set(CLANG) | set(HEADERS) <= set(before.split())
    assert matrix.TSAN in matrix.NIGHTLY
