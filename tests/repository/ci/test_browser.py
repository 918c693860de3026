"""Does `ci.browser` find the browser, install it where it may, and never pass without one?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ci import browser
from ci.console import CiError

pytestmark = pytest.mark.one_build


def executable(place: Path, name: str) -> Path:
    path = place / name
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def test_a_browser_that_is_named_is_taken(tmp_path: Path) -> None:
    assert browser.browser({browser.VARIABLE: "/x/chrome", "PATH": str(tmp_path)}) == "/x/chrome"


@pytest.mark.parametrize("name", browser.NAMES)
def test_a_browser_on_path_is_taken(tmp_path: Path, name: str) -> None:
    expected = executable(tmp_path, name)
    assert browser.browser({"PATH": str(tmp_path)}) == str(expected)


def test_without_a_browser_and_without_debian_it_fails_and_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CiError) as caught:
        browser.browser({"PATH": str(tmp_path)})
    assert "no browser" in caught.value.fact and browser.VARIABLE in caught.value.next_step


def test_on_debian_the_package_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executable(tmp_path, "dpkg-query")
    asked: list[Sequence[str]] = []

    def install(_: object, __: Path, packages: Sequence[str], why: str) -> None:
        assert "browser" in why
        asked.append(packages)
        executable(tmp_path, "chromium")

    monkeypatch.setattr(browser, "install_headers", install)
    found = browser.browser({"PATH": str(tmp_path), "HOME": str(tmp_path)})
    assert found == str(tmp_path / "chromium") and asked == [("chromium",)]


def test_an_installation_without_a_browser_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    executable(tmp_path, "dpkg-query")
    monkeypatch.setattr(browser, "install_headers", lambda *_: None)
    with pytest.raises(CiError, match="is installed, and none of"):
        browser.browser({"PATH": str(tmp_path), "HOME": str(tmp_path)})


def test_what_follows_goes_to_pytest_and_pictures_are_drawn_on_demand() -> None:
    assert browser.command(["-k", "print"]) == ["-m", "pytest", "tests/browser", "-k", "print"]
    assert browser.command(["--pictures"]) == ["-m", "tests.browser.pictures"]


def test_without_a_browser_its_tests_are_not_collected() -> None:
    """And with one they are: that no run passes for want of a browser rests on this."""
    source = (browser.ROOT / "tests" / "browser" / "conftest.py").read_text(encoding="utf-8")
    assert "collect_ignore_glob = [] if os.environ.get(VARIABLE) else" in source
    assert list((browser.ROOT / "tests" / "browser").glob("test_*.py"))
