"""Is a package checked from the command line as a whole, with what the configuration says of its classes?"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lockproof.audit.modules import Modules
from lockproof.cli import commands as cli
from lockproof.cli.configuration import ConfiguredTarget, Setting, read_configuration
from lockproof.cli.expanding import expanded
from lockproof.core.errors import LockproofError
from lockproof.core.survey import FoundTarget, NoTarget, Survey
from lockproof.report.issues import issues_of
from tests.lockproof.audit.fake import FakeRunner
from tests.lockproof.report.samples import HELD, LOST_UPDATE
from tests.repository.documents.blocks import environment_of_commands

pytestmark = [pytest.mark.one_build, pytest.mark.thread_unsafe(reason="catches what is printed, changes the directory")]

SHOP = """
import threading

class Till:
    def __init__(self): self.n = 0
    def take(self):
        self.n += 1
        return self.n

class Safe:
    def __init__(self): self.n, self.lock = 0, threading.Lock()
    def take(self):
        with self.lock:
            self.n += 1
            return self.n

class Desk:
    def __init__(self, till): self.till = till
    def sell(self): return self.till.take()
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").write_text("from .parts import Till\n")
    (tmp_path / "shop" / "parts.py").write_text(SHOP)
    (tmp_path / "shop" / "wrong.py").write_text("import there_is_no_such_module\n")
    (tmp_path / "makers.py").write_text("import shop.parts\ndef desk(): return shop.parts.Desk(shop.parts.Till())\n")
    return tmp_path


def test_a_package_is_checked_from_end_to_end(shop: Path) -> None:
    words = ["check", "shop", "--engine", "schedules", "--budget", "1s", "--seed", "1", "--jobs", "2"]
    words += ["--json", "shop.json", "--html", "shop.html"]
    done = subprocess.run(
        [sys.executable, "-m", "lockproof", *words], cwd=shop, env=environment_of_commands(),
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("3 targets: VIOLATION 1, ") and "not checked 1" in lines[0]
    rows = [line for line in lines if line.startswith("shop")]
    assert rows[0].startswith("shop:Till") and "not linearizable: a.take()" in rows[0] and len(rows) == 2
    assert '  target = "shop.parts:Desk"' in lines and '  factory = "tests.factories:desk"' in lines
    assert "- shop.wrong: " in done.stdout and "there_is_no_such_module" in "".join(done.stdout.split())
    assert "there_is_no_such_module" in (shop / "shop.html").read_text()
    assert {each["target"] for each in json.loads((shop / "shop.json").read_text())["targets"]} == {
        "shop:Till", "shop.parts:Safe", "shop.parts:Desk",
    }  # fmt: skip


def test_a_factory_of_the_configuration_is_taken_and_its_other_options_are_not(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (shop / "pyproject.toml").write_text(
        '[tool.lockproof]\nthreads = 2\n[[tool.lockproof.target]]\ntarget = "shop.parts:Desk"\n'
        'factory = "makers:desk"\nbudget = "9m"\n'
    )
    runner = FakeRunner({"shop:Till": LOST_UPDATE, "shop.parts:Safe": HELD, "shop.parts:Desk": HELD}, [])
    monkeypatch.setattr(cli, "LocalRunner", lambda _: runner)
    assert cli.main(["check", "shop", "--seed", "3"]) == 1
    options = dict(runner.calls)
    assert options["shop.parts:Desk"].factory == "makers:desk" and options["shop:Till"].factory is None
    assert {(each.budget, each.threads, each.seed) for each in options.values()} == {(10.0, 3, 3)}
    assert "shop.wrong" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--factory", "makers:desk"], ["--model", "set"], ["--emit-test", "test_it.py"]])
def test_an_option_of_one_class_is_refused_for_a_package(shop: Path, words: list[str], capsys: object) -> None:
    assert shop.is_dir() and cli.main(["check", "shop", *words]) == 2


def surveying(*found: FoundTarget) -> Callable[[str, Modules], Survey]:
    return lambda asked, _: Survey(asked, found, (), (NoTarget(f"{asked}.broken", "x"),))


def target(name: str, **settings: object) -> ConfiguredTarget:
    return ConfiguredTarget(name, {each: Setting(value, "test") for each, value in settings.items()})


def test_a_target_that_is_named_by_any_of_its_names_overrides_its_package(shop: Path) -> None:
    found = surveying(FoundTarget("shop:Till", ("shop.parts:Till",)), FoundTarget("shop.parts:Safe"))
    both = [target("shop", budget=1.0), target("shop.parts:Till", budget=2.0)]
    made = expanded(both, survey=found)
    assert [(each.target, each.options.budget) for each in made.targets] == [
        ("shop.parts:Safe", 1.0), ("shop.parts:Till", 2.0),
    ]  # fmt: skip
    assert len(made.surveys) == 1 and shop / "shop" / "parts.py" in [each.resolve() for each in made.files]


def test_a_package_of_the_configuration_may_not_have_the_factory_of_one_class(shop: Path) -> None:
    (shop / "pyproject.toml").write_text('[[tool.lockproof.target]]\ntarget = "shop"\nfactory = "makers:desk"\n')
    with pytest.raises(LockproofError, match="a factory is for one of them"):
        expanded(read_configuration(shop, None, {}), survey=surveying(FoundTarget("shop:Till")))


@pytest.mark.parametrize(
    ("name", "settings"), [("shop:Till", {}), ("none", {}), ("makers", {}), ("shop", {"scenario": "a.f() || a.f()"})]
)
def test_what_is_no_package_stays_as_it_is(shop: Path, name: str, settings: dict[str, object]) -> None:
    asked = target(name, **settings)
    assert shop.is_dir() and expanded([asked], survey=surveying(FoundTarget("makers"))).targets == (asked,)


def test_what_is_accepted_in_a_package_is_known_where_it_is_and_gone_once(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    lost = issues_of(replace(LOST_UPDATE, subject="shop:Till"))[0].fingerprint
    entries = "".join(
        f'[[tool.lockproof.target.accepted]]\nfinding = "{each}"\nreason = "why"\ndate = 2026-11-26\n'
        for each in (lost, "0123456789abcdef")
    )
    (shop / "shop" / "wrong.py").unlink()
    (shop / "pyproject.toml").write_text(f'[[tool.lockproof.target]]\ntarget = "shop"\n{entries}')
    runner = FakeRunner({"shop:Till": LOST_UPDATE, "shop.parts:Safe": HELD, "shop.parts:Desk": HELD}, [])
    monkeypatch.setattr(cli, "LocalRunner", lambda _: runner)
    assert cli.main(["check"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    assert f"{lost} shop:Till: not linearizable: why" in text.partition("Known:")[2]
    assert text.count("0123456789abcdef") == 1


def test_one_check_has_a_summary_too(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "check_target", lambda *_: LOST_UPDATE)
    assert cli.main(["check", "shop:Till", "--summary", "one.md"]) == 1
    assert "| shop.bags:Bag | VIOLATION |" in (shop / "one.md").read_text()


def test_a_class_that_cannot_be_made_keeps_no_baseline_from_being_written(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = LockproofError("Desk cannot be made without arguments")
    runner = FakeRunner({"shop:Till": LOST_UPDATE, "shop.parts:Safe": HELD, "shop.parts:Desk": refused}, [])
    monkeypatch.setattr(cli, "LocalRunner", lambda _: runner)
    assert cli.main(["check", "shop", "--baseline", "b.json", "--update-baseline"]) == 3
    assert [each["subject"] for each in json.loads((shop / "b.json").read_text())["findings"]] == ["shop:Till"]
    assert cli.main(["check", "shop", "--baseline", "b.json"]) == 3
