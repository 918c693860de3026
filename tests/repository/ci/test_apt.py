"""Does apt's configuration lead to the right mirror, and a listing to what can really be fetched?"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pytest

from ci import apt
from ci.apt import (
    Archive,
    Candidate,
    Target,
    apt_reason,
    distribution_mirrors,
    os_release,
    parse_madison,
    pin,
    private_sources,
    read_targets,
)
from ci.console import CiError, Reporter

pytestmark = pytest.mark.one_build

TARGETS = """
http://vendor.example/packages nodistro main
http://vendor.example/apt bookworm main
http://mirror.example/debian/ bookworm main
http://mirror.example/debian/ bookworm contrib
http://mirror.example/debian/ bookworm-updates main
http://security.example/debian-security/ bookworm-security main
cdrom:[Debian 12]/ bookworm main
http://derived.example/ bookworm universe
not-a-target
"""


def test_the_distribution_s_own_mirror_is_told_from_other_archives() -> None:
    targets = read_targets(TARGETS)
    assert Target("cdrom:[Debian 12]/", "bookworm", "main") in targets
    assert distribution_mirrors(targets, "bookworm") == ["http://mirror.example/debian/", "http://vendor.example/apt"]
    assert distribution_mirrors(targets, "trixie") == []
    assert distribution_mirrors([Target("http://a.example", "sid", "main")], "") == ["http://a.example"]


def test_the_private_entry_has_sources_and_packages_checked_with_debian_s_keyring() -> None:
    lines = private_sources("http://mirror.example/debian/", Path("/keys/debian.gpg")).splitlines()
    assert lines == [
        "Types: deb deb-src",
        "URIs: http://mirror.example/debian/",
        "Suites: testing unstable",
        "Components: main",
        "Signed-By: /keys/debian.gpg",
    ]


LISTING = """
python3.13 |  3.13.18-1 | http://m.example/debian unstable/main amd64 Packages
python3.13 |  3.13.15-1 | http://m.example/debian testing/main amd64 Packages
python3.13 | 3.13.5-2+deb13u5 | http://m.example/debian stable/main amd64 Packages
python3.13 |  3.13.9-1 | http://m.example/debian testing/main Sources
python3.13 |  3.13.15-1 | http://m.example/debian testing/main Sources
python3.13 |  3.13.15-1 | http://m.example/debian unstable/main Sources
python3.15 | 3.15.0~rc2-1 | http://m.example/debian testing/main Sources
"""


def test_candidates_are_ordered_newest_first_by_number_each_once() -> None:
    packages = parse_madison(LISTING, "python3.13", "Packages")
    assert packages == [
        Candidate((3, 13, 18), "3.13.18-1"),
        Candidate((3, 13, 15), "3.13.15-1"),
        Candidate((3, 13, 5), "3.13.5-2+deb13u5"),
    ]
    assert [each.release for each in parse_madison(LISTING, "python3.13", "Sources")] == [(3, 13, 15), (3, 13, 9)]


def test_pre_releases_and_other_packages_are_no_candidates() -> None:
    assert parse_madison(LISTING, "python3.15", "Sources") == []
    assert parse_madison(LISTING, "python3.1", "Sources") == []
    assert parse_madison("", "python3.13", "Sources") == []


@pytest.mark.parametrize(
    ("log", "reason"),
    [
        ("E: Failed to fetch http://m.example/a.xz  404  Not Found [IP: 192.0.2.1 80]\n", "404 Not Found"),
        (
            "E: Failed to fetch http://m.example/a.xz  404  Not Found\nE: Failed to fetch some archives.\n",
            "404 Not Found",
        ),
        ("all well\n", ""),
    ],
)
def test_apt_s_reason_is_told_without_the_address(tmp_path: Path, log: str, reason: str) -> None:
    path = tmp_path / "apt.log"
    path.write_text(log)
    assert apt_reason(path) == reason
    assert apt_reason(path, len(log)) == ""
    assert apt_reason(tmp_path / "none.log") == ""


def test_os_release(tmp_path: Path) -> None:
    path = tmp_path / "os-release"
    path.write_text('NAME="Debian GNU/Linux"\nID=debian\n\nVERSION_CODENAME=bookworm\n')
    assert os_release(path) == {"NAME": "Debian GNU/Linux", "ID": "debian", "VERSION_CODENAME": "bookworm"}
    assert os_release(tmp_path / "none") == {}


class Mirror(Archive):
    """An archive whose apt lists and holds what the test says."""

    def __init__(self, cache: Path, held: set[str], *, listing: str = LISTING, refresh: bool = False) -> None:
        super().__init__(cache, Reporter(io.StringIO()), cache / "log", refresh=refresh)
        self._listing = listing
        self._held = held
        self.asked: list[str] = []

    def listed(self, package: str, kind: str) -> list[Candidate]:
        self.asked.append("list")
        return parse_madison(self._listing, package, kind)

    def _run(self, command: Sequence[str], folder: Path) -> str:
        pinned = (self._state / "preferences").read_text() if "install" in command else command[-1]
        version = next(v for v in ("3.13.5-2+deb13u5", "3.13.9-1", "3.13.15-1", "3.13.18-1") if v in pinned)
        self.asked.append(f"{self._verb(command)} {version}")
        if version not in self._held:
            (folder / "half.deb").write_text("")
            return "404 Not Found"
        upstream = version.rsplit("-", 1)[0]
        if self._verb(command) == "source":
            (folder / f"python3.13_{upstream}.orig.tar.xz.asc").write_text("signature")
            (folder / f"python3.13_{upstream}.orig.tar.xz").write_text(version)
        else:
            (folder / f"{self._verb(command)}_{version}.deb").write_text(version)
        return ""

    @staticmethod
    def _verb(command: Sequence[str]) -> str:
        return next(word for word in command if word in ("source", "install", "download"))


def test_sources_are_walked_until_one_can_be_had(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path, {"3.13.9-1"})
    release, archive = mirror.source("3.13")
    assert release == (3, 13, 9)
    assert archive.read_text() == "3.13.9-1"
    assert mirror.asked == ["list", "source 3.13.15-1", "source 3.13.9-1"]


def test_packages_are_of_the_release_that_is_asked_for_or_of_the_newest_that_can_be_had(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path, {"3.13.15-1", "3.13.5-2+deb13u5"})
    release, packages = mirror.packages("3.13", None)
    assert release == (3, 13, 15)
    assert [path.name for path in packages] == ["download_3.13.15-1.deb", "install_3.13.15-1.deb"]
    assert mirror.asked == ["list", "install 3.13.18-1", "install 3.13.15-1", "download 3.13.15-1"]
    release, packages = mirror.packages("3.13", (3, 13, 5))
    assert (release, len(packages)) == ((3, 13, 5), 2)
    source = mirror.source("3.13")[1]
    mirror.clean()
    assert not any(path.exists() for path in [source, *packages])


def test_all_packages_of_a_release_are_pinned_to_its_version() -> None:
    text = pin("3.13", "3.13.15-1")
    assert "Package: python3.13* libpython3.13*\n" in text
    assert "Pin: version 3.13.15-1\n" in text


def test_listed_and_not_to_be_had_is_an_error_with_every_reason(tmp_path: Path) -> None:
    with pytest.raises(CiError) as caught:
        Mirror(tmp_path, set()).source("3.13")
    assert "3.13.15-1: 404 Not Found; 3.13.9-1: 404 Not Found" in str(caught.value)
    with pytest.raises(CiError, match=r"a binary package python3\.13 of 3\.13\.18 is listed"):
        Mirror(tmp_path, set()).packages("3.13", (3, 13, 18))
    for missing in (None, (3, 13, 9)):
        with pytest.raises(CiError, match="no suite of the Debian mirror lists"):
            Mirror(tmp_path, set(), listing="" if missing is None else LISTING).packages("3.13", missing)


def test_what_an_interrupted_download_left_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = Mirror(tmp_path, {"3.13.15-1"})

    def interrupted(_command: Sequence[str], folder: Path) -> str:
        (folder / "python3.13_3.13.15.orig.tar.gz").write_text("half of it")
        (folder / "libc6.deb").write_text("half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(mirror, "_run", interrupted)
    for fetch in (mirror.source, lambda minor: mirror.packages(minor, None)):
        with pytest.raises(KeyboardInterrupt):
            fetch("3.13")
    again = Mirror(tmp_path, {"3.13.15-1"})
    assert again.source("3.13")[1].read_text() == "3.13.15-1"
    assert [path.read_text() for path in again.packages("3.13", None)[1]] == ["3.13.15-1"] * 2


class Commands:
    """A stand-in for apt's commands that notes them, and fails for the mirrors that the test says."""

    def __init__(self, unreachable: str = "") -> None:
        self.unreachable = unreachable
        self.entries: list[str] = []

    def __call__(self, command: Sequence[str], *, log: Path, **_options: object) -> int:
        assert "APT::Update::Error-Mode=any" in command, "apt-get update without a network would end well"
        parts = next(word for word in command if word.startswith("Dir::Etc::sourceparts=")).partition("=")[2]
        text = (Path(parts) / "debian.sources").read_text()
        self.entries.append(text.splitlines()[1])
        if self.unreachable and self.unreachable in text:
            log.write_text("E: Failed to fetch http://m.example/InRelease  Could not resolve 'm.example'\n")
            return 100
        return 0


@pytest.fixture
def mirrors(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Target]:
    targets = [Target("http://one.example/", "bookworm", "main"), Target("http://two.example/", "bookworm", "main")]
    keyring = tmp_path / "keyring"
    keyring.touch()
    monkeypatch.setattr(apt, "configured_targets", lambda: targets)
    monkeypatch.setattr(apt, "os_release", lambda: {"ID": "debian", "VERSION_CODENAME": "bookworm"})
    monkeypatch.setattr(apt, "KEYRINGS", (keyring,))
    monkeypatch.setattr(apt, "run_captured", lambda *_a, **_k: (0, LISTING, ""))
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    return targets


def listed(cache: Path, *, refresh: bool = False) -> int:
    archive = Archive(cache, Reporter(io.StringIO()), cache / "log", refresh=refresh)
    assert archive.unusable() == ""
    return len(archive.listed("python3.13", "Packages"))


def test_the_index_is_read_once_a_day_and_from_a_mirror_that_answers(
    tmp_path: Path, mirrors: list[Target], monkeypatch: pytest.MonkeyPatch
) -> None:
    commands = Commands(unreachable="one.example")
    monkeypatch.setattr(apt, "run_child", commands)
    assert listed(tmp_path) == 3
    assert commands.entries == ["URIs: http://one.example/", "URIs: http://two.example/"]
    assert listed(tmp_path) == 3
    assert len(commands.entries) == 2
    listed(tmp_path, refresh=True)
    assert len(commands.entries) == 4
    mirrors[1] = Target("http://three.example/", "bookworm", "main")
    listed(tmp_path)
    assert commands.entries[-1] == "URIs: http://three.example/", "the index of a mirror that is named no more"


@pytest.mark.usefixtures("mirrors")
def test_without_a_network_the_error_has_fact_cause_and_next_step(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apt, "run_child", Commands(unreachable="example"))
    with pytest.raises(CiError) as caught:
        listed(tmp_path)
    assert "Could not resolve" in caught.value.fact
    assert "out of reach" in caught.value.cause
    assert str(tmp_path / "log") in caught.value.next_step


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("os_release", lambda: {"ID": "ubuntu", "NAME": "Ubuntu"}, "this is Ubuntu"),
        ("os_release", dict, "another system"),
        ("KEYRINGS", (), "debian-archive-keyring"),
        ("configured_targets", list, "names no Debian mirror"),
    ],
)
@pytest.mark.usefixtures("mirrors")
def test_why_the_archive_is_of_no_use_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: object, reason: str
) -> None:
    monkeypatch.setattr(apt, name, value)
    assert reason in Archive(tmp_path, Reporter(io.StringIO()), tmp_path / "log").unusable()
