"""Does the program that README begins with show what README says: a race with `set`, and none with LockedSet?"""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import lockedset
import lockproof
from ci.documents import blocks
from docs.examples import crawler
from lockedset import LockedSet

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND = "python docs/examples/crawler.py"
PAGES, RUNS = 2_000, 3


def table(printed: str) -> dict[str, list[int]]:
    """Return the pages that were fetched in each run, by the kind of set."""
    rows = re.findall(r"^(set|LockedSet) +((?:[\d,]+ +)+)\d+\.\d\d s$", printed, re.MULTILINE)
    return {name: [int(count.replace(",", "")) for count in counts.split()] for name, counts in rows}


def shown() -> str:
    (block,) = [block for block in blocks(README, "text") if block.startswith(f"$ {COMMAND}\n")]
    return block


@pytest.mark.thread_unsafe(reason="starts a process")
def test_it_fetches_each_page_once_with_a_locked_set_and_never_fewer_with_a_set() -> None:
    done = subprocess.run(
        [sys.executable, *COMMAND.split()[1:], "--pages", str(PAGES), "--runs", str(RUNS)],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    counts = table(done.stdout)
    assert list(counts) == ["set", "LockedSet"]
    assert counts["LockedSet"] == [PAGES] * RUNS
    assert len(counts["set"]) == RUNS and min(counts["set"]) >= PAGES
    gil = "on" if sys._is_gil_enabled() else "off"
    assert f"GIL {gil}; LockedSet is {lockedset.implementation}\n" in done.stdout


def race(name: str) -> None:
    """Let two threads find the same page."""
    kind, crawl = crawler.CRAWLERS[name]
    site = {"/a": ["/c"], "/b": ["/c"], "/c": []}
    starts, fetched = ["/a", "/b"], ([], [])  # type: ignore[var-annotated]
    seen = kind(starts)
    threads = [threading.Thread(target=crawl, args=(site, [starts[i]], seen, fetched[i])) for i in (0, 1)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert sorted(fetched[0] + fetched[1]) == sorted(site), fetched


def race_with_set() -> None:
    race("set")


def race_with_locked_set() -> None:
    race("LockedSet")


@pytest.mark.one_build
@pytest.mark.thread_unsafe(reason="starts processes")
def test_in_some_order_of_the_threads_a_set_lets_both_fetch_the_page() -> None:
    with pytest.raises(lockproof.Violation, match=r"\['/a', '/c'\], \['/b', '/c'\]"):
        lockproof.explore(race_with_set, seed=1, strategy="preemptions", bound=1, budget=60)


@pytest.mark.one_build
@pytest.mark.thread_unsafe(reason="starts processes")
def test_in_all_orders_with_one_preemption_a_locked_set_lets_one_of_them_fetch_it() -> None:
    report = lockproof.explore(race_with_locked_set, seed=1, strategy="preemptions", bound=1, budget=60)
    assert report.coverage.schedules > 1


@pytest.mark.skipif(sys._is_gil_enabled(), reason="real threads do not show it with the GIL")
@pytest.mark.nightly(reason="needs luck; that the race is there, the exploration shows on every push")
@pytest.mark.all_processors
def test_real_threads_fetch_a_page_twice_with_a_set() -> None:
    site = crawler.make_site(60_000, seed=1)
    for _ in range(30):
        if len(crawler.crawl(site, "set").fetched) > len(site):
            break
    else:
        pytest.fail("in 30 crawls of 60,000 pages no page was fetched twice")
    assert sorted(crawler.crawl(site, "LockedSet").fetched) == sorted(site)


def test_it_fails_if_a_locked_set_lets_a_page_be_fetched_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(site: crawler.Site, todo: list[str], seen: LockedSet[str], fetched: list[str]) -> None:
        fetched += [*site, *todo]

    arguments = ["--pages", "4", "--runs", "1"]
    assert crawler.main(arguments) == 0
    monkeypatch.setitem(crawler.CRAWLERS, "LockedSet", (LockedSet, twice))
    assert crawler.main(arguments) == 1


@pytest.mark.one_build
def test_every_page_can_be_reached_and_a_seed_decides_the_site() -> None:
    site = crawler.make_site(500, seed=3)
    assert site == crawler.make_site(500, seed=3) != crawler.make_site(500, seed=4)
    found, todo = {next(iter(site))}, [next(iter(site))]
    while todo:
        new = set(site[todo.pop()]) - found
        found |= new
        todo += new
    assert found == site.keys()


@pytest.mark.one_build
@pytest.mark.parametrize("wrong", [["--pages", "3"], ["--runs", "0"], ["--pages", "many"]])
def test_wrong_numbers_are_refused(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        crawler.main(wrong)
    assert "usage:" in capsys.readouterr().err


@pytest.mark.one_build
def test_readme_shows_the_race_and_its_absence() -> None:
    counts = table(shown())
    assert "GIL off" in shown()
    assert set(counts["LockedSet"]) == {60_000}
    assert min(counts["set"]) >= 60_000 < max(counts["set"])
    words = ["None", "One", "Two", "Three", "Four"]
    assert f"{words[counts['set'].count(60_000)]} of the five runs with a `set` look right" in README


@pytest.mark.one_build
def test_the_lines_that_readme_shows_are_those_of_the_program() -> None:
    (block,) = [block for block in blocks(README, "python") if "seen.try_add(link)" in block]
    program = {line.strip() for line in (ROOT / COMMAND.split()[1]).read_text(encoding="utf-8").splitlines()}
    lines = [line.partition("#")[0].strip() for line in block.splitlines() if line]
    assert len(lines) == 5
    assert set(lines) <= program
