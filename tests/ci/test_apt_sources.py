"""Does apt's own configuration lead to the right mirror, and a listing to the right source archive?"""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from ci.apt_sources import (
    Candidate,
    Entry,
    SourceArchives,
    apt_reason,
    distribution_mirrors,
    os_release,
    parse_candidates,
    parse_deb822,
    parse_one_line,
    private_sources,
    read_configuration,
)
from ci.console import CiError, Reporter

ONE_LINE = """
# deb http://commented.example/debian bookworm main
deb [arch=amd64 signed-by=/keys/debian.gpg] http://mirror.example/debian bookworm main contrib # trailing
deb-src http://mirror.example/debian bookworm main
deb cdrom:[Debian]/ bookworm main
not a line of apt
"""

DEB822 = """
Types: deb deb-src
# a comment in the middle of a stanza
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian.gpg

Types: deb
URIs: http://security.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://vendor.example/packages http://vendor2.example/packages
Suites: nodistro
Components: main
Enabled: no
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----
"""


def test_one_line_format() -> None:
    entries = parse_one_line(ONE_LINE)
    assert entries[0] == Entry(
        ("deb",), ("http://mirror.example/debian",), ("bookworm",), ("main", "contrib"), "/keys/debian.gpg"
    )
    assert entries[1] == Entry(("deb-src",), ("http://mirror.example/debian",), ("bookworm",), ("main",))
    assert [entry.uris[0] for entry in entries[2:]] == ["cdrom:[Debian]/"]


def test_deb822_format() -> None:
    first, security, vendor = parse_deb822(DEB822)
    assert first == Entry(
        ("deb", "deb-src"),
        ("http://mirror.example/debian",),
        ("bookworm", "bookworm-updates"),
        ("main",),
        "/usr/share/keyrings/debian.gpg",
    )
    assert security.suites == ("bookworm-security",)
    assert vendor.uris == ("http://vendor.example/packages", "http://vendor2.example/packages")
    assert not vendor.enabled


def test_a_key_written_out_survives_into_the_private_entry() -> None:
    key = parse_deb822(DEB822)[2].signed_by
    assert key.splitlines()[2] == " ."
    again = parse_deb822(private_sources("http://mirror.example/debian", key))
    assert again[0].signed_by == key
    assert again[0].types == ("deb-src",)


def test_configuration_is_read_in_both_formats(tmp_path: Path) -> None:
    parts = tmp_path / "sources.list.d"
    parts.mkdir()
    (tmp_path / "sources.list").write_text("deb http://a.example/debian bookworm main\n")
    (parts / "b.sources").write_text("Types: deb\nURIs: http://b.example/debian\nSuites: stable\nComponents: main\n")
    (parts / "c.list").write_text("deb http://c.example/debian sid main\n")
    (parts / "d.list.save").write_text("deb http://d.example/debian sid main\n")
    assert [entry.uris[0] for entry in read_configuration(tmp_path)] == [
        "http://a.example/debian",
        "http://b.example/debian",
        "http://c.example/debian",
    ]
    assert read_configuration(tmp_path / "nowhere") == []


def test_the_distribution_s_own_mirror_is_told_from_other_archives() -> None:
    entries = parse_deb822(DEB822) + parse_one_line("deb http://vendor.example/apt bookworm main\n")
    assert distribution_mirrors(entries, "bookworm") == [
        ("http://mirror.example/debian", "/usr/share/keyrings/debian.gpg"),
        ("http://vendor.example/apt", ""),
    ]
    assert distribution_mirrors(parse_one_line("deb cdrom:[Debian]/ bookworm main"), "bookworm") == []
    assert distribution_mirrors(parse_one_line("deb http://a.example bookworm universe"), "bookworm") == []


def listing(package: str, *releases: str) -> str:
    stanzas = []
    for release in releases:
        upstream = release.rsplit("-", 1)[0]
        stanzas.append(
            f"Package: {package}\nBinary: x\nVersion: {release}\nFiles:\n d41d 10 {package}_{release}.dsc\n"
            f"Checksums-Sha256:\n 12ab 10 {package}_{release}.dsc\n"
            f" 34cd 99 {package}_{upstream}.orig.tar.xz\n 56ef 9 {package}_{upstream}.orig.tar.xz.asc\n"
        )
    return "\n".join(stanzas)


def test_candidates_are_ordered_newest_first_by_number() -> None:
    text = listing("python3.13", "3.13.5-2+deb13u5", "3.13.15-1", "3.13.9-1", "3.13.15-1")
    assert [candidate.release for candidate in parse_candidates(text, "python3.13")] == [
        (3, 13, 15),
        (3, 13, 9),
        (3, 13, 5),
    ]
    assert parse_candidates(text, "python3.13")[0].archive == "python3.13_3.13.15.orig.tar.xz"


def test_pre_releases_and_other_packages_are_no_candidates() -> None:
    assert parse_candidates(listing("python3.15", "3.15.0~rc2-1"), "python3.15") == []
    assert parse_candidates(listing("python3.13", "3.13.5-1"), "python3.1") == []
    assert parse_candidates("", "python3.13") == []


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


class Mirror(SourceArchives):
    """Source archives with a mirror that lists and holds what the test says."""

    def __init__(self, cache: Path, listed: list[str], held: set[str], *, refresh: bool = False) -> None:
        super().__init__(cache, Reporter(io.StringIO()), cache / "log", refresh=refresh)
        self._listed = listed
        self._held = held
        self.asked: list[str] = []

    def listed(self, package: str) -> list[Candidate]:
        self.asked.append("list")
        return parse_candidates(listing(package, *self._listed), package)

    def _download(self, candidate: Candidate, archive: Path) -> str:
        self.asked.append(candidate.version)
        if candidate.version not in self._held:
            return "404 Not Found"
        archive.parent.mkdir(parents=True, exist_ok=True)
        archive.write_text(candidate.version)
        return ""


def test_candidates_are_walked_until_one_can_be_had(tmp_path: Path) -> None:
    mirror = Mirror(tmp_path, ["3.13.5-2", "3.13.18-1", "3.13.15-1"], {"3.13.15-1", "3.13.5-2"})
    release, archive = mirror.fetch("3.13")
    assert release == (3, 13, 15)
    assert archive.read_text() == "3.13.15-1"
    assert mirror.asked == ["list", "3.13.18-1", "3.13.15-1"]


def test_an_archive_is_fetched_once(tmp_path: Path) -> None:
    Mirror(tmp_path, ["3.13.15-1"], {"3.13.15-1"}).fetch("3.13")
    again = Mirror(tmp_path, ["3.13.15-1", "3.13.18-1"], {"3.13.18-1"})
    assert again.fetch("3.13")[0] == (3, 13, 15)
    assert again.asked == []
    refreshed = Mirror(tmp_path, ["3.13.15-1", "3.13.18-1"], {"3.13.18-1"}, refresh=True)
    assert refreshed.fetch("3.13")[0] == (3, 13, 18)


def test_listed_and_not_to_be_had_is_an_error_with_every_reason(tmp_path: Path) -> None:
    with pytest.raises(CiError) as caught:
        Mirror(tmp_path, ["3.14.8-1", "3.14.10-1"], set()).fetch("3.14")
    assert "3.14.10 (3.14.10-1): 404 Not Found; 3.14.8 (3.14.8-1): 404 Not Found" in str(caught.value)
    with pytest.raises(CiError, match="no suite"):
        Mirror(tmp_path, [], set()).fetch("3.14")
