"""What the files of a project say of it, read as data: nothing of the project is imported or run."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Mapping
from configparser import ConfigParser
from configparser import Error as MalformedIni
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lockproof.core.errors import LockproofError

PYPROJECT: Final = "pyproject.toml"
SETUP_CFG: Final = "setup.cfg"
SETUP_PY: Final = "setup.py"


@dataclass(frozen=True)
class ProjectFiles:
    """The files that describe a project; those that are missing are empty.

    Attributes:
        folder: its directory.
        pyproject: `pyproject.toml`.
        setup_cfg: `setup.cfg`.
        setup_py: the keywords of the call of `setup` in `setup.py` whose values are literals.
        installable: whether pip can install the project.

    """

    folder: Path
    pyproject: Mapping[str, Any]
    setup_cfg: ConfigParser
    setup_py: Mapping[str, Any]
    installable: bool

    @property
    def distribution(self) -> str:
        """The name by which pip knows it; "" if no file says it."""
        named = (
            value(self.pyproject, "project", "name"),
            value(self.pyproject, "tool", "poetry", "name"),
            self.setup_cfg.get("metadata", "name", fallback=None),
            self.setup_py.get("name"),
        )
        return next((each for each in named if isinstance(each, str)), "")


def read_project(folder: Path) -> ProjectFiles:
    """Return what the files of a directory say.

    Raises:
        LockproofError: a file cannot be read, or is no TOML or no INI file.

    """
    pyproject = read_toml(folder / PYPROJECT)
    setup_cfg = read_ini(folder / SETUP_CFG)
    build = value(pyproject, "tool", "poetry") or value(pyproject, "tool", "flit")
    packaged = "project" in pyproject or "build-system" in pyproject or build
    return ProjectFiles(
        folder, pyproject, setup_cfg, _keywords(folder / SETUP_PY),
        bool(packaged or setup_cfg.has_section("metadata") or (folder / SETUP_PY).is_file()),
    )  # fmt: skip


def value(table: Any, *keys: str) -> Any:
    """Return the value at these keys of nested tables; None if one of them is missing."""
    for key in keys:
        if not isinstance(table, Mapping) or key not in table:
            return None
        table = table[key]
    return table


def texts(found: Any) -> list[str]:
    """Return the texts of a list, or the words of a text; nothing of anything else."""
    if isinstance(found, str):
        return found.split()
    return [each for each in found if isinstance(each, str)] if isinstance(found, list | tuple) else []


def read_bytes(path: Path) -> bytes | None:
    """Return the contents of a file; None if there is none.

    Raises:
        LockproofError: it cannot be read.

    """
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise LockproofError(f"{path} cannot be read: {error.strerror or error}") from None


def read_toml(path: Path) -> dict[str, Any]:
    """Return the document in a file; an empty one if there is no file."""
    try:
        return tomllib.loads((read_bytes(path) or b"").decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LockproofError(f"{path} is no TOML: {error}", "a slip in the file", "correct it there") from None


def read_ini(path: Path, text: str | None = None) -> ConfigParser:
    """Return the sections of a file, or of a text that stands in it; none if there is no file."""
    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string((read_bytes(path) or b"").decode("utf-8-sig") if text is None else text)
    except (MalformedIni, UnicodeDecodeError) as error:
        fact = " ".join(str(error).split())
        raise LockproofError(f"{path} is no INI file: {fact}", "a slip in the file", "correct it there") from None
    return parser


def _keywords(path: Path) -> dict[str, Any]:
    try:
        tree = ast.parse(read_bytes(path) or b"")
    except (SyntaxError, ValueError):
        return {}  # what it says is only a hint
    found = {}
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == "setup":
            for keyword in call.keywords:
                try:
                    found[keyword.arg or ""] = ast.literal_eval(keyword.value)
                except ValueError:
                    continue
    return found
