"""What mkdocs does beside building docs/ as it is. mkdocs.yml names this file, and mkdocs calls these functions.

A page with a line of `MADE` gets a text that is made: the commands of lockproof, and the changes. A link that leaves
docs/ leads to the repository instead. Rejected: pages that are copies of other files, which part from them.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCS = "docs"


def commands() -> str:
    """Return the help of lockproof and of each of its commands, with a table of the options."""
    import click

    from lockproof.cli.commands import cli

    return "\n\n".join(_sections(click.Context(cli, info_name="lockproof", **cli.context_settings))) + "\n"


def _sections(context: Any) -> Iterator[str]:
    command = context.command
    yield f"## {context.command_path}"
    yield f"```text\n{' '.join([context.command_path, *command.collect_usage_pieces(context)])}\n```"
    yield _paragraphs(command.help or "")
    rows = [row for each in command.get_params(context) if (row := each.get_help_record(context)) and row[1]]
    yield "\n".join(["| option | |", "| --- | --- |", *(f"| `{name}` | {_cell(text)} |" for name, text in rows)])
    if command.epilog:
        yield f"```text\n{command.epilog.replace(chr(8), '').strip()}\n```"
    for name in sorted(getattr(command, "commands", {})):
        yield from _sections(type(context)(command.commands[name], info_name=name, parent=context))


def _plain(text: str) -> str:
    """Return the text with what Markdown would take for markup."""
    return re.sub(r"([\\`*_|<\[\]])", r"\\\1", text)


def _paragraphs(text: str) -> str:
    return _plain(text.replace("\b", "").strip())


def _cell(text: str) -> str:
    return _plain(" ".join(text.split()))


def changes() -> str:
    """Return CHANGELOG.md."""
    return (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


MADE: dict[str, Callable[[], str]] = {
    "<!-- the commands of lockproof -->": commands,
    "<!-- CHANGELOG.md -->": changes,
}


def outside(text: str, page: str, repository: str) -> str:
    """Return the text with links to the repository for those that leave docs/.

    `page` is the place of the text within docs/. What a link of it names has to exist.
    """

    def replace(found: re.Match[str]) -> str:
        target = posixpath.normpath(posixpath.join(DOCS, posixpath.dirname(page), found[1]))
        if target.startswith(f"{DOCS}/") or not (ROOT / target).exists():
            return found[0]  # mkdocs checks it
        kind = "tree" if (ROOT / target).is_dir() else "blob"
        return f"]({repository.rstrip('/')}/{kind}/main/{target}{found[2] or ''})"

    return re.sub(r"\]\((\.\./[^)#\s]*)(#[^)\s]*)?\)", replace, text)


def on_page_markdown(markdown: str, *, page: Any, config: Any, **_: object) -> str:
    """Return the Markdown that is rendered. mkdocs calls this for each page."""
    for line, made in MADE.items():
        if line in markdown:
            markdown = markdown.replace(line, made())
    return outside(markdown, page.file.src_uri, config.repo_url)
