"""Does the repository name no registry, no mirror and no one's machine?"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

import lockproof

pytestmark = pytest.mark.one_build

ROOT = Path(__file__).resolve().parents[3]
PASSED_OVER = {".git", ".tox", "dist", "build", "__pycache__", "node_modules", "venv"}

# Written in parts, so that this file does not contain what it forbids.
HOSTS = [
    r"debian\.org",
    r"ubuntu\.com/ubuntu",
    r"pypi\.(?:org|python)",
    r"pythonhosted\.org",
    r"npmjs\.(?:org|com)",
    r"conda\.anaconda",
    r"crates\.io",
]
PLACES = [r"/root/\w", r"/home/\w+/", r"/Users/\w+/", r"\b[A-Z]:\\Users"]


def text_files() -> list[tuple[str, str]]:
    found = []
    for folder, names, files in os.walk(ROOT):
        names[:] = [name for name in names if name not in PASSED_OVER and not name.endswith("_cache")]
        for name in files:
            path = Path(folder, name)
            if path == Path(__file__).resolve():
                continue
            try:
                found.append((path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8")))
            except (UnicodeDecodeError, FileNotFoundError):
                continue
    return found


@pytest.mark.thread_unsafe(reason="reads the whole working tree, where other tests write")
def test_no_registry_or_mirror_is_named() -> None:
    forbidden = re.compile("|".join(HOSTS), re.IGNORECASE)
    hits = [f"{name}: {match[0]}" for name, text in text_files() for match in forbidden.finditer(text)]
    assert hits == []


@pytest.mark.thread_unsafe(reason="reads the whole working tree, where other tests write")
def test_nothing_hides_that_a_dependency_lacks_a_wheel() -> None:
    forbidden = re.compile("only" + "[-_]binary", re.IGNORECASE)
    assert [name for name, text in text_files() if forbidden.search(text)] == []


def test_the_search_would_find_one() -> None:
    forbidden = re.compile("|".join(HOSTS), re.IGNORECASE)
    assert forbidden.search("deb http://deb." + "debian" + ".org/debian stable main")
    assert forbidden.search("--index-url https://" + "pypi" + ".org/simple")


@pytest.mark.thread_unsafe(reason="reads the whole working tree, where other tests write")
def test_no_one_s_machine_is_named_in_what_sets_up() -> None:
    forbidden = re.compile("|".join(PLACES))
    mine = ("ci/", ".ci/", ".github/", "tox.ini")
    hits = [
        f"{name}: {match[0]}"
        for name, text in text_files()
        if name.startswith(mine)
        for match in forbidden.finditer(text)
    ]
    assert hits == []


def test_no_core_that_was_built_is_kept_in_the_repository() -> None:
    done = subprocess.run(
        ["git", "ls-files", "*.so", "*.pyd", "*.whl"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == ""


@pytest.mark.skipif(os.name != "posix", reason="Windows has no executable bit")
@pytest.mark.parametrize("name", ["ci/test", "ci/validate", "ci/interpreters.py", ".ci/run"])
def test_commands_are_executable(name: str) -> None:
    assert os.access(ROOT / name, os.X_OK)


@pytest.mark.parametrize("name", ["ci/test", "ci/validate", "ci/interpreters.py"])
def test_commands_teach_their_use(name: str) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / name, "--help"], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0
    for word in ("usage:", "example" if name != "ci/validate" else "how to read", "exit status:"):
        assert word in done.stdout


def test_everything_in_ci_starts_on_an_old_python() -> None:
    # Annotations are never evaluated with this import, so that newer syntax in them is no harm to 3.9.
    for path in (ROOT / "ci").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "from __future__ import annotations" in text or "def " not in text, path.name
        assert not re.search(r"^\s*match\b.*:$", text, re.MULTILINE), path.name


def test_the_citation_names_this_version_and_no_date_of_a_release() -> None:
    cited = YAML(typ="safe", pure=True).load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == lockproof.__version__
    assert ("date-released" in cited) is ("(unreleased)" not in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("form", ["wrong-verdict", "fault", "idea"])
def test_the_issue_forms_ask_for_the_json_report(form: str) -> None:
    path = ROOT / ".github" / "ISSUE_TEMPLATE" / f"{form}.yml"
    asked = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))["body"]
    assert any("JSON report" in str(field["attributes"]) for field in asked)
    assert path.relative_to(ROOT).as_posix() in (ROOT / "tox.ini").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["SECURITY.md", "CODE_OF_CONDUCT.md"])
def test_reports_go_to_the_private_form_and_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "/security/advisories/new" in text
    assert "@" not in text, "an address that nobody reads"
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        assert (ROOT / link).exists(), link
