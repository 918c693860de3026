"""The texts of the samples as they should be, in golden/. After a change that is meant:

python -m tests.lockproof.report.golden      # writes them anew; read the difference before it is kept
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from lockproof.report.page import plain_text
from lockproof.report.recorded_history import print_history
from lockproof.report.text import as_text, print_report
from tests.lockproof.report.samples import HISTORIES, LOST_UPDATE, SAMPLES

PLACE = Path(__file__).parent / "golden"
NARROW, WIDE = 60, 100


def in_colour() -> str:
    """Return the text that a terminal gets, with escape sequences for its styles."""
    buffer = io.StringIO()
    print_report(LOST_UPDATE, Console(file=buffer, width=80, force_terminal=True, color_system="standard",
                                      highlight=False, no_color=False, legacy_windows=False))  # fmt: skip
    return buffer.getvalue().replace("\x1b", "ESC")


def texts() -> Iterator[tuple[str, str]]:
    """Yield the name of each golden file and the text that it should have."""
    for width in (NARROW, WIDE):
        for name, report in SAMPLES.items():
            yield f"{name}-{width}.txt", as_text(report, width)
        for name, history in HISTORIES.items():
            yield f"{name}-{width}.txt", plain_text(print_history, history, width)
    yield "lost-update-colour.txt", in_colour()


def main() -> None:
    PLACE.mkdir(exist_ok=True)
    for name, text in texts():
        (PLACE / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
