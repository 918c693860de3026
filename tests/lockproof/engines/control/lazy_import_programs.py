"""A program in which two threads import a module at its first use, as `lazy import` does from 3.15 on."""

from __future__ import annotations

import sys
from typing import Any

from lockproof.core.schedule import Switching
from tests.lockproof.engines.control.inside import at_most, explore, together

SOURCE = """
lazy import colorsys

def use():
    return colorsys.rgb_to_hsv(1, 0, 0)
"""


def lazily() -> object:
    sys.modules.pop("colorsys", None)
    space: dict[str, Any] = {}
    exec(compile(SOURCE, __file__, "exec"), space)
    seen: list[object] = []
    together(lambda: seen.append(space["use"]()), lambda: seen.append(space["use"]()))
    return seen


def ask_lazily() -> dict[str, Any]:
    return explore(lazily, at_most(1), Switching.FREE, most=30)
