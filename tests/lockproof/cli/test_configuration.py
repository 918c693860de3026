"""Is the configuration read as it stands, refused with a reason where it is wrong, and beaten by the command line?"""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from lockproof.cli import commands as cli
from lockproof.cli.configuration import ConfiguredTarget, read_configuration
from lockproof.core.errors import LockproofError
from lockproof.core.options import CheckOptions
from lockproof.core.verdict import Consistency
from lockproof.report.known import Accepted

pytestmark = [pytest.mark.one_build, pytest.mark.thread_unsafe(reason="changes the working directory")]

GOOD = """\
[tool.other]
x = 1

[tool.lockproof]
budget = "20s"
threads = 2

[tool.lockproof.profile.dev]
budget = 2

[tool.lockproof.profile.ci]
budget = "2m"
seed = 7

[[tool.lockproof.target]]
target = "bag.py:Bag"
factory = "bag.py:small"
teardown = "a.close()"
model = "set"
skip = ["announce", "nothing-changed"]
consistency = "sequential"

[[tool.lockproof.target]]
target = "pool.py:Pool"
budget = "5s"
engine = "schedules"

[[tool.lockproof.target.accepted]]
finding = "2998dcff8e80951c"
reason = "only one thread adds"
date = 2026-11-26
"""


def read(folder: Path, text: str, profile: str | None = None, **given: object) -> tuple[ConfiguredTarget, ...]:
    (folder / "pyproject.toml").write_text(textwrap.dedent(text), encoding="utf-8")
    return read_configuration(folder, profile, given)


def test_every_setting_arrives(tmp_path: Path) -> None:
    bag, pool = read(tmp_path, GOOD)
    assert bag.options == CheckOptions(
        budget=20.0, threads=2, factory="bag.py:small", teardown="a.close()", model="set",
        skip=("announce", "nothing-changed"), consistency=Consistency.SEQUENTIAL,
    )  # fmt: skip
    assert pool.options == CheckOptions(budget=5.0, threads=2, engine="schedules")
    assert (bag.accepted, pool.accepted) == (
        (), (Accepted("2998dcff8e80951c", "pool.py:Pool", "only one thread adds", "2026-11-26"),),
    )  # fmt: skip


def test_a_sanitizer_is_a_setting_as_on_the_command_line(tmp_path: Path) -> None:
    text = f'{TARGET}sanitizer = "thread"\npython = "tsan/python"\nsuppressions = ["known.txt"]\n'
    (configured,) = read(tmp_path, text)
    assert configured.options == CheckOptions(sanitizer="thread", python="tsan/python", suppressions=("known.txt",))
    (given,) = read(tmp_path, TARGET, sanitizer="thread", python="p")
    assert (given.options.sanitizer, given.options.python) == ("thread", "p")
    with pytest.raises(LockproofError, match="sanitizer is 'memory', and must be one of thread"):
        read(tmp_path, f'{TARGET}sanitizer = "memory"\n')


TARGET = '[[tool.lockproof.target]]\ntarget = "m:C"\n'


@pytest.mark.parametrize(
    ("profile", "given", "bag", "pool"),
    [
        (None, {}, 20.0, 5.0), ("dev", {}, 2.0, 5.0), ("ci", {}, 120.0, 5.0), ("", {}, 20.0, 5.0),
        ("ci", {"budget": 1.0}, 1.0, 1.0),
    ],
)  # fmt: skip
def test_the_nearest_value_counts_and_the_command_line_before_all(
    tmp_path: Path, profile: str | None, given: dict[str, float], bag: float, pool: float
) -> None:
    assert [each.options.budget for each in read(tmp_path, GOOD, profile, **given)] == [bag, pool]


@pytest.mark.parametrize(
    ("profile", "target", "given", "ends"),
    [
        ("", "", {}, (20.0, None, None)),
        ("schedules = 500", "", {}, (10.0, None, 500)),
        ("schedules = 500", "runs = 9", {}, (10.0, 9, None)),
        ("schedules = 500", 'budget = "5s"', {}, (5.0, None, None)),
        ("schedules = 500\nruns = 9", "", {}, (10.0, 9, 500)),
        ("schedules = 500", "", {"budget": 1.0}, (1.0, None, None)),
        ('budget = "1m"', 'budget = "5s"', {"runs": 7}, (10.0, 7, None)),
    ],
)  # fmt: skip
def test_of_a_budget_and_counts_the_nearest_ends_the_check(
    tmp_path: Path, profile: str, target: str, given: dict[str, object], ends: tuple[float, int | None, int | None]
) -> None:
    text = f'[tool.lockproof]\nbudget = "20s"\n[tool.lockproof.profile.p]\n{profile}\n{TARGET}{target}\n'
    (only,) = read(tmp_path, text, "p", **given)
    assert (only.options.budget, only.options.runs, only.options.schedules) == ends


def test_each_value_says_where_it_comes_from(tmp_path: Path) -> None:
    bag, pool = read(tmp_path, GOOD, "ci", hang=1.0)
    names = ("budget", "seed", "threads", "engine", "hang")
    assert [bag.settings[name].origin for name in names] == [
        "tool.lockproof.profile.ci", "tool.lockproof.profile.ci", "tool.lockproof", "default", "the command line",
    ]  # fmt: skip
    assert pool.settings["engine"].origin == pool.settings["budget"].origin == "tool.lockproof.target pool.py:Pool"


@pytest.mark.parametrize("text", ["", "[tool.ruff]\nx = 1\n", "[tool.lockproof]\nbudget = '1s'\n"])
def test_a_file_without_targets_has_none(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, text) == ()
    assert read_configuration(tmp_path / "empty", None, {}) == ()


ACCEPTED = f"{TARGET}[[tool.lockproof.target.accepted]]\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[tool.lockproof]\nbugdet = '1s'", "there is no key 'bugdet' here\n  likely cause: budget is meant"),
        ("[tool.lockproof]\nskip = ['x']", "there is no key 'skip' here"),
        ("[tool.lockproof]\nbudget = 'long'", "budget is 'long', and must be a length of time"),
        ("[tool.lockproof]\nbudget = true", "budget is True"),
        (f"{TARGET}budget = '1s'\nruns = 9", "m:C: budget and runs are two ends for one check"),
        ("[tool.lockproof]\nschedules = 5", "schedules is 5, and must be a whole number of at least 10"),
        ("[tool.lockproof]\nscenarios = 5", "scenarios is 5, and must be the name of a file"),
        ("[tool.lockproof]\nthreads = 1", "threads is 1, and must be a whole number of at least 2"),
        ("[tool.lockproof]\nseed = 1.5", "seed is 1.5"),
        ("[tool.lockproof]\nengine = 'fast'", "engine is 'fast', and must be one of both, threads, schedules"),
        ("[tool.lockproof]\nengine = ['both']", "engine is ['both']"),
        ("[tool.lockproof]\nconsistency = 'strong'", "consistency is 'strong'"),
        ("[tool.lockproof]\nprofile = 3", "profile is 3, and must be a table of tables"),
        ("[tool.lockproof]\ntarget = 'm:C'", "write: [[tool.lockproof.target]]"),
        ("[tool]\nlockproof = 3", "lockproof is 3, and must be a table"),
        ("[tool.lockproof.profile.ci]\nfast = true", "tool.lockproof.profile.ci: there is no key 'fast' here"),
        ("[tool.lockproof.profile.ci]\nmemory = 1", "memory is 1, and must be a number of MiB"),
        ("[[tool.lockproof.target]]\nbudget = '1s'", "target 1: target is missing"),
        (f"{TARGET}fctory = 'm:f'", "target m:C: there is no key 'fctory' here\n  likely cause: factory is meant"),
        (f"{TARGET}skip = 'x'", "target m:C: skip is 'x', and must be an array of texts"),
        (f"{TARGET}model = 3", "model is 3, and must be a text"),
        (TARGET + TARGET, "has the target m:C twice"),
        (f"{TARGET}accepted = 3", "accepted is 3, and must be an array of tables"),
        (f"{ACCEPTED}reason = 'x'\ndate = 2026-01-01", "finding is missing"),
        (f"{ACCEPTED}finding = 'x'\ndate = 2026-01-01", "reason is missing"),
        (f"{ACCEPTED}finding = 'x'\nreason = 'y'", "date is missing"),
        (f"{ACCEPTED}finding = 'x'\nreason = 'y'\ndate = '2026-01-01'", "date is '2026-01-01', and must be a date"),
        (f"{ACCEPTED}finding = 'x'\nreason = 'y'\ndate = 2026-01-01\nwho = 'z'", "there is no key 'who' here"),
        ("[tool.lockproof", "is no TOML"),
    ],
)
def test_a_mistake_is_refused_with_its_place(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(LockproofError) as caught:
        read(tmp_path, text)
    assert says in str(caught.value) and "pyproject.toml" in str(caught.value)


def test_an_unknown_profile_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(LockproofError, match="no profile 'cl'; it has dev, ci"):
        read(tmp_path, GOOD, "cl")


def test_config_prints_values_and_origins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pyproject.toml").write_text(GOOD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CI", "true")
    monkeypatch.delenv("LOCKPROOF_PROFILE", raising=False)
    assert cli.main(["config"]) == 0
    plain = capsys.readouterr().out
    monkeypatch.setenv("LOCKPROOF_PROFILE", "ci")
    assert cli.main(["config"]) == 0
    chosen = capsys.readouterr().out
    assert cli.main(["config", "--profile", "dev"]) == 0
    assert "no profile" in plain and "budget       20s" in plain
    assert "profile ci" in chosen and "budget       120s" in chosen and "tool.lockproof.profile.ci" in chosen
    assert "only one thread adds" in " ".join(chosen.split())
    assert "profile dev" in capsys.readouterr().out


def test_config_shows_counts_instead_of_a_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    read(tmp_path, f"{TARGET}schedules = 500\nscenarios = 'kept.toml'\n")
    assert cli.main(["config"]) == 0
    shown = capsys.readouterr().out
    assert "schedules" in shown and "500" in shown and "kept.toml" in shown and "budget" not in shown


def test_config_without_a_configuration_says_what_to_add(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LOCKPROOF_PROFILE", raising=False)
    assert cli.main(["config"]) == 2
    assert "[[tool.lockproof.target]]" in capsys.readouterr().err
