"""Does uv install into the cache, and does the caller's environment lead it to the network and nowhere else?"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from ci import toolbox, uv
from ci.builds import Build
from ci.console import CiError, Reporter
from ci.uv import environment, last_cause
from tests.repository.ci.fakes import posix_only

pytestmark = pytest.mark.one_build

STANDARD, FREE = Build.parse("3.13"), Build.parse("3.13t")


def test_the_caller_s_variables_lead_to_the_network_but_choose_nothing(tmp_path: Path) -> None:
    given = {
        "PATH": "/bin",
        "UV_PYTHON": "3.9",
        "UV_PYTHON_PREFERENCE": "only-managed",
        "UV_RESOLUTION": "lowest",
        "UV_NO_BINARY": "1",
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX_MINE_PASSWORD": "secret",
        "UV_NATIVE_TLS": "1",
    }
    assert environment(tmp_path, given) == {
        "PATH": "/bin",
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "UV_INDEX_MINE_PASSWORD": "secret",
        "UV_NATIVE_TLS": "1",
        "UV_CACHE_DIR": str(tmp_path / "uv"),
    }
    assert environment(tmp_path, {"UV_CACHE_DIR": "/c"})["UV_CACHE_DIR"] == "/c"


def test_what_pip_is_told_of_the_network_uv_is_told_as_well(tmp_path: Path) -> None:
    pip = {"PIP_INDEX_URL": "https://mirror.example/simple", "PIP_CERT": "/ca.pem"}
    told = environment(tmp_path, pip)
    assert (told["UV_DEFAULT_INDEX"], told["SSL_CERT_FILE"]) == ("https://mirror.example/simple", "/ca.pem")
    told = environment(tmp_path, {**pip, "UV_INDEX_URL": "https://other.example", "SSL_CERT_FILE": "/mine.pem"})
    assert "UV_DEFAULT_INDEX" not in told
    assert told["SSL_CERT_FILE"] == "/mine.pem"


@pytest.mark.parametrize(
    ("err", "cause"),
    [
        ("error: failed\n  Caused by: no route\n", "no route"),
        ("error: failed\n  cause: dns error\n  cause: unknown name\n", "unknown name"),
        ("warning: x\nerror: No download found\n", "No download found"),
        ("something\n", "something"),
        ("", "no reason given"),
    ],
)
def test_the_innermost_cause_is_told(err: str, cause: str) -> None:
    assert last_cause(err) == cause


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder in which a stand-in for uv may lie that is then found on PATH."""
    monkeypatch.setattr("shutil.which", lambda name: str(tmp_path / "uv") if (tmp_path / "uv").exists() else None)
    monkeypatch.setenv("UV_PYTHON", "3.9")
    return tmp_path


def fake_uv(folder: Path, *, status: int = 0, err: str = "") -> None:
    """Write a program that notes how it was called, and ends like this."""
    lines = (
        "#!/bin/sh",
        f'echo "$@" >> {folder}/calls',
        f"env | grep ^UV_ > {folder}/environment",
        f"echo '{err}' >&2",
        f"exit {status}",
    )
    (folder / "uv").write_text("\n".join(lines) + "\n")
    (folder / "uv").chmod(0o755)


def install(folder: Path, builds: Sequence[Build]) -> str:
    cache = folder / "cache"
    return uv.install(cache, builds, Reporter(io.StringIO()), cache / "log")


@posix_only
def test_uv_installs_into_the_cache_and_nowhere_else(machine: Path) -> None:
    fake_uv(machine)
    assert install(machine, [STANDARD, FREE]) == ""
    assert (machine / "calls").read_text() == "python install 3.13 3.13t\n"
    variables = (machine / "environment").read_text()
    assert f"UV_PYTHON_INSTALL_DIR={machine / 'cache' / 'uv-python'}\n" in variables
    assert "UV_PYTHON_INSTALL_BIN=0\n" in variables
    assert "UV_PYTHON_INSTALL_REGISTRY=0\n" in variables
    assert "UV_PYTHON=" not in variables


@posix_only
def test_a_refusal_is_a_reason_and_no_error(machine: Path) -> None:
    fake_uv(machine, status=2, err="error: no route")
    assert install(machine, [STANDARD]) == "python install failed: no route"


def test_what_uv_installed_is_found_on_every_system(tmp_path: Path) -> None:
    assert uv.directories(tmp_path) == []
    own = uv.install_directory(tmp_path)
    (own / "cpython-3.13.15-linux" / "bin").mkdir(parents=True)
    (own / "cpython-3.14.10-windows").mkdir()
    assert uv.directories(tmp_path) == [
        ("uv", own / "cpython-3.14.10-windows"),
        ("uv", own / "cpython-3.13.15-linux" / "bin"),
        ("uv", own / "cpython-3.13.15-linux"),
    ]


def test_without_a_network_it_is_told_why_there_is_no_uv(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def tool(*_arguments: object) -> Path:
        raise CiError("installing for uv failed; the last lines of its log:\n  no route", next_step="see LOG")

    monkeypatch.setattr(toolbox, "tool", tool)
    assert install(machine, [STANDARD]) == "it is not on PATH, and installing for uv failed (see LOG)"
