"""`python -m ci.core_docs`: write src/lockedset/native/docs.h, the documentation of the compiled core.

There is one text for both implementations: the docstrings of `lockedset`. A test says when docs.h differs from them.
"""

from __future__ import annotations

import inspect
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
NATIVE = ROOT / "src" / "lockedset" / "native"
HEAD = """/* The documentation of the core, made by `python -m ci.core_docs` from the docstrings of lockedset. */
/* clang-format off */
"""


def literal(text: str) -> str:
    """A C string literal with this text, one line for each line."""
    lines = []
    for line in text.splitlines(keepends=True):
        escaped = line.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        lines.append(f'    "{escaped}"')
    return " \\\n".join(lines)


def text_signature(name: str, function: Callable[..., Any]) -> str:
    """The first line of a docstring in C, from which `inspect` reads the signature back."""
    words = []
    for parameter in inspect.signature(function).parameters.values():
        word = "$self" if parameter.name == "self" else parameter.name
        if parameter.kind is parameter.VAR_POSITIONAL:
            word = f"*{word}"
        elif parameter.default is not parameter.empty:
            word += "=..."  # for `pop`: no value stands for "no default"
        words.append((word, parameter.kind is parameter.POSITIONAL_ONLY))
    parts = [word for word, _ in words]
    only = sum(positional_only for _, positional_only in words)
    if only:
        parts.insert(only, "/")
    first = parts[:1] if parts[:1] == ["$self"] else []
    return f"{name}({', '.join(parts if first or inspect.isclass(function) else ['$module', *parts])})\n--\n\n"


def header(wanted: list[str]) -> str:
    """The text of docs.h with a macro for each name that is wanted."""
    import lockedset

    parts = [HEAD]
    for macro in wanted:
        name = macro.lower()
        found = lockedset.LockedSet if name == "lockedset" else getattr(lockedset, name, None)
        named = "LockedSet" if name == "lockedset" else name
        found = found or getattr(lockedset.LockedSet, name)
        text = text_signature(named, found) + inspect.cleandoc(found.__doc__ or "")
        parts.append(f"#define DOC_{macro} \\\n{literal(text)}\n")
    return "\n".join(parts)


def made() -> str:
    """The text that docs.h has to have."""
    source = (NATIVE / "core.c").read_text(encoding="utf-8")
    return header(sorted(set(re.findall(r"\bDOC_(\w+)", source))))


def main() -> int:
    os.environ["LOCKEDSET_PURE"] = "1"
    sys.path.insert(0, str(ROOT / "src"))
    (NATIVE / "docs.h").write_text(made(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
