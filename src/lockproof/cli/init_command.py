"""The command `lockproof init`: what a project needs to be checked, written where it is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from lockproof.cli.starter.file_plan import PartState
from lockproof.cli.starter.package_search import find_package
from lockproof.cli.starter.project import read_project
from lockproof.cli.starter.starter_files import plan_files
from lockproof.cli.starter.tox_environment import NAME
from lockproof.report.page import Page, console_on
from lockproof.report.words import clean


@click.command(
    epilog="""\b
Examples:
  lockproof init                       in the directory of the project
  lockproof init --dry-run             what it would write
  lockproof init company.thing         one of several packages, by its import name

\b
Exit status:
  0    all is written, or was there already
  2    there is no package, or there are several; or a file is wrong or cannot be written: nothing is
       changed
"""
)
@click.argument("package", required=False)
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
def init(package: str | None, dry_run: bool) -> int:
    """Set up the project in the working directory, so that lockproof checks it.

    PACKAGE is the import name of its package or module; it is needed where there are several. These are added, and
    nothing that is there is changed: [tool.lockproof] in pyproject.toml, with the package as target; an environment of
    tox, in the file that the project has for that; a workflow for GitHub; and a first test, of a class that uses locks
    or threads if there is one. The sources are read and never imported.
    """
    project = read_project(Path.cwd())
    plan = plan_files(project, find_package(project, package))
    plan.check() if dry_run else plan.write()
    page = Page(console_on(sys.stdout))
    files, parts = (max(map(len, some)) for some in zip(*((each.file, each.part) for each in plan.parts), strict=True))
    for each in plan.parts:
        state = f"would be {each.state}" if dry_run and each.state is not PartState.LEFT else str(each.state)
        page.whole(clean(f"{each.file:{files}}  {each.part:{parts}}  {state}"))
    for each in plan.parts if dry_run else ():
        if each.text:
            page.heading(f"{clean(each.file)}:")
            page.verbatim(each.text.strip("\n"))
    page.blank()
    page.whole(f"next: {clean(f'lockproof init {package or ""}'.strip()) if dry_run else f'tox -e {NAME}'}")
    return 0
