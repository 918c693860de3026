"""Does the environment `install` do what README.md says, as a stranger would, and see what is wrong?"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from ci import install
from ci.builds import Build, Interpreter
from ci.console import CiError
from ci.documents import Command, commands, examples, files, install_lines, masked, missing
from ci.install import NOT_BUILT, SERVES, Failure, Shown, Trial, environment, found_in, main, on_path, ready_in, run_all

pytestmark = pytest.mark.one_build

README = (install.ROOT / "README.md").read_text(encoding="utf-8")

DOCUMENT = """
    pip install ./src/lockproof
    lockproof check module:Class

```python
# bag.py
class Bag: pass
```

```console
$ lockproof check bag.py:Bag
bag.py:Bag: VIOLATION
  3 runs
$ lockproof --help
```

    pip install .

```python
>>> 1 + 1
2
```
"""


def test_what_a_document_shows() -> None:
    assert install_lines(DOCUMENT) == ["pip install ./src/lockproof", "pip install ."]
    assert files(DOCUMENT) == {"bag.py": "# bag.py\nclass Bag: pass\n"}
    assert examples(DOCUMENT) == ">>> 1 + 1\n2\n"
    assert commands(DOCUMENT) == [
        Command("lockproof check bag.py:Bag", ("bag.py:Bag: VIOLATION", "  3 runs")),
        Command("lockproof --help", ()),
    ]


def test_what_is_another_number_in_each_run_is_not_compared_and_all_else_is() -> None:
    shown = Command("x", ("x: VIOLATION", "  3 runs", "Covered: 3"))
    assert missing(shown, "x: VIOLATION\n 12 runs\n", gil=False) == []
    assert missing(shown, "x: VIOLATION\n 12 threads\n", gil=False) == ["# runs"]
    assert missing(shown, "x: VIOLATION: 1 finding\n", gil=True) == []
    assert missing(shown, "x: HELD\n", gil=True) == ["x: VIOLATION"]
    assert masked(["1,234  runs"]) == ["# runs"]


def test_the_readme_installs_both_and_shows_a_command_and_examples() -> None:
    assert Shown(README).lines() == ["pip install ./src/lockproof", "pip install ."]
    assert [command.text.split()[0] for command in commands(README)] == ["lockproof"]
    assert "LockedSet" in examples(README)


@pytest.mark.parametrize("text", ["", "    pip install .\n", DOCUMENT + "    pip install lockproof\n", DOCUMENT * 2])
def test_a_readme_that_installs_in_another_way_is_an_error(text: str) -> None:
    with pytest.raises(CiError, match=r"README\.md installs by"):
        Shown(text).lines()


def test_a_stranger_s_shell_has_no_variable_of_pip_and_nothing_but_the_environment_on_its_path(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("PIP_INDEX_URL", "UV_INDEX", "PYTHONPATH", "CC", "VIRTUAL_ENV"):
        monkeypatch.setenv(name, "something")
    monkeypatch.setenv("SSL_CERT_FILE", "certificates")
    made = environment(tmp_path / "bin", tmp_path)
    assert made["PATH"] == str(tmp_path / "bin") and made["SSL_CERT_FILE"] == "certificates"
    assert not [name for name in made if name.startswith(("PIP", "UV", "PYTHON", "VIRTUAL")) or name == "CC"]
    with_compiler = environment(tmp_path / "bin", tmp_path, "elsewhere")
    assert with_compiler == made | {"PATH": f"{tmp_path / 'bin'}{os.pathsep}elsewhere"}


def test_the_readme_shows_how_to_see_which_implementation_serves() -> None:
    assert f'python -c "{SERVES}"' in README


NAMES = ("lockedset-1.0", "lockproof-1.0")


def fill(place: Path, *names: str) -> None:
    for name in names:
        (place / f"{name}-py3-none-any.whl").touch()
        (place / f"{name}.tar.gz").touch()


def test_ready_files_are_one_of_each(tmp_path: Path) -> None:
    fill(tmp_path, *NAMES)
    found = found_in(tmp_path, "v1.0")
    assert found["wheel"]["lockproof"] == (tmp_path / "lockproof-1.0-py3-none-any.whl").resolve()
    assert found["sdist"]["lockedset"] == (tmp_path / "lockedset-1.0.tar.gz").resolve()


@pytest.mark.parametrize(
    ("names", "tag"), [((), ""), (NAMES[:1], ""), ((*NAMES, "lockproof-0.9"), ""), (NAMES, "v1.1"), (NAMES, "1.0")]
)
def test_other_files_are_refused(tmp_path: Path, names: tuple[str, ...], tag: str) -> None:
    fill(tmp_path, *names)
    with pytest.raises(CiError):
        found_in(tmp_path, tag)


@pytest.mark.parametrize("tag", ["cp313-cp313t-manylinux_2_28_x86_64", "cp314-cp314-win_amd64"])
def test_wheels_with_the_core_are_ready_beside_the_pure_one_if_they_are_of_its_version(
    tmp_path: Path, tag: str
) -> None:
    fill(tmp_path, *NAMES)
    assert ready_in(tmp_path) is None
    (tmp_path / f"lockedset-1.0-{tag}.whl").touch()
    assert ready_in(tmp_path) == tmp_path.resolve()
    (tmp_path / f"lockedset-1.0.1-{tag}.whl").touch()
    with pytest.raises(CiError, match=rf"holds lockedset-1\.0\.1-{tag}\.whl beside lockedset-1\.0"):
        ready_in(tmp_path)


def test_a_required_build_that_is_missing_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert on_path([Build.parse("3.13")]) == {}
    with pytest.raises(CiError, match=r"no CPython 3\.13 and no CPython 3\.13t and .* on PATH"):
        main([])


def here() -> Interpreter:
    release = sys.version_info[:3]
    return Interpreter(Build(release[:2]), release, Path(sys.executable), "here")


class Scripted(Trial):
    """A trial whose commands answer from a table, so that what it sees wrong can be asked without an installation."""

    def __init__(self, place: Path, answers: dict[str, str], tags: dict[str, list[str]], ready: bool = False) -> None:
        made = {source: {name: Path(f"{source}-of-{name}") for name in ("lockedset", "lockproof")} for source in FILES}
        super().__init__(here(), made, place, place, place / "ready" if ready else None)
        self.answers, self.tags = answers, tags
        self.there: dict[str, list[str]] = {"pip": ["Tag: py3-none-any"]}
        self.installed: list[str] = []

    def _make(self) -> None:
        pass

    def _installed(self) -> dict[str, list[str]]:
        return dict(self.there)

    def _do(self, words: object, where: Path, status: int = 0, env: object = None, log: bool = False) -> str:
        text = " ".join(str(word) for word in words)  # type: ignore[attr-defined]
        if text.startswith("pip wheel"):
            (self.place / "core").mkdir()
            (self.place / "core" / "compiled.whl").touch()
            assert env == self.env_with_compiler and text.endswith("sdist-of-lockedset")
        if text.startswith("pip install"):
            assert env is None
            if "lockproof" in text:
                self.there |= self.tags
                return ""
            self.installed.append(text.removeprefix("pip install --verbose ").replace(str(self.place), "PLACE"))
            core = text.endswith("compiled.whl") or "--no-index" in text
            tag = self.answers.get("tag of the core", "cp313-cp313-linux_x86_64") if core else "py3-none-any"
            self.there["lockedset"] = [f"Tag: {tag}"]
            return self.answers.get("log", f"{NOT_BUILT}no compiler")
        if text.startswith("pip uninstall"):
            del self.there[text.split()[-1]]
        if text.endswith(SERVES):
            pure = self.there["lockedset"] == ["Tag: py3-none-any"]
            return self.answers.get("serves", "pure\n" if pure else "compiled\n")
        return self.answers.get(text.split()[0], "")


FILES = ("wheel", "sdist")
PURE = {"lockproof": ["Tag: py3-none-any"], "rich": ["Tag: py3-none-any"]}
ANSWERS = {"lockproof": "bag.py:Bag: VIOLATION\n 7 runs\n"}


@pytest.mark.parametrize(
    ("tags", "answers", "problem"),
    [
        (PURE, ANSWERS, ""),
        ({"rich": []}, ANSWERS, "installed rich"),
        (PURE | {"lockedset": []}, ANSWERS, "installed lockedset, lockproof, rich"),
        (PURE | {"libcst": ["Tag: cp313-cp313t-linux"]}, ANSWERS, "installed libcst, which is not pure Python"),
        (PURE, ANSWERS | {"lockproof": "bag.py:Bag: HELD\n"}, "did not print\n  bag.py:Bag: VIOLATION"),
        (PURE, ANSWERS | {"log": "built"}, "from the checkout: the log of the build does not say"),
        (PURE, ANSWERS | {"serves": "pure"}, "from the sdist with a compiler: `import lockedset; print"),
        (PURE, ANSWERS | {"serves": "compiled"}, "printed compiled, not pure"),
        (PURE, ANSWERS | {"tag of the core": "py3-none-any"}, "a compiler: the wheel lacks the compiled core"),
    ],
)
@pytest.mark.thread_unsafe(reason="each run needs an empty directory")
def test_what_a_stranger_would_see_wrong_is_a_failure(
    tmp_path: Path, tags: dict[str, list[str]], answers: dict[str, str], problem: str
) -> None:
    shown = Shown(DOCUMENT.replace("$ lockproof --help\n", ""))
    trial = Scripted(tmp_path, answers, tags)
    if not problem:
        trial.run(shown)
        return
    with pytest.raises(Failure) as told:
        trial.run(shown)
    assert problem in str(told.value)


@pytest.mark.thread_unsafe(reason="each run needs an empty directory")
def test_lockedset_is_installed_from_all_that_there_is(tmp_path: Path) -> None:
    trial = Scripted(tmp_path, ANSWERS, PURE, ready=True)
    trial.run(Shown(DOCUMENT.replace("$ lockproof --help\n", "")))
    assert trial.installed == [
        ".",
        "wheel-of-lockedset",
        "sdist-of-lockedset",
        str(Path("PLACE/core/compiled.whl")),
        f"--no-index --find-links {Path('PLACE/ready')} lockedset",
    ]


@pytest.mark.parametrize(("gone", "problem"), [("$ lockproof check", "no command"), (">>> ", "no example")])
@pytest.mark.thread_unsafe(reason="each run needs an empty directory")
def test_a_readme_that_shows_nothing_to_run_is_a_failure(tmp_path: Path, gone: str, problem: str) -> None:
    shown = Shown(DOCUMENT.replace("$ lockproof --help\n", "").replace(gone, ""))
    with pytest.raises(Failure, match=rf"README\.md shows {problem}"):
        Scripted(tmp_path, ANSWERS, PURE).run(shown)


def test_a_command_that_ends_otherwise_is_a_failure(tmp_path: Path) -> None:
    trial = Trial(here(), {}, tmp_path, tmp_path)
    assert trial._do([sys.executable, "-c", "print(1)"], tmp_path) == f"1{os.linesep}"
    with pytest.raises(Failure, match="ended with status 3, not 0"):
        trial._do([sys.executable, "-c", "raise SystemExit(3)"], tmp_path)


def test_each_trial_that_fails_is_counted_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("good", "bad"):
        (tmp_path / name).mkdir(exist_ok=True)
    shown = Shown(DOCUMENT.replace("$ lockproof --help\n", ""))
    trials = [Scripted(tmp_path / "good", ANSWERS, PURE), Scripted(tmp_path / "bad", {}, PURE)]
    assert run_all(trials, shown) == 1
    told = capsys.readouterr()
    assert "prints what README.md shows" in told.out and "fails" in told.out
    assert "did not print" in told.err
