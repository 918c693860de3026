"""Are the builds of one release chosen, by the ways in their order, with every reason told?"""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from ci import interpreters
from ci.builds import Build, Interpreter, Release
from ci.console import CiError, Reporter
from ci.interpreters import Outcome, by_version, look, make_links, on_machine, resolve

from .fakes import posix_only

STANDARD, FREE = Build.parse("3.13"), Build.parse("3.13t")
PAIR = [STANDARD, FREE]
LATER = [Build.parse("3.14"), Build.parse("3.14t")]


def python(name: str, micro: int, origin: str = "PATH") -> Interpreter:
    build = Build.parse(name)
    return Interpreter(build, (*build.version, micro), Path(f"/{origin}/{name}.{micro}"), origin)


class FakeWays:
    """A machine that has, refuses and delivers what the test says."""

    def __init__(
        self,
        have: Sequence[Interpreter] = (),
        uv: Sequence[Interpreter] | str = "no network",
        source: Release | str = "no such package",
        bad: Sequence[Interpreter] = (),
    ) -> None:
        self.have = list(have)
        self._uv = uv
        self._source = source
        self._bad = {item.path for item in bad}
        self.calls: list[str] = []

    def search(self, builds: Sequence[Build]) -> tuple[list[Interpreter], dict[str, list[str]]]:
        return [item for item in self.have if item.build in builds], {"3.13": ["/x: 3.13.0 has bugs"]}

    def verify(self, interpreter: Interpreter) -> str:
        return "lacks ssl" if interpreter.path in self._bad else ""

    def uv(self, builds: Sequence[Build]) -> str:
        self.calls.append("uv " + " ".join(build.name for build in builds))
        if isinstance(self._uv, str):
            return self._uv
        self.have += self._uv
        return ""

    def fetch(self, minor: str) -> tuple[Release, Path]:
        self.calls.append(f"fetch {minor}")
        if isinstance(self._source, str):
            raise CiError(self._source)
        return self._source, Path("source.tar.xz")

    def compile(self, build: Build, release: Release, archive: Path) -> Interpreter:
        assert archive == Path("source.tar.xz")
        self.calls.append(f"compile {build.name}")
        return Interpreter(build, release, Path(f"/built/{build.name}"), "built")


def releases(outcome: Outcome) -> dict[str, int]:
    return {name: item.release[2] for name, item in outcome.have.items()}


def test_builds_are_grouped_by_version() -> None:
    assert by_version([*reversed(LATER), FREE, STANDARD]) == [PAIR, LATER]


def test_the_newest_release_that_both_have_is_taken() -> None:
    ways = FakeWays(
        [python("3.13", 20), python("3.13", 15), python("3.13t", 15), python("3.13", 5), python("3.13t", 5)]
    )
    outcome = resolve(PAIR, ways, complete=True)
    assert releases(outcome) == {"3.13": 15, "3.13t": 15}
    assert ways.calls == []


def test_different_releases_are_no_pair_and_both_are_built() -> None:
    ways = FakeWays([python("3.13", 5)], source=(3, 13, 15))
    outcome = resolve(PAIR, ways, complete=True)
    assert releases(outcome) == {"3.13": 15, "3.13t": 15}
    assert ways.calls == ["uv 3.13 3.13t", "fetch 3.13", "compile 3.13", "compile 3.13t"]


def test_the_half_that_is_there_in_the_source_s_release_is_not_built_again() -> None:
    ways = FakeWays([python("3.13", 15)], source=(3, 13, 15))
    assert releases(resolve(PAIR, ways, complete=True)) == {"3.13": 15, "3.13t": 15}
    assert ways.calls == ["uv 3.13 3.13t", "fetch 3.13", "compile 3.13t"]


def test_uv_comes_before_the_source() -> None:
    ways = FakeWays([python("3.13", 5)], uv=[python("3.13", 18, "uv"), python("3.13t", 18, "uv")], source=(3, 13, 15))
    assert releases(resolve(PAIR, ways, complete=True)) == {"3.13": 18, "3.13t": 18}
    assert ways.calls == ["uv 3.13 3.13t"]


def test_what_uv_installs_must_be_what_was_asked_for() -> None:
    ways = FakeWays(uv=[python("3.13", 18, "uv")], source=(3, 13, 15))
    assert releases(resolve(PAIR, ways, complete=True)) == {"3.13": 15, "3.13t": 15}


def test_an_unsound_interpreter_is_passed_over_with_the_reason() -> None:
    bad = python("3.13t", 18)
    ways = FakeWays([python("3.13", 18), bad, python("3.13", 15), python("3.13t", 15)], bad=[bad])
    assert releases(resolve(PAIR, ways, complete=True)) == {"3.13": 15, "3.13t": 15}
    _, tried = on_machine(PAIR, FakeWays([python("3.13", 18), bad], bad=[bad]))
    assert f"{bad.path}: lacks ssl" in tried[0]


def test_a_failure_lists_all_that_was_tried() -> None:
    outcome = resolve(PAIR, FakeWays([python("3.13", 5), python("3.13t", 7)]), complete=True)
    assert outcome.have == {}
    tried = outcome.missing["3.13t"]
    assert len(tried) == 3
    assert "the releases differ" in tried[0]
    assert "3.13.0 has bugs" in tried[0]
    assert tried[1:] == ("uv: no network", "built from source: no such package")


def test_of_optional_builds_the_half_that_is_there_is_used() -> None:
    outcome = resolve(LATER, FakeWays([python("3.14", 2)]), complete=False)
    assert releases(outcome) == {"3.14": 2}
    assert list(outcome.missing) == ["3.14t"]


def test_one_build_alone_is_taken_in_the_release_of_the_pair() -> None:
    ways = FakeWays([python("3.13t", 20), python("3.13", 15), python("3.13t", 15)])
    assert releases(resolve([FREE], ways, complete=True)) == {"3.13t": 15}
    assert releases(resolve([FREE], FakeWays([python("3.13t", 20)]), complete=True)) == {"3.13t": 20}


def test_looking_changes_nothing() -> None:
    ways = FakeWays([python("3.13", 5), python("3.14", 2)])
    outcome = look([*PAIR, *LATER], ways)
    assert releases(outcome) == {"3.14": 2}
    assert set(outcome.missing) == {"3.13", "3.13t", "3.14t"}
    assert ways.calls == []


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> FakeWays:
    ways = FakeWays([python("3.13", 15), python("3.13t", 15)])
    monkeypatch.setattr(interpreters, "MachineWays", lambda *_a, **_k: ways)
    return ways


def ensure(machine: FakeWays, cache: Path, *, refresh: bool = False) -> tuple[Outcome, list[str]]:
    machine.calls.clear()
    outcome = interpreters.ensure(PAIR, LATER, refresh=refresh, cache=cache, report=Reporter(io.StringIO()))
    return outcome, list(machine.calls)


def test_a_refusal_is_not_asked_for_twice_unless_refreshed(machine: FakeWays, tmp_path: Path) -> None:
    first, calls = ensure(machine, tmp_path)
    assert calls == ["uv 3.14 3.14t", "fetch 3.14"]
    second, calls = ensure(machine, tmp_path)
    assert calls == []
    assert second.missing == first.missing
    assert releases(second) == {"3.13": 15, "3.13t": 15}
    _, calls = ensure(machine, tmp_path, refresh=True)
    assert "fetch 3.14" in calls


def test_a_remembered_refusal_does_not_hide_what_is_there_by_now(machine: FakeWays, tmp_path: Path) -> None:
    ensure(machine, tmp_path)
    machine.have.append(python("3.14t", 1))
    outcome, calls = ensure(machine, tmp_path)
    assert calls == []
    assert releases(outcome) == {"3.13": 15, "3.13t": 15, "3.14t": 1}
    machine.have.append(python("3.14", 1))
    outcome, _ = ensure(machine, tmp_path)
    assert not outcome.missing


def test_a_required_build_that_cannot_be_had_is_an_error_and_is_asked_for_again(
    machine: FakeWays, tmp_path: Path
) -> None:
    machine.have = [python("3.13", 15)]
    for _ in range(2):
        with pytest.raises(CiError) as caught:
            ensure(machine, tmp_path)
        assert "1. on the machine" in str(caught.value)
        assert "2. uv: no network" in str(caught.value)
        assert "3. built from source" in str(caught.value)
        assert machine.calls == ["uv 3.13 3.13t", "fetch 3.13"]


def test_output_for_scripts(machine: FakeWays, capsys: pytest.CaptureFixture[str]) -> None:
    assert machine.calls == []
    assert interpreters.main(["--list", "3.13", "3.13t"]) == 0
    assert capsys.readouterr().out == f"3.13={python('3.13', 15).path}\n3.13t={python('3.13t', 15).path}\n"
    assert interpreters.main(["--list", "--json", "3.13", "3.14"]) == 2
    data = json.loads(capsys.readouterr().out)
    assert data["have"]["3.13"]["release"] == "3.13.15"
    assert list(data["missing"]) == ["3.14"]


def test_a_wrong_name_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        interpreters.main(["python3"])
    assert caught.value.code == 2
    assert "write it like 3.13 or 3.13t" in capsys.readouterr().err


@posix_only
def test_links_point_at_the_real_file_and_dead_ones_go(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.write_text("")
    other = tmp_path / "other"
    other.write_text("")
    links = tmp_path / "links"
    make_links(links, {"3.13": Interpreter(STANDARD, (3, 13, 15), other, "PATH")})
    links.joinpath("python3.14").symlink_to(tmp_path / "gone")
    make_links(links, {"3.13": Interpreter(STANDARD, (3, 13, 15), real, "PATH")})
    assert links.joinpath("python3.13").readlink() == real
    assert [path.name for path in links.iterdir()] == ["python3.13"]
