"""Is the site whole, and do its short pages tell the truth? `tox run -e docs` builds it; here nothing needs mkdocs."""

from __future__ import annotations

import importlib.util
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from xml.etree import ElementTree

import pytest
from ruamel.yaml import YAML

from ci.documents import Command, blocks, commands, files, missing, verdict_of
from lockproof.core.verdict import Verdict
from tests.repository.documents.blocks import ROOT, run

pytestmark = pytest.mark.one_build

DOCS = ROOT / "docs"
SITE = ROOT / "ci" / "site"
LONG = ("lockproof.md", "tried.md", "explorer.md", "mutants.md", "corpus.md", "annotations.md", "validation.md")
"""Pages with tests of their own, or that show measurements."""

PAGES = sorted(
    path.relative_to(DOCS).as_posix()
    for path in DOCS.rglob("*.md")
    if path.parent.name not in ("adr", "schema") and path.name not in LONG
)
TEXTS = {name: (DOCS / name).read_text(encoding="utf-8") for name in PAGES}
STATUS = {verdict.name: verdict.status for verdict in Verdict}


def entries(nav: object) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    else:
        for each in nav.values() if isinstance(nav, dict) else nav:  # type: ignore[attr-defined]
            yield from entries(each)


def hooks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("site_hooks", SITE / "hooks.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_navigation_has_exactly_the_pages_that_there_are() -> None:
    settings = YAML(typ="safe", pure=True).load((SITE / "mkdocs.yml").read_text(encoding="utf-8"))
    assert (SITE / settings["docs_dir"]).resolve() == DOCS
    assert settings["strict"] is True
    there = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    named = list(entries(settings["nav"]))
    assert sorted(named) == sorted(there)


def test_what_a_page_links_to_is_there() -> None:
    for name, text in TEXTS.items():
        for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
            assert (DOCS / name).parent.joinpath(link).exists(), f"{name}: {link}"


def test_a_page_is_short() -> None:
    for name, text in TEXTS.items():
        assert len(text.splitlines()) <= 150, name


@pytest.mark.parametrize("path", sorted((DOCS / "pictures").glob("*.svg")), ids=lambda path: path.stem)
def test_a_picture_says_what_it_shows_and_loads_nothing(path: Path) -> None:
    picture = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    assert picture.get("aria-label")
    assert {each.tag.rpartition("}")[2] for each in picture.iter()} <= {"svg", "rect", "text", "path", "circle"}


def test_each_text_that_is_made_has_one_page() -> None:
    for line in hooks().MADE:
        assert len([name for name, text in TEXTS.items() if line in text]) == 1


def test_the_page_of_options_has_every_command_and_every_option() -> None:
    import click

    from lockproof.cli.commands import cli

    made = hooks().commands()
    for name, command in cli.commands.items():
        section = made.partition(f"\n## lockproof {name}\n")[2].partition("\n## ")[0]
        for option in command.params:
            if isinstance(option, click.Option) and not option.hidden:
                assert re.search(rf"^\| `[^`]*{option.opts[-1]}\b", section, re.MULTILINE), f"{name} {option.opts}"
    assert r"\_\_exit\_\_" in made, "Markdown would take the name for bold type"


def test_a_link_that_leaves_the_documents_leads_to_the_repository() -> None:
    outside = hooks().outside
    where = "https://example.org/it"
    assert (
        outside("[a](../tests/README.md#rules)", "validation.md", where)
        == f"[a]({where}/blob/main/tests/README.md#rules)"
    )
    assert outside("[a](../../tests)", "adr/0001.md", where) == f"[a]({where}/tree/main/tests)"
    for kept in ("[a](../lockproof.md)", "[a](pool.md)", "[a](../no/such.md)"):
        assert outside(kept, "howto/ci.md", where) == kept


ELSEWHERE = [
    (command.text, source)
    for name in ("README.md", "docs/lockproof.md")
    for text in [(ROOT / name).read_text(encoding="utf-8")]
    for command in commands(text)
    for file, source in files(text).items()
    if file in command.text
]
"""Commands that other tests run, with the files that they use."""


def _marks(name: str, command: Command) -> object:
    if command.text.startswith("lockproof check") and "VIOLATION" in command.shown[0]:
        return pytest.mark.nightly(reason="searches for long with the GIL; on push the finding is explored")
    if command.text.startswith(("lockproof replay", "lockproof report")) or "--json" in command.text:
        return pytest.mark.nightly(reason="the commands of the guide that are like it run on every push")
    if command.text.startswith("pytest") or "mended_events" in command.text:
        return pytest.mark.nightly(reason="takes its whole budget")
    if "--engine threads" in command.text:
        return pytest.mark.nightly(reason="tests/outside checks this class on every push")
    return ()


COMMANDS = [
    pytest.param(name, number, id=f"{name}-{number}", marks=_marks(name, command))
    for name, text in TEXTS.items()
    for number, command in enumerate(commands(text))
    if not any(command.text == other and source in files(text).values() for other, source in ELSEWHERE)
]


@pytest.mark.parametrize(("name", "number"), COMMANDS)
@pytest.mark.thread_unsafe(reason="starts a process")
def test_each_command_of_a_page_prints_what_is_shown(tmp_path: Path, name: str, number: int) -> None:
    shown = commands(TEXTS[name])
    for file, source in files(TEXTS[name]).items():
        (tmp_path / file).write_text(source, encoding="utf-8")
    command = shown[number]
    if command.text.startswith(("lockproof replay", "lockproof report")):
        for before in shown[:number]:
            if f"--json {command.text.split()[2]}" in before.text:
                run(before, tmp_path)
    done = run(command, tmp_path)
    printed = done.stdout.splitlines()
    if command.text.startswith("pytest"):
        assert done.returncode == 1, done.stdout + done.stderr
        assert all(any(line.startswith(each) for line in printed) for each in command.shown)
        return
    verdict = verdict_of(command) if command.shown else "HELD"
    assert done.returncode == STATUS[verdict], done.stdout + done.stderr
    searched = command.text.startswith("lockproof check")
    assert missing(command, done.stdout, gil=searched and sys._is_gil_enabled()) == []
    if "--html" in command.text:
        assert (tmp_path / command.text.rpartition("--html ")[2]).stat().st_size > 1_000


def test_every_python_block_of_a_page_is_run() -> None:
    for name, text in TEXTS.items():
        used = " ".join(command.text for command in commands(text))
        for block in blocks(text, "python"):
            file = re.match(r"# ([\w.]+\.py)\n", block)
            assert ">>> " in block or "from package.module" in block or (file and file[1] in used), f"{name}: {block}"


def test_only_outputs_that_other_tests_compare_are_left_out_here() -> None:
    left_out = {(name, number) for name, text in TEXTS.items() for number, _ in enumerate(commands(text))} - {
        (each.values[0], each.values[1]) for each in COMMANDS
    }
    assert left_out == {("first-check.md", 0)}
