"""Are the builds of one release chosen, by the ways in their order, with every reason told?"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from ci import interpreters
from ci.builds import PAIR, Build, Interpreter, Release
from ci.console import CiError, Reporter
from ci.interpreters import Machine, Outcome, by_version, get, look

pytestmark = pytest.mark.one_build

STANDARD, FREE = PAIR
LATER = [Build.parse("3.14"), Build.parse("3.14t")]


def python(name: str, micro: int, origin: str = "PATH") -> Interpreter:
    build = Build.parse(name)
    return Interpreter(build, (*build.version, micro), Path(f"/{origin}/{name}.{micro}"), origin)


class FakeWays:
    """A machine that has, refuses and delivers what the test says."""

    def __init__(
        self,
        have: Sequence[Interpreter] = (),
        *,
        uv: Sequence[Interpreter] | str = "no network",
        packages: Sequence[Release] = (),
        source: Release | str = "not for Debian",
        bad: Sequence[Interpreter] = (),
    ) -> None:
        self.have = list(have)
        self.packages = list(packages)
        self._uv = uv
        self._source = source
        self._bad = {item.path for item in bad}
        self.calls: list[str] = []
        self.cleaned = False

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

    def unpack(self, build: Build, release: Release | None) -> Interpreter:
        self.calls.append(f"unpack {build.name} {'newest' if release is None else release[2]}")
        assert not build.free_threaded, "Debian has no such package"
        found = [each for each in self.packages if each[:2] == build.version and release in (None, each)]
        if not found:
            raise CiError(f"no package of {build.name}")
        return Interpreter(build, max(found), Path(f"/unpacked/{build.name}"), "Debian's packages")

    def source(self, minor: str) -> tuple[Release, Path]:
        self.calls.append(f"source {minor}")
        if isinstance(self._source, str):
            raise CiError(self._source, next_step="look elsewhere")
        return self._source, Path("source.tar.xz")

    def compile(self, build: Build, release: Release, archive: Path, why: str) -> Interpreter:
        assert archive == Path("source.tar.xz")
        assert why == ("Debian has no package of it" if build.free_threaded else f"no package of {build.name}")
        self.calls.append(f"compile {build.name}")
        return Interpreter(build, release, Path(f"/built/{build.name}"), "built")

    def clean(self) -> None:
        self.cleaned = True


def releases(outcome: Outcome) -> dict[str, int]:
    return {name: item.release[2] for name, item in outcome.have.items()}


def resolve(group: Sequence[Build], ways: FakeWays, required: Sequence[Build] | None = None) -> Outcome:
    return get(group, group if required is None else required, Machine(group, ways), ways)


def test_builds_are_grouped_by_version() -> None:
    assert by_version([*reversed(LATER), FREE, STANDARD]) == [[*PAIR], LATER]


def test_the_newest_release_that_both_have_is_taken() -> None:
    ways = FakeWays(
        [python("3.13", 20), python("3.13", 15), python("3.13t", 15), python("3.13", 5), python("3.13t", 5)]
    )
    assert releases(resolve(PAIR, ways)) == {"3.13": 15, "3.13t": 15}
    assert ways.calls == []


def test_uv_comes_before_debian() -> None:
    ways = FakeWays([python("3.13", 5)], uv=[python("3.13", 18, "uv"), python("3.13t", 18, "uv")], source=(3, 13, 15))
    assert releases(resolve(PAIR, ways)) == {"3.13": 18, "3.13t": 18}
    assert ways.calls == ["uv 3.13 3.13t"]


def test_what_uv_installs_must_be_what_was_asked_for() -> None:
    ways = FakeWays(uv=[python("3.13", 18, "uv")], source=(3, 13, 15), packages=[(3, 13, 15)])
    assert releases(resolve(PAIR, ways)) == {"3.13": 15, "3.13t": 15}


def test_the_free_threaded_build_alone_is_compiled_and_the_standard_one_is_a_package_of_its_release() -> None:
    ways = FakeWays([python("3.13", 5)], packages=[(3, 13, 18), (3, 13, 15)], source=(3, 13, 15))
    assert releases(resolve(PAIR, ways)) == {"3.13": 15, "3.13t": 15}
    assert ways.calls == ["uv 3.13 3.13t", "source 3.13", "unpack 3.13 15", "compile 3.13t"]


def test_a_standard_build_that_debian_has_no_more_is_compiled_as_well() -> None:
    ways = FakeWays(packages=[(3, 13, 18)], source=(3, 13, 15))
    assert releases(resolve(PAIR, ways)) == {"3.13": 15, "3.13t": 15}
    assert ways.calls[-3:] == ["unpack 3.13 15", "compile 3.13", "compile 3.13t"]


def test_the_half_that_is_there_in_the_source_s_release_is_taken() -> None:
    ways = FakeWays([python("3.13", 15)], source=(3, 13, 15))
    assert releases(resolve(PAIR, ways)) == {"3.13": 15, "3.13t": 15}
    assert ways.calls == ["uv 3.13 3.13t", "source 3.13", "compile 3.13t"]


def test_a_standard_build_for_itself_is_the_newest_package() -> None:
    ways = FakeWays(packages=[(3, 14, 8), (3, 14, 10)])
    assert releases(resolve([LATER[0]], ways)) == {"3.14": 10}
    assert ways.calls == ["uv 3.14", "unpack 3.14 newest"]


def test_a_build_that_is_not_required_is_left_to_uv_and_its_sibling_is_there_all_the_same() -> None:
    ways = FakeWays(packages=[(3, 14, 10)], source=(3, 14, 8))
    outcome = resolve(LATER, ways, required=[LATER[0]])
    assert releases(outcome) == {"3.14": 10}
    assert outcome.missing == {"3.14t": ("uv: no network",)}
    assert ways.calls == ["uv 3.14 3.14t", "unpack 3.14 newest"]


def test_builds_that_are_not_compared_may_be_of_different_releases() -> None:
    ways = FakeWays([python("3.14", 2), python("3.14", 1), python("3.14t", 3)])
    assert releases(resolve(LATER, ways)) == {"3.14": 2, "3.14t": 3}


def test_an_unsound_interpreter_is_passed_over_with_the_reason() -> None:
    bad = python("3.13t", 18)
    ways = FakeWays([python("3.13", 18), bad, python("3.13", 15), python("3.13t", 15)], bad=[bad])
    assert releases(resolve(PAIR, ways)) == {"3.13": 15, "3.13t": 15}
    outcome = resolve(PAIR, FakeWays([python("3.13", 18), bad], bad=[bad]))
    assert f"{bad.describe()} lacks ssl" in outcome.missing["3.13t"][0]


def test_a_failure_lists_all_that_was_tried() -> None:
    outcome = resolve(PAIR, FakeWays([python("3.13", 5), python("3.13t", 7)]))
    assert outcome.have == {}
    tried = outcome.missing["3.13t"]
    assert len(tried) == 3
    assert "the releases differ" in tried[0]
    assert "3.13.0 has bugs" in tried[0]
    assert tried[1:] == ("uv: no network", "Debian's archive: not for Debian (look elsewhere)")


def test_looking_changes_nothing() -> None:
    ways = FakeWays([python("3.13", 5), python("3.14", 2)])
    outcome = look([*PAIR, *LATER], ways)
    assert releases(outcome) == {"3.14": 2}
    assert set(outcome.missing) == {"3.13", "3.13t", "3.14t"}
    assert all(outcome.missing.values())
    assert ways.calls == []


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> FakeWays:
    ways = FakeWays([python("3.13", 15), python("3.13t", 15), python("3.14", 10)])
    monkeypatch.setattr(interpreters, "MachineWays", lambda *_a, **_k: ways)
    return ways


def ensure(machine: FakeWays, cache: Path, *, refresh: bool = False) -> tuple[Outcome, list[str]]:
    machine.calls.clear()
    outcome = interpreters.ensure(
        [*PAIR, LATER[0]], LATER[1:], refresh=refresh, cache=cache, report=Reporter(io.StringIO())
    )
    return outcome, list(machine.calls)


def test_a_refusal_is_not_asked_for_twice_unless_refreshed(machine: FakeWays, tmp_path: Path) -> None:
    first, calls = ensure(machine, tmp_path)
    assert calls == ["uv 3.14t"]
    second, calls = ensure(machine, tmp_path)
    assert calls == []
    assert second.missing == first.missing == {"3.14t": ("uv: no network",)}
    assert releases(second) == {"3.13": 15, "3.13t": 15, "3.14": 10}
    _, calls = ensure(machine, tmp_path, refresh=True)
    assert calls == ["uv 3.14t"]


def test_a_remembered_refusal_does_not_hide_what_is_there_by_now(machine: FakeWays, tmp_path: Path) -> None:
    ensure(machine, tmp_path)
    machine.have.append(python("3.14t", 1))
    outcome, calls = ensure(machine, tmp_path)
    assert calls == []
    assert releases(outcome) == {"3.13": 15, "3.13t": 15, "3.14": 10, "3.14t": 1}
    assert not outcome.missing


def test_a_required_build_that_cannot_be_had_is_an_error_and_is_asked_for_again(
    machine: FakeWays, tmp_path: Path
) -> None:
    machine.have = [python("3.13", 15), python("3.14", 10), python("3.14t", 10)]
    for _ in range(2):
        with pytest.raises(CiError) as caught:
            ensure(machine, tmp_path)
        assert "CPython 3.13 and 3.13t (3.13.1 or newer, both of one release) cannot be had" in caught.value.fact
        assert "1. on the machine" in caught.value.fact
        assert "2. uv: no network" in caught.value.fact
        assert "3. Debian's archive" in caught.value.fact
        assert "name the builds" in caught.value.next_step
        assert machine.calls == ["uv 3.13 3.13t", "source 3.13"]
        assert machine.cleaned


def test_a_quick_refusal_does_not_wait_for_the_compiler(machine: FakeWays, tmp_path: Path) -> None:
    machine.have = []
    with pytest.raises(CiError, match=r"CPython 3\.14 cannot be had"):
        ensure(machine, tmp_path)
    assert machine.calls == ["uv 3.14 3.14t", "unpack 3.14 newest"]


def test_builds_that_are_missing_for_one_reason_are_told_in_one_line() -> None:
    outcome = Outcome(missing={"3.14t": ("uv: no network",), "3.15t": ("uv: no network",), "3.16": ("x",)})
    assert outcome.missing_by_reasons() == {("uv: no network",): ["3.14t", "3.15t"], ("x",): ["3.16"]}


def test_output_for_scripts(machine: FakeWays, capsys: pytest.CaptureFixture[str]) -> None:
    assert machine.calls == []
    assert interpreters.main(["--list", "3.13", "3.13t"]) == 0
    assert capsys.readouterr().out == f"3.13={python('3.13', 15).path}\n3.13t={python('3.13t', 15).path}\n"
    assert interpreters.main(["--list", "3.13", "3.15"]) == 2
    said = capsys.readouterr()
    assert said.out == f"3.13={python('3.13', 15).path}\n"
    assert said.err == "interpreters: 3.15: nothing found on the machine\n"


def test_a_wrong_name_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        interpreters.main(["python3"])
    assert caught.value.code == 2
    assert "write it like 3.13 or 3.13t" in capsys.readouterr().err
