"""A page in Chromium, without a network, with all that it complains about."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from ci.browser import VARIABLE


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium. Containers give it no sandbox of its own, and it opens nothing but pages of this project."""
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=os.environ[VARIABLE], args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Opened:
    """A page that is open: what it asked for, what its console said, and the dialogs that it opened."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def texts(self, selector: str) -> list[str]:
        """Return the texts of the elements, as far as they are shown."""
        return [each.inner_text() for each in self.page.locator(selector).all() if each.is_visible()]


@contextmanager
def opened(
    browser: Browser, file: Path, *, scheme: str = "light", width: int = 1180, script: bool = True, fragment: str = ""
) -> Iterator[Opened]:
    """Open a file from disk."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=script,
        offline=True,
        device_scale_factor=1,
    )
    page = context.new_page()
    found = Opened(page)
    page.on("request", lambda request: found.requests.append(request.url))
    page.on("console", lambda message: found.complaints.append(message.text))
    page.on("pageerror", lambda error: found.complaints.append(str(error)))

    def dismiss(dialog: object) -> None:
        found.complaints.append(f"a dialog: {dialog}")
        dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", dismiss)
    page.goto(file.as_uri() + fragment)
    try:
        yield found
    finally:
        context.close()
