"""Is an interpreter what it says it is, and is a bad one refused?"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ci.builds import (
    Build,
    Interpreter,
    Release,
    clean_environment,
    order_releases,
    probe,
    read_probe,
    read_verification,
    verify,
)
from tests.repository.ci.fakes import posix_only

pytestmark = pytest.mark.one_build

STANDARD, FREE = Build.parse("3.13"), Build.parse("3.13t")


def answer(
    release: Release = (3, 13, 15), *, free: bool = False, gil: bool = True, final: bool = True, who: str = "cpython"
) -> dict[str, object]:
    return {
        "implementation": who,
        "release": list(release),
        "final": final,
        "free_threaded": free,
        "gil_enabled": gil,
        "path": "/opt/python",
    }


def test_names_of_a_build() -> None:
    assert (FREE.name, FREE.minor, FREE.tox_env, FREE.executable) == ("3.13t", "3.13", "py313t", "python3.13t")
    assert sorted([Build.parse("3.14"), FREE, STANDARD]) == [STANDARD, FREE, Build.parse("3.14")]


@pytest.mark.parametrize("text", ["", "3", "3.13.1", "2.7", "3.13tt", "t", "py313", " 3.13"])
def test_what_is_no_build(text: str) -> None:
    with pytest.raises(ValueError, match="is not a build"):
        Build.parse(text)


def test_releases_are_ordered_by_number() -> None:
    assert order_releases([(3, 13, 9), (3, 13, 15), (3, 13, 9)]) == [(3, 13, 15), (3, 13, 9)]


@pytest.mark.parametrize("free", [False, True])
def test_a_good_answer_is_taken(free: bool) -> None:
    found, reason = read_probe(answer(free=free, gil=not free), Path("/bin/x"), "PATH")
    assert reason == ""
    assert found == Interpreter(FREE if free else STANDARD, (3, 13, 15), Path("/opt/python"), "PATH")


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (answer((3, 13, 0)), "3.13.0 has bugs"),
        (answer((3, 15, 0), final=False), "pre-release"),
        (answer(free=True, gil=True), "a 3.13t build whose GIL is on"),
        (answer(free=False, gil=False), "a 3.13 build whose GIL is off"),
        (answer(who="pypy"), "is not CPython"),
        ({"implementation": "cpython"}, "is not CPython"),
    ],
)
def test_a_bad_answer_is_refused_with_the_reason(bad: dict[str, object], word: str) -> None:
    found, reason = read_probe(bad, Path("/bin/x"), "PATH")
    assert found is None
    assert word in reason


@pytest.mark.parametrize(("build", "gil"), [(STANDARD, True), (FREE, False)])
def test_a_complete_build_is_accepted(build: Build, gil: bool) -> None:
    assert read_verification({"lacking": {}, "gil_enabled": gil}, build) == ""


@pytest.mark.parametrize(
    ("said", "build", "word"),
    [
        ({"lacking": {"ssl": "ImportError", "bz2": "ImportError"}, "gil_enabled": True}, STANDARD, "lacks bz2, ssl"),
        ({"lacking": {}, "gil_enabled": True}, FREE, "GIL is on after its imports"),
        ({"lacking": {}, "gil_enabled": False}, STANDARD, "GIL is off"),
        ({}, STANDARD, "no list"),
    ],
)
def test_a_bad_build_is_refused(said: dict[str, object], build: Build, word: str) -> None:
    assert word in read_verification(said, build)


def test_this_interpreter_is_probed_and_verified_for_what_it_is() -> None:
    found, reason = probe(Path(sys.executable), "PATH")
    assert reason == ""
    assert found is not None
    assert found.release == sys.version_info[:3]
    assert found.build.free_threaded == (not getattr(sys, "_is_gil_enabled", lambda: True)())
    assert verify(found, ["json", "threading"]) == ""
    assert verify(found, ["json", "no_such_module_here"]) == "lacks no_such_module_here"


@posix_only
def test_what_does_not_run_is_told_with_its_last_words(tmp_path: Path) -> None:
    assert "does not run" in probe(tmp_path / "absent", "PATH")[1]
    broken = tmp_path / "python3"
    broken.write_text("#!/bin/sh\necho first >&2\necho last words >&2\nexit 3\n")
    broken.chmod(0o755)
    assert probe(broken, "PATH")[1] == f"{broken}: does not run (status 3: last words)"
    talker = tmp_path / "talker"
    talker.write_text("#!/bin/sh\necho hello\n")
    talker.chmod(0o755)
    assert "does not run" in probe(talker, "PATH")[1]


def test_the_clean_environment_has_nothing_that_steers_python() -> None:
    assert not [name for name in clean_environment() if name.startswith("PYTHON") or name == "VIRTUAL_ENV"]
