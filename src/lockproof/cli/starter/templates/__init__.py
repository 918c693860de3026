"""The texts of what `lockproof init` writes. `$name` in them stands for a value."""

from __future__ import annotations

from pathlib import Path
from string import Template


def filled(name: str, **values: str) -> str:
    """Return a text with its values.

    Args:
        name: the name of its file, without `.template`.
        values: a value for each name in the text, and no other.

    """
    template = Template((Path(__file__).parent / f"{name}.template").read_text(encoding="utf-8"))
    assert set(template.get_identifiers()) == values.keys()
    return template.substitute(values)
