"""Is an interpreter refused in which ThreadSanitizer sees nothing, and is a good one started with the right options?"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from lockproof.core.errors import LockproofError
from lockproof.engines.sanitizer.runtime import parsed, private_folder, runtime_for
from lockproof.engines.sanitizer.tsan_python import Interpreter, examined, symbolizer
from tests.lockproof.engines.sanitizer.stubs import stub

pytestmark = pytest.mark.one_build


def refused(path: str) -> str:
    with pytest.raises(LockproofError) as caught:
        examined(path)
    assert caught.value.cause and caught.value.step  # each says the likely cause and the next step
    return caught.value.fact


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ({"sanitized": False}, "is not built with ThreadSanitizer"),
        ({"free_threaded": False}, "has the GIL"),
        ({"version": [3, 12]}, "is cpython 3.12"),
        ({"name": "pypy"}, "is pypy 3.13"),
    ],
)
def test_an_interpreter_in_which_nothing_can_be_seen_is_refused(
    tmp_path: Path, said: dict[str, Any], fact: str
) -> None:
    assert fact in refused(stub(tmp_path, **said))


def test_an_interpreter_of_another_kind_is_refused_by_what_it_says_of_itself() -> None:
    assert "is not built with ThreadSanitizer" in refused(sys.executable)


def test_what_is_no_interpreter_is_refused(tmp_path: Path) -> None:
    assert "there is no such file" in refused(str(tmp_path / "none"))
    (tmp_path / "text").write_text("")
    assert "it is no program" in refused(str(tmp_path / "text"))
    assert "does not say what it is" in refused("/bin/true")


def test_the_suppressions_of_cpython_are_found_beside_the_interpreter(tmp_path: Path) -> None:
    tools = tmp_path / "Tools" / "tsan"
    tools.mkdir(parents=True)
    for name in ("suppressions.txt", "suppressions_free_threading.txt"):
        (tools / name).write_text("race:f\n")
    found = examined(stub(tmp_path, prefix=str(tmp_path)))
    assert found.suppressions == (tools / "suppressions_free_threading.txt",)
    assert examined(stub(tmp_path, prefix="/none", executable="/none/bin/python")).suppressions == ()


def tool(folder: Path, name: str = "llvm-symbolizer-19") -> str:
    path = folder / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return str(path)


def test_without_a_symbolizer_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LockproofError, match="no llvm-symbolizer on PATH") as caught:
        symbolizer(None, str(tmp_path))
    assert "neither names nor lines" in caught.value.cause and "external_symbolizer_path" in caught.value.step
    assert symbolizer(None, str(tmp_path / "x") + ":" + str(Path(tool(tmp_path)).parent)) == str(
        tmp_path / "llvm-symbolizer-19"
    )
    with pytest.raises(LockproofError, match="there is no /none/symbolizer"):
        symbolizer("/none/symbolizer", str(tmp_path))


def test_the_options_of_the_user_count_and_all_suppressions_come_together(tmp_path: Path) -> None:
    tool(tmp_path)
    for name, line in (("own.txt", "race:mine"), ("given.txt", "race_top:given"), ("cpython.txt", "race:of_cpython")):
        (tmp_path / name).write_text(f"# a comment\n\n{line}\n")
    options = f"suppressions='{tmp_path / 'given.txt'}':history_size=3 halt_on_error=1,log_path=stderr"
    interpreter = Interpreter("python", frozenset(), (tmp_path / "cpython.txt",))
    with private_folder() as folder:
        made = runtime_for(
            interpreter, [str(tmp_path / "own.txt")], Path(folder), {"TSAN_OPTIONS": options, "PATH": str(tmp_path)}
        )
        lines = Path(made.options["suppressions"]).read_text().splitlines()
        assert lines == ["race:mine", "race_top:given", "race:of_cpython"]
        given = parsed(made.variables("search")["TSAN_OPTIONS"])
        assert given["history_size"] == "3"
        assert (given["halt_on_error"], given["log_path"]) == ("0", f"{folder}/search")
        assert given["external_symbolizer_path"] == str(tmp_path / "llvm-symbolizer-19")
        assert "suppress_equal_stacks" not in given
        assert parsed(made.variables("probe", repeating=True)["TSAN_OPTIONS"])["suppress_equal_stacks"] == "0"
    assert not Path(folder).exists()


@pytest.mark.parametrize(("text", "fact"), [(None, "cannot be read"), ("tally_add\n", "has the line 'tally_add'")])
def test_a_file_of_suppressions_that_is_wrong_is_refused(tmp_path: Path, text: str | None, fact: str) -> None:
    tool(tmp_path)
    file = tmp_path / "own.txt"
    if text is not None:
        file.write_text(text)
    with pytest.raises(LockproofError, match=fact) as caught:
        runtime_for(Interpreter("python", frozenset(), ()), [str(file)], tmp_path, {"PATH": str(tmp_path)})
    assert caught.value.step
