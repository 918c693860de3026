"""The pictures of the documents, in docs/pictures. After a change of the page:

tox run -e browser -- --pictures      # draws them anew; look at them before they are kept

The classes are those that the documents show, and the reports are made by real runs, so numbers differ each time.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from ci.documents import files
from tests.browser.driven import chromium, opened
from tests.repository.documents.blocks import ROOT, environment_of_commands

PLACE = ROOT / "docs" / "pictures"
WIDTH = 980

TRANSFER = """\
import threading


class Account:
    def __init__(self):
        self._balance, self._lock = 10, threading.Lock()

    def move(self, other: "Account") -> None:
        with self._lock:
            with other._lock:
                self._balance -= 1
                other._balance += 1
"""


def main() -> None:
    PLACE.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder:
        place = Path(folder)
        for name, text in files((ROOT / "README.md").read_text(encoding="utf-8")).items():
            (place / name).write_text(text, encoding="utf-8")
        (place / "accounts.py").write_text(TRANSFER, encoding="utf-8")
        _report(place, "race.html", "check", "tickets.py:Tickets", "--seed", "1")
        _report(place, "deadlock.html", "explore", "accounts.py:Account", "--scenario", "a.move(b) || b.move(a)")
        _draw(place / "race.html", PLACE / "race.png", "light", "details.finding", steps=2)
        _draw(place / "race.html", PLACE / "race-dark.png", "dark", "details.finding", steps=2)
        _draw(place / "deadlock.html", PLACE / "deadlock.png", "light", "figure.waits")


def _report(place: Path, page: str, *words: str) -> None:
    command = [sys.executable, "-m", "lockproof", *words, "--html", page]
    done = subprocess.run(
        command, cwd=place, env=environment_of_commands(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stdout + done.stderr


def _draw(page: Path, picture: Path, scheme: str, part: str, steps: int = 0) -> None:
    with chromium() as browser, opened(browser, page, scheme=scheme, width=WIDTH) as it:
        for _ in range(steps):
            it.page.keyboard.press("ArrowRight")
        it.page.locator(part).first.screenshot(path=picture, animations="disabled")


if __name__ == "__main__":
    main()
