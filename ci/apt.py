"""Debian's archive through apt: sources and binary packages of CPython that are newer than the system's own.

A Debian machine names a mirror that it trusts and reaches, and the mirror's newer suites have newer releases of
CPython. They are listed and fetched with apt state directories of this project's own, so the system's sources, lists
and packages stay as they are. apt checks the signatures with Debian's own keyring.

The pristine upstream archive (`*.orig.tar.*`) is what gets compiled, without Debian's patches.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ci.builds import Release, release_text
from ci.cache import write_atomically
from ci.console import CiError, Reporter, run_captured, run_child, tail

SUITES = ("testing", "unstable")
COMPONENT = "main"
INDEX_SECONDS = 24 * 3600.0
KEYRINGS = tuple(Path("/usr/share/keyrings/debian-archive-keyring" + suffix) for suffix in (".gpg", ".pgp"))

RESOLVED = ("python{minor}-venv", "libpython{minor}-testsuite")
"""Packages that are fetched with all that they depend on, down to the C library."""

ALONE = ("libpython{minor}-dev",)
"""Packages that are fetched without what they depend on: the headers of CPython, but not those of the C library."""


@dataclass(frozen=True)
class Target:
    """An index of packages that apt's configuration names."""

    uri: str
    suite: str
    component: str


def read_targets(text: str) -> list[Target]:
    """Read lines of `URI SUITE COMPONENT`; the URI of a CD has spaces in it."""
    found = [line.rsplit(None, 2) for line in text.splitlines()]
    return [Target(*parts) for parts in found if len(parts) == 3]


def configured_targets() -> list[Target]:
    """All indexes of packages in the system's configuration, by apt's own reading of it."""
    layout = "$(REPO_URI) $(RELEASE) $(COMPONENT)"
    command = ["apt-get", "indextargets", "--no-release-info", "--format", layout, "Created-By: Packages"]
    _, out, _ = run_captured(command)
    return read_targets(out)


def distribution_mirrors(targets: Iterable[Target], codename: str) -> list[str]:
    """The URIs of the distribution's own mirrors among the targets, the surest first.

    Other vendors' archives also name the system's release. The distribution's own has the component `main` for
    the release itself, and mostly offers the release's updates beside it.
    """
    names = {codename, "stable", "testing", "unstable", "sid", "oldstable"} - {""}
    suites: dict[str, set[str]] = {}
    for target in targets:
        if target.component == COMPONENT and not target.uri.startswith("cdrom:"):
            suites.setdefault(target.uri, set()).add(target.suite)
    own = [uri for uri, offered in suites.items() if names & offered]
    return sorted(own, key=lambda uri: not any(f"{name}-updates" in suites[uri] for name in names))


def private_sources(uri: str, keyring: Path) -> str:
    """The entry, in apt's deb822 format, for the newer suites of a mirror."""
    suites = " ".join(SUITES)
    return f"Types: deb deb-src\nURIs: {uri}\nSuites: {suites}\nComponents: {COMPONENT}\nSigned-By: {keyring}\n"


def pin(minor: str, version: str) -> str:
    """Preferences for apt: the packages of one CPython are all of one version, which need not be the newest."""
    return f"Package: python{minor}* libpython{minor}*\nPin: version {version}\nPin-Priority: 1001\n"


@dataclass(frozen=True, order=True)
class Candidate:
    """A listed version of a package and the final upstream release that it has."""

    release: Release
    version: str


def parse_madison(listing: str, package: str, kind: str) -> list[Candidate]:
    """The final releases in what `apt-cache madison` printed, newest first; `kind` is `Packages` or `Sources`."""
    found: set[Candidate] = set()
    for line in listing.splitlines():
        columns = [column.strip() for column in line.split("|")]
        if len(columns) != 3 or columns[0] != package or columns[2].split()[-1:] != [kind]:
            continue
        match = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)-\S+", columns[1])
        if match is not None:
            found.add(Candidate((int(match[1]), int(match[2]), int(match[3])), columns[1]))
    return sorted(found, reverse=True)


def os_release(path: Path = Path("/etc/os-release")) -> dict[str, str]:
    """The fields of the file by which a Linux system tells what it is; empty where there is none."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


class Archive:
    """Lists and fetches sources and binary packages with an apt state of our own under the cache directory."""

    def __init__(self, cache: Path, report: Reporter, log: Path, *, refresh: bool = False) -> None:
        self._state = cache / "apt"
        self._report = report
        self._log = log
        self._refresh = refresh
        self._ready = False

    def unusable(self) -> str:
        """Why this way is closed on this machine; "" when it is open."""
        system = os_release()
        if system.get("ID") != "debian":
            return f"only for Debian, and this is {system.get('NAME') or 'another system'}"
        if any(shutil.which(tool) is None for tool in ("apt-get", "apt-cache", "dpkg-deb")):
            return "apt-get, apt-cache or dpkg-deb is not on PATH"
        if not any(path.exists() for path in KEYRINGS):
            return "Debian's keyring is missing (it is in the package debian-archive-keyring)"
        if not self._mirrors():
            return "apt's configuration names no Debian mirror with the component main"
        return ""

    def _mirrors(self) -> list[str]:
        return distribution_mirrors(configured_targets(), os_release().get("VERSION_CODENAME", ""))

    def _options(self, **more: object) -> list[str]:
        state = self._state
        settings: dict[str, object] = {
            "Dir::State::lists": state / "lists",
            "Dir::State::status": state / "status",
            "Dir::Cache": state / "cache",
            # Images for containers switch this cache off, and then each command parses all lists again.
            "Dir::Cache::pkgcache": "pkgcache.bin",
            "Dir::Etc::sourcelist": os.devnull,
            "Dir::Etc::sourceparts": state / "sources.list.d",
            "Dir::Etc::preferences": state / "preferences",
            "Dir::Etc::preferencesparts": os.devnull,
            "APT::Default-Release": "",
            # As root apt would drop to a user of its own, who may not enter a private cache directory.
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Acquire::Retries": "1",
            "APT::Get::List-Cleanup": "true",
            # Otherwise an update without a network ends well, and the index is taken to be of today, and empty.
            "APT::Update::Error-Mode": "any",
            **more,
        }
        options = []
        for name, value in settings.items():
            options += ["-o", f"{name}={value}"]
        return options

    def _index(self) -> None:
        """Make sure that the private index is there and of today."""
        if self._ready:
            return
        state = self._state
        stamp = state / "updated"
        entry = state / "sources.list.d" / "debian.sources"
        keyring = next(path for path in KEYRINGS if path.exists())
        wanted = [private_sources(uri, keyring) for uri in self._mirrors()]
        fresh = stamp.exists() and 0 <= time.time() - stamp.stat().st_mtime < INDEX_SECONDS
        if fresh and not self._refresh and entry.exists() and entry.read_text(encoding="utf-8") in wanted:
            self._ready = True
            return
        for folder in ("lists/partial", "cache/archives/partial"):
            (state / folder).mkdir(parents=True, exist_ok=True)
        (state / "status").touch()
        for text in wanted:
            write_atomically(entry, text)
            with self._report.step("reading the index of Debian's packages", usual=10):
                status = run_child(["apt-get", *self._options(), "update"], log=self._log, timeout=600)
            if status == 0:
                stamp.touch()
                os.utime(stamp)
                self._ready = True
                return
        raise CiError(
            f"apt-get could not read the index of Debian's packages\n{tail(self._log, 8)}",
            "the mirror is out of reach, or does not have the suites " + " and ".join(SUITES),
            f"see {self._log}",
        )

    def listed(self, package: str, kind: str) -> list[Candidate]:
        """The versions of a package that the suites list, newest first."""
        self._index()
        _, out, _ = run_captured(["apt-cache", *self._options(), "madison", package], timeout=120)
        return parse_madison(out, package, kind)

    def source(self, minor: str) -> tuple[Release, Path]:
        """The newest release of a version whose source can really be fetched, as an archive until `clean` is called.

        A suite lists releases that its mirror no longer has, or does not have yet, so the list is walked from
        the newest to the oldest.
        """
        package = f"python{minor}"
        refused = []
        for candidate in self.listed(package, "Sources"):
            archive, reason = self._fetch_source(package, candidate)
            if archive is not None:
                return candidate.release, archive
            refused.append(f"{candidate.version}: {reason}")
        raise _refusal(f"a source of {package}", refused)

    def _fetch_source(self, package: str, candidate: Candidate) -> tuple[Path | None, str]:
        """Fetch one source archive; its path, or None with apt's reason."""
        folder = self._empty_folder("source")
        release = release_text(candidate.release)
        command = ["apt-get", *self._options(), "source", "--download-only", "--only-source", "--tar-only"]
        with self._report.step(f"fetching the source of CPython {release}", usual=5):
            reason = self._run([*command, f"{package}={candidate.version}"], folder)
        archives = [path for path in folder.glob(f"{package}_{release}.orig.tar.*") if path.suffix != ".asc"]
        return (None, reason or "apt-get delivered no archive") if reason or not archives else (archives[0], "")

    def packages(self, minor: str, release: Release | None) -> tuple[Release, list[Path]]:
        """The binary packages of a release, or of the newest that can really be fetched, with what they need.

        They stay on disk until the next call, or until `clean` is called.
        """
        package = f"python{minor}"
        refused = []
        for candidate in self.listed(package, "Packages"):
            if release in (None, candidate.release):
                folder, reason = self._fetch_packages(minor, candidate)
                if not reason:
                    return candidate.release, sorted(folder.glob("*.deb"))
                refused.append(f"{candidate.version}: {reason}")
        what = package if release is None else f"{package} of {release_text(release)}"
        raise _refusal(f"a binary package {what}", refused)

    def _fetch_packages(self, minor: str, candidate: Candidate) -> tuple[Path, str]:
        folder = self._empty_folder("packages")
        (folder / "partial").mkdir()
        write_atomically(self._state / "preferences", pin(minor, candidate.version))
        options = self._options(**{"Dir::Cache::archives": folder})
        resolved = [name.format(minor=minor) for name in RESOLVED]
        alone = [f"{name.format(minor=minor)}={candidate.version}" for name in ALONE]
        install = ["install", "--download-only", "--yes", "--no-install-recommends"]
        with self._report.step(f"fetching Debian's packages of CPython {release_text(candidate.release)}", usual=5):
            reason = self._run(["apt-get", *options, *install, *resolved], folder)
            reason = reason or self._run(["apt-get", *options, "download", *alone], folder)
        return folder, reason

    def clean(self) -> None:
        """Remove what was fetched."""
        for name in ("source", "packages"):
            shutil.rmtree(self._state / name, ignore_errors=True)

    def _empty_folder(self, name: str) -> Path:
        folder = self._state / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def _run(self, command: Sequence[str], folder: Path) -> str:
        """Run apt; "" or its reason for a failure."""
        mark = self._log.stat().st_size if self._log.exists() else 0
        status = run_child(command, cwd=folder, log=self._log, timeout=1800)
        return "" if status == 0 else apt_reason(self._log, mark) or f"apt-get ended with status {status}"


def _refusal(what: str, refused: Sequence[str]) -> CiError:
    if not refused:
        return CiError(f"no suite of the Debian mirror lists {what}")
    return CiError(f"{what} is listed, but cannot be fetched: " + "; ".join(refused))


def apt_reason(log: Path, start: int = 0) -> str:
    """The reason in apt's last complaint, without the address: `404  Not Found` and the like."""
    try:
        with open(log, "rb") as stream:
            stream.seek(start)
            text = stream.read().decode(errors="replace")
    except OSError:
        return ""
    reason = ""
    for line in text.splitlines():
        match = re.match(r"E: Failed to fetch \S+:/\S+\s+(.*?)(?:\s*\[IP:.*)?$", line)
        if match is not None:
            reason = " ".join(match[1].split())
    return reason
