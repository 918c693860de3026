"""CPython's source, through apt: the machine's own mirror, a private index, apt's own verification.

A Debian machine names a mirror that it trusts and reaches. That mirror's newer suites have newer releases of
CPython as source packages. They are listed and fetched with apt state directories of our own, so the system's
sources and lists stay as they are; and apt checks the signatures with the keyring that the system's entry names.

Only the pristine upstream archive is used (`*.orig.tar.*`), without Debian's patches.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ci.builds import Release, release_text
from ci.cache import write_atomically
from ci.console import CiError, Reporter, run_captured, run_child, tail

SUITES = ("stable", "testing", "unstable", "experimental")
INDEX_SECONDS = 24 * 3600.0
COMPONENT = "main"


@dataclass(frozen=True)
class Entry:
    """One source of packages in apt's configuration, whichever of the two formats it was written in."""

    types: tuple[str, ...]
    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""
    enabled: bool = True


def parse_one_line(text: str) -> list[Entry]:
    """Read the one-line format: `deb [signed-by=KEYRING] URI SUITE COMPONENT...`."""
    entries = []
    for line in text.splitlines():
        line = line.split("#", 1)[0].strip()
        match = re.fullmatch(r"(deb|deb-src)\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*)", line)
        if match is None:
            continue
        kind, options, uri, suite, components = match.groups()
        signed_by = ""
        for option in (options or "").split():
            name, _, value = option.partition("=")
            if name.lower() == "signed-by":
                signed_by = value
        entries.append(Entry((kind,), (uri,), (suite,), tuple(components.split()), signed_by))
    return entries


def parse_deb822(text: str) -> list[Entry]:
    """Read the deb822 format: stanzas of fields, a field going on in lines that are indented."""
    entries = []
    for stanza in _stanzas(text):
        entries.append(
            Entry(
                types=tuple(stanza.get("types", "").split()),
                uris=tuple(stanza.get("uris", "").split()),
                suites=tuple(stanza.get("suites", "").split()),
                components=tuple(stanza.get("components", "").split()),
                # A keyring's path stands on one line; a key written out goes on in indented lines, kept as they are.
                signed_by=stanza.get("signed-by", "").strip(" "),
                enabled=stanza.get("enabled", "yes").strip().lower() not in ("no", "false", "0", "off"),
            )
        )
    return [entry for entry in entries if entry.types and entry.uris]


def _stanzas(text: str) -> list[dict[str, str]]:
    stanzas: list[dict[str, str]] = [{}]
    field = ""
    for line in text.splitlines():
        if line.startswith("#"):
            # A comment may stand in the middle of a field and does not end it.
            continue
        if not line.strip():
            stanzas.append({})
            field = ""
        elif line[0] in " \t":
            if field:
                stanzas[-1][field] += "\n" + line
        elif ":" in line:
            field, _, value = line.partition(":")
            field = field.strip().lower()
            stanzas[-1][field] = value.strip()
    return [stanza for stanza in stanzas if stanza]


def read_configuration(root: Path = Path("/etc/apt")) -> list[Entry]:
    """All entries of an apt configuration directory."""
    paths = [root / "sources.list"]
    with_parts = root / "sources.list.d"
    if with_parts.is_dir():
        paths += sorted(with_parts.iterdir())
    entries: list[Entry] = []
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        if path.suffix == ".sources":
            entries += parse_deb822(text)
        elif path.suffix == ".list":
            entries += parse_one_line(text)
    return entries


def distribution_mirrors(entries: Sequence[Entry], codename: str) -> list[tuple[str, str]]:
    """The distribution's own mirrors among the entries, as (URI, signed-by), the surest first.

    Other vendors' archives also name the system's release. The distribution's own has the component `main` for
    the release itself, and mostly offers the release's updates beside it.
    """
    names = {codename, "stable", "testing", "unstable", "sid", "oldstable"} - {""}
    ranked: dict[tuple[str, str], int] = {}
    offers: dict[str, set[str]] = {}
    for entry in entries:
        for uri in entry.uris:
            offers.setdefault(uri, set()).update(entry.suites)
    for entry in entries:
        if not entry.enabled or COMPONENT not in entry.components or not names & set(entry.suites):
            continue
        for uri in entry.uris:
            if uri.startswith("cdrom:"):
                continue
            updated = any(f"{name}-updates" in offers[uri] for name in names)
            key = (uri, entry.signed_by)
            ranked[key] = min(ranked.get(key, 1), 0 if updated else 1)
    return sorted(ranked, key=lambda key: ranked[key])


def private_sources(uri: str, signed_by: str, suites: Sequence[str] = SUITES) -> str:
    """The deb822 text of a source-only entry for the newer suites."""
    lines = ["Types: deb-src", f"URIs: {uri}", "Suites: " + " ".join(suites), f"Components: {COMPONENT}"]
    if signed_by:
        lines.append(f"Signed-By: {signed_by}")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True, order=True)
class Candidate:
    """A listed source package: the upstream release, and apt's name and version for it."""

    release: Release
    version: str
    package: str
    archive: str


def parse_candidates(showsrc: str, package: str) -> list[Candidate]:
    """The final releases in what `apt-cache showsrc` printed, newest first, each version once."""
    found: set[Candidate] = set()
    for stanza in _stanzas(showsrc):
        if stanza.get("package") != package:
            continue
        version = stanza.get("version", "").strip()
        files = stanza.get("checksums-sha256") or stanza.get("files", "")
        pattern = re.escape(package) + r"_(\d+)\.(\d+)\.(\d+)\.orig\.tar\.(?:xz|gz|bz2)"
        for line in files.splitlines():
            name = line.split()[-1] if line.split() else ""
            match = re.fullmatch(pattern, name)
            if match is not None:
                release = (int(match[1]), int(match[2]), int(match[3]))
                found.add(Candidate(release, version, package, name))
    return sorted(found, reverse=True)


def os_release(path: Path = Path("/etc/os-release")) -> dict[str, str]:
    """The fields of the file by which a Linux system tells what it is; empty where there is none."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return {}
    pairs = (line.partition("=") for line in lines if "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, _, value in pairs}


class SourceArchives:
    """Lists and fetches CPython's source archives with an apt state of our own under the cache directory."""

    def __init__(self, cache: Path, report: Reporter, log: Path, *, refresh: bool = False) -> None:
        self._state = cache / "apt"
        self._archives = cache / "sources"
        self._report = report
        self._log = log
        self._refresh = refresh
        self._ready = False

    def unusable(self) -> str:
        """Why this way is closed on this machine; "" when it is open."""
        system = os_release()
        if system.get("ID") != "debian":
            return f"source packages are used on Debian only, and this is {system.get('NAME') or 'another system'}"
        if shutil.which("apt-get") is None or shutil.which("apt-cache") is None:
            return "apt-get is not on PATH"
        if not distribution_mirrors(read_configuration(), system.get("VERSION_CODENAME", "")):
            return "apt's configuration names no Debian mirror with the component main"
        return ""

    def _options(self) -> list[str]:
        state = self._state
        settings = {
            "Dir::State::lists": state / "lists",
            "Dir::State::status": state / "status",
            "Dir::Cache": state / "cache",
            "Dir::Etc::sourcelist": os.devnull,
            "Dir::Etc::sourceparts": state / "sources.list.d",
            "Dir::Etc::preferencesparts": os.devnull,
            # As root apt would drop to a user of its own, who may not enter a private cache directory.
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "Acquire::Retries": "1",
            "APT::Get::List-Cleanup": "true",
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
        fresh = stamp.exists() and 0 <= time.time() - stamp.stat().st_mtime < INDEX_SECONDS
        if fresh and not self._refresh:
            self._ready = True
            return
        for folder in ("lists/partial", "cache/archives/partial", "sources.list.d"):
            (state / folder).mkdir(parents=True, exist_ok=True)
        (state / "status").touch()
        mirrors = distribution_mirrors(read_configuration(), os_release().get("VERSION_CODENAME", ""))
        for uri, signed_by in mirrors:
            write_atomically(state / "sources.list.d" / "debian.sources", private_sources(uri, signed_by))
            with self._report.step("reading the index of Debian's source packages", usual=10):
                status = run_child(["apt-get", *self._options(), "update"], log=self._log, timeout=600)
            if status == 0:
                stamp.touch()
                os.utime(stamp)
                self._ready = True
                return
        raise CiError(
            f"apt-get could not read the index of source packages\n{tail(self._log, 8)}",
            "the mirror is out of reach, or does not have the suites " + ", ".join(SUITES),
            f"see {self._log}",
        )

    def listed(self, package: str) -> list[Candidate]:
        self._index()
        command = ["apt-cache", *self._options(), "showsrc", "--only-source", package]
        _, out, _ = run_captured(command, timeout=120)
        return parse_candidates(out, package)

    def kept(self, package: str) -> tuple[Release, Path] | None:
        """The newest archive that was fetched before."""
        best: tuple[Release, Path] | None = None
        if not self._archives.is_dir():
            return None
        for path in self._archives.iterdir():
            match = re.fullmatch(re.escape(package) + r"_(\d+)\.(\d+)\.(\d+)\.orig\.tar\.\w+", path.name)
            if match is not None:
                release = (int(match[1]), int(match[2]), int(match[3]))
                if best is None or release > best[0]:
                    best = (release, path)
        return best

    def fetch(self, minor: str) -> tuple[Release, Path]:
        """The newest release of a version that can really be had, as an archive on disk.

        A suite lists releases that its mirror no longer has, or does not have yet, so the list is walked from
        the newest to the oldest.
        """
        package = f"python{minor}"
        kept = self.kept(package)
        if kept is not None and not self._refresh:
            return kept
        candidates = self.listed(package)
        if not candidates:
            raise CiError(f"no suite of the Debian mirror lists a final release of {package}")
        refused = []
        for candidate in candidates:
            archive = self._archives / candidate.archive
            if archive.exists():
                return candidate.release, archive
            reason = self._download(candidate, archive)
            if not reason:
                return candidate.release, archive
            refused.append(f"{release_text(candidate.release)} ({candidate.version}): {reason}")
        raise CiError(f"{package} is listed but not to be had: " + "; ".join(refused))

    def _download(self, candidate: Candidate, archive: Path) -> str:
        """Fetch one archive whole or not at all; "" or apt's reason."""
        incoming = self._archives / f".incoming-{os.getpid()}"
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir(parents=True)
        try:
            mark = self._log.stat().st_size if self._log.exists() else 0
            command = ["apt-get", *self._options(), "source", "--download-only", "--only-source", "--tar-only"]
            command.append(f"{candidate.package}={candidate.version}")
            with self._report.step(f"fetching the source of CPython {release_text(candidate.release)}", usual=5):
                status = run_child(command, cwd=incoming, log=self._log, timeout=1800)
            delivered = incoming / candidate.archive
            if status == 0 and delivered.exists():
                os.replace(delivered, archive)
                return ""
            return apt_reason(self._log, mark) or f"apt-get ended with status {status}"
        finally:
            shutil.rmtree(incoming, ignore_errors=True)


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
