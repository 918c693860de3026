"""Can the page be read: does each text colour stand out from each ground, in light, dark and on paper?"""

from __future__ import annotations

import re

import pytest

from lockproof.report.html.render import PLACE

pytestmark = pytest.mark.one_build

STYLE = (PLACE / "page.css").read_text(encoding="ascii")
LIGHT, DARK, PAPER = (
    dict(re.findall(r"--([\w-]+): (#\w+);", block)) for block in re.findall(r":root \{(.*?)\}", STYLE, re.DOTALL)
)
LEAST = 4.5
"""The ratio that WCAG 2.2 asks of ordinary text (criterion 1.4.3)."""

PAIRS = [
    *((ink, ground) for ink in ("ink", "dim", "link", "bad", "good", "warn") for ground in ("page", "surface", "sunk")),
    ("bad", "bad-soft"), ("good", "good-soft"), ("warn", "warn-soft"), ("gil", "gil-soft"), ("ink", "gil-soft"),
    ("ink", "now"), ("dim", "now"), ("bad", "now"), ("ink", "warn-soft"),
]  # fmt: skip


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * each for each in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000", "#fff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("scheme", ["light", "dark", "paper"])
@pytest.mark.parametrize(("ink", "ground"), PAIRS)
def test_text_stands_out_from_its_ground(scheme: str, ink: str, ground: str) -> None:
    colours = {"light": LIGHT, "dark": {**LIGHT, **DARK}, "paper": {**LIGHT, **PAPER}}[scheme]
    assert contrast(colours[ink], colours[ground]) >= LEAST


def test_every_colour_of_the_light_page_has_its_dark_one() -> None:
    assert LIGHT.keys() == DARK.keys() and {*LIGHT} - {*PAPER} == {"now"}
