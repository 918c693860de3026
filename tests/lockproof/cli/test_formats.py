"""Does a format need nothing but its entry, and are the files written when they should be?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from rich.console import Console

from lockproof.cli.commands import cli
from lockproof.cli.formats import (
    FOR_PROGRAMS,
    JSON,
    OF_A_SEARCH,
    OF_EACH,
    OF_MUTANTS,
    Files,
    Format,
    deliver,
    written_as,
)
from tests.lockproof.report.samples import LOST_UPDATE

pytestmark = pytest.mark.one_build


class Small:
    """A report."""

    def to_json(self) -> dict[str, Any]:
        return {"small": True}


def _write(report: Small, path: Path) -> None:
    path.write_text(f"{report.to_json()}", encoding="utf-8")


LITERAL = Format("--as-literal", "Write a literal of Python.", _write)
LATE = Format("--late", "Write it late.", _write, after_text=True)


@click.command()
@written_as((LITERAL, JSON))
@click.option("--other")
def command(files: Files, other: str | None) -> None:
    """Say which files are asked for."""
    click.echo(f"{[(each.option, path.name) for each, path in files]} {other}")


def test_a_format_is_an_option_whose_file_the_command_gets(tmp_path: Path) -> None:
    runner = CliRunner()
    assert "Write a literal of Python." in runner.invoke(command, ["--help"]).output
    assert runner.invoke(command, ["--other", "x"]).output == "[] x\n"
    given = ["--as-literal", str(tmp_path / "a"), "--json", str(tmp_path / "b")]
    assert runner.invoke(command, given).output == "[('--as-literal', 'a'), ('--json', 'b')] None\n"


def test_a_file_that_cannot_be_written_is_refused_before_anything_runs(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["--as-literal", str(tmp_path / "no" / "a")])
    assert result.exit_code == 2 and "there is no directory" in result.output


@pytest.mark.parametrize("complete", [True, False])
def test_files_come_before_the_text_or_after_it(
    tmp_path: Path, complete: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    early, late = tmp_path / "early", tmp_path / "late"

    def show(console: Console) -> None:
        console.print(f"early {early.exists()}, late {late.exists()}")

    deliver(Small(), show, [(LATE, late), (LITERAL, early)], complete=complete)
    assert capsys.readouterr().out == "early True, late False\n"
    assert late.exists() is complete


def test_json_on_standard_output_moves_the_text_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    deliver(Small(), lambda console: console.print("the text"), [(JSON, Path("-"))])
    out, err = capsys.readouterr()
    assert (out, err) == ('{\n "small": true\n}\n', "the text\n")


@pytest.mark.parametrize("each", FOR_PROGRAMS, ids=lambda each: each.option)
def test_reports_for_other_programs_are_files_or_printed(
    each: Format, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deliver(LOST_UPDATE, lambda console: console.print("the text"), [(each, tmp_path / "file"), (each, Path("-"))])
    out, err = capsys.readouterr()
    assert err == "the text\n"
    assert out == (tmp_path / "file").read_text(encoding="ascii") and "try_add" in out


def test_only_one_format_can_have_standard_output(tmp_path: Path) -> None:
    result = CliRunner().invoke(command, ["--as-literal", "-", "--json", "-"])
    assert result.exit_code == 2 and "only one of --as-literal and --json" in result.output
    assert CliRunner().invoke(command, ["--as-literal", "-", "--json", str(tmp_path / "a")]).exit_code == 0


def test_each_command_that_makes_a_report_has_its_formats() -> None:
    for name, formats in {
        "check": OF_A_SEARCH, "explore": OF_A_SEARCH, "replay": OF_EACH, "history": OF_EACH, "mutate": OF_MUTANTS,
    }.items():  # fmt: skip
        options = {option for each in cli.commands[name].params for option in each.opts}
        assert {each.option for each in formats} == {
            each.option for each in (*OF_A_SEARCH, *OF_EACH) if each.option in options
        }
