"""Is an interpreter in the cache taken as good only when its prefix is marked as finished?"""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from ci import prefixes
from ci.builds import Build, Release
from ci.console import CiError, Reporter
from ci.prefixes import executable_of, finished, prefix_of, site
from tests.repository.ci.fakes import fake_python, posix_only

pytestmark = pytest.mark.one_build

STANDARD, FREE = Build.parse("3.13"), Build.parse("3.13t")
RELEASE: Release = (3, 13, 15)


def finish(cache: Path, build: Build, folder: str) -> None:
    with site(cache, build, RELEASE, Reporter(io.StringIO())) as here:
        fake_python(here.prefix / folder / build.executable, build, RELEASE)
        here.finish(here.prefix / "lib", f"from {folder}")


def test_each_variant_has_a_prefix_of_its_own(tmp_path: Path) -> None:
    assert prefix_of(tmp_path, STANDARD, RELEASE).name == "3.13.15"
    assert prefix_of(tmp_path, FREE, RELEASE).name == "3.13.15t"


@posix_only
def test_only_a_marked_prefix_has_an_interpreter(tmp_path: Path) -> None:
    prefix = prefix_of(tmp_path, FREE, RELEASE)
    fake_python(prefix / "bin" / FREE.executable, FREE, RELEASE)
    assert finished(tmp_path, [STANDARD, FREE]) == []
    finish(tmp_path, FREE, "bin")
    assert [(item.build, item.release) for item in finished(tmp_path, [STANDARD, FREE])] == [(FREE, RELEASE)]
    assert finished(tmp_path, [STANDARD]) == []
    marker = prefix / prefixes.MARKER
    marker.write_text(json.dumps({**json.loads(marker.read_text()), "recipe": prefixes.RECIPE - 1}))
    assert finished(tmp_path, [FREE]) == []
    assert finished(tmp_path / "nowhere", [FREE]) == []


@posix_only
def test_compiled_and_unpacked_interpreters_lie_side_by_side(tmp_path: Path) -> None:
    finish(tmp_path, FREE, "bin")
    finish(tmp_path, STANDARD, "usr/bin")
    found = {item.build.name: (item.path, item.origin) for item in finished(tmp_path, [STANDARD, FREE])}
    assert found == {
        "3.13": (tmp_path / "builds" / "3.13.15" / "usr" / "bin" / "python3.13", "from usr/bin"),
        "3.13t": (tmp_path / "builds" / "3.13.15t" / "bin" / "python3.13t", "from bin"),
    }
    assert executable_of(prefix_of(tmp_path, STANDARD, RELEASE), STANDARD) == found["3.13"][0]


@posix_only
def test_the_work_goes_away_and_an_older_prefix_too(tmp_path: Path) -> None:
    finish(tmp_path, FREE, "bin")
    with pytest.raises(CiError), site(tmp_path, FREE, RELEASE, Reporter(io.StringIO())) as here:
        assert not here.prefix.exists()
        (here.work / "half").write_text("")
        here.run("false")
    assert finished(tmp_path, [FREE]) == []
    assert not list((tmp_path / "work").iterdir())


@posix_only
def test_a_command_that_fails_is_told_with_its_log_and_without_steering_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CFLAGS", "-O9")
    with pytest.raises(CiError) as caught, site(tmp_path, FREE, RELEASE, Reporter(io.StringIO())) as here:
        here.run("sh", "-c", "echo flags: $CFLAGS.; exit 3")
    assert "CPython 3.13.15t: sh failed with status 3" in caught.value.fact
    assert "flags: ." in caught.value.fact
    assert str(tmp_path / "logs" / "build-3.13.15t.log") in caught.value.next_step
