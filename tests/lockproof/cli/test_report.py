"""Does `lockproof report` make a page of what it is given, and refuse what it cannot read, with status 2?"""

from __future__ import annotations

import importlib.util
import json
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from lockproof.campaign import mutate as mutating
from lockproof.cli import commands as cli
from lockproof.core.verdict import Interrupted
from lockproof.report.jsonfile import write_json
from tests.lockproof.report.html.parsed import parsed
from tests.lockproof.report.html.samples_for_pages import MUTANTS, TIMED, on
from tests.lockproof.report.samples import HELD, LOST_UPDATE, MASKED

pytestmark = [
    pytest.mark.one_build,
    pytest.mark.thread_unsafe(reason="catches what is printed in the whole process, and replaces its check"),
]


def test_reports_of_all_commands_go_on_one_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = []
    for number, report in enumerate((LOST_UPDATE, on(HELD, "3.14.2"), MUTANTS, TIMED)):
        files.append(str(tmp_path / f"{number}.json"))
        write_json(report.to_json(), Path(files[-1]))
    page = tmp_path / "page.html"
    assert cli.main(["report", *files, "--html", str(page)]) == 0
    found = parsed(page.read_text(encoding="ascii"))
    assert [each.attributes["id"] for each in found.all("section", cls="subject")] == ["s1", "s3", "s2"]
    out, err = capsys.readouterr()
    assert out == "" and err == f"lockproof: the page is in {page}\n"
    assert [each.name for each in tmp_path.iterdir() if each.suffix == ".html"] == ["page.html"]


def test_a_page_goes_to_standard_output(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_json(HELD.to_json(), tmp_path / "a.json")
    assert cli.main(["report", str(tmp_path / "a.json"), "--html", "-"]) == 0
    assert capsys.readouterr().out.startswith("<!doctype html>")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "cannot be read"),
        ("{", "is no JSON"),
        ('{"a": 1}', "no report of lockproof"),
        (json.dumps({**HELD.to_json(), "schema": 99}), "version 99"),
    ],
)
def test_what_is_no_report_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, says: str
) -> None:
    if content is not None:
        (tmp_path / "a.json").write_text(content)
    page = tmp_path / "page.html"
    assert cli.main(["report", str(tmp_path / "a.json"), "--html", str(page)]) == 2
    err = capsys.readouterr().err
    assert says in err and "likely cause: " in err and "next step: " in err
    assert not page.exists()


@pytest.mark.parametrize("words", [[], ["a.json"], ["--html", "page.html"], ["a.json", "--html", "no/such/page.html"]])
def test_a_command_that_lacks_something_is_wrong_usage(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["report", *words]) == 2
    assert "Usage: " in capsys.readouterr().err


def test_a_check_writes_its_page_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "check_target", lambda *_: MASKED)
    page = tmp_path / "page.html"
    assert cli.main(["check", "shop.bags:Bag", "--html", str(page)]) == 1
    assert parsed(page.read_text(encoding="ascii")).all("table", cls="steps")


def test_a_check_that_was_interrupted_has_a_page_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise Interrupted(MASKED)

    monkeypatch.setattr(cli, "check_target", interrupted)
    assert cli.main(["check", "shop.bags:Bag", "--html", str(tmp_path / "page.html")]) == 130
    assert (tmp_path / "page.html").exists()


def test_mutants_have_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutating, "mutate_target", lambda *_: MUTANTS)
    assert cli.main(["mutate", "shop.bags:Bag", "--html", str(tmp_path / "page.html")]) == 0
    assert parsed((tmp_path / "page.html").read_text(encoding="ascii")).all("pre", cls="diff")


def test_a_history_has_a_page_with_its_picture(tmp_path: Path) -> None:
    events = [
        {"process": 0, "type": "invoke", "f": "add", "value": 3},
        {"process": 0, "type": "ok", "f": "add", "value": 3},
        {"process": 1, "type": "invoke", "f": "read"},
        {"process": 1, "type": "ok", "f": "read", "value": []},
    ]
    (tmp_path / "run.jsonl").write_text("\n".join(map(json.dumps, events)))
    page = tmp_path / "page.html"
    assert cli.main(["history", str(tmp_path / "run.jsonl"), "--model", "set", "--html", str(page)]) == 1
    (picture,) = parsed(page.read_text(encoding="ascii")).all("svg", cls="history-picture")
    assert [each.all("title")[0].text for each in picture.all("g", cls="stuck")] == [
        "contains 3 \N{RIGHTWARDS ARROW} False"
    ]


def without_jinja2(monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec

    def find(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "jinja2" else real(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", find)


def test_without_the_template_engine_nothing_runs_and_the_command_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without_jinja2(monkeypatch)
    monkeypatch.setattr(cli, "check_target", lambda *_: pytest.fail("it ran"))
    write_json(HELD.to_json(), tmp_path / "a.json")
    for command in (["check", "shop.bags:Bag"], ["report", str(tmp_path / "a.json")]):
        assert cli.main([*command, "--html", str(tmp_path / "page.html")]) == 2
        assert "next step: pip install Jinja2" in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()


def test_without_the_template_engine_everything_else_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_jinja2(monkeypatch)
    monkeypatch.setattr(cli, "check_target", lambda *_: HELD)
    assert cli.main(["check", "shop.bags:Bag", "--json", str(tmp_path / "a.json")]) == 0
