"""Four threads crawl a site: how many pages do they fetch if they share a `set`, and how many with a LockedSet?

Each thread has a list of pages that it still has to fetch. `seen` is all that the threads share: the thread that
adds a page to it fetches the page. Nothing is fetched from a network. A seed decides the site, the same in each run.

Rejected: one queue for all threads. Its lock would keep the threads apart for most of the time, and hide the race.
"""

from __future__ import annotations

import argparse
import platform
import random
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import lockedset
from lockedset import LockedSet

THREADS = 4
LINKS = 8

type Site = dict[str, list[str]]
"""The links of each page."""

type Crawler = Callable[[Site, list[str], Any, list[str]], None]


def crawl_with_set(site: Site, todo: list[str], seen: set[str], fetched: list[str]) -> None:
    """Fetch pages until none is left to do. Between the two lines on `seen`, another thread may add the same page."""
    while todo:
        page = todo.pop()
        fetched.append(page)
        for link in site[page]:
            if link not in seen:
                seen.add(link)
                todo.append(link)


def crawl_with_locked_set(site: Site, todo: list[str], seen: LockedSet[str], fetched: list[str]) -> None:
    """Fetch pages until none is left to do. Of all threads that try to add a page, one gets True."""
    while todo:
        page = todo.pop()
        fetched.append(page)
        for link in site[page]:
            if seen.try_add(link):
                todo.append(link)


CRAWLERS: dict[str, tuple[type[set[Any]], Crawler]] = {
    "set": (set, crawl_with_set),
    "LockedSet": (LockedSet, crawl_with_locked_set),
}


def make_site(pages: int, seed: int) -> Site:
    """Return a site of which every page can be reached from the first one."""
    choose = random.Random(seed)
    names = [f"https://example.org/{number}" for number in range(pages)]
    site: Site = {name: choose.choices(names, k=LINKS - 1) for name in names}
    for number in range(1, pages):
        site[names[choose.randrange(number)]].append(names[number])
    return site


@dataclass(frozen=True)
class Crawl:
    """One crawl: the pages in the order of each thread, and the time from the first page to the last."""

    fetched: list[str]
    seconds: float


def crawl(site: Site, name: str, threads: int = THREADS) -> Crawl:
    """Crawl the site with one of the CRAWLERS. Each thread begins at a page of its own."""
    kind, crawler = CRAWLERS[name]
    starts = list(site)[:threads]
    seen = kind(starts)
    fetched: list[list[str]] = [[] for _ in starts]
    together = threading.Barrier(len(starts) + 1)

    def work(number: int) -> None:
        together.wait()
        crawler(site, [starts[number]], seen, fetched[number])

    workers = [threading.Thread(target=work, args=(number,)) for number in range(len(starts))]
    for worker in workers:
        worker.start()
    together.wait()
    began = time.perf_counter()
    for worker in workers:
        worker.join()
    return Crawl([page for each in fetched for page in each], time.perf_counter() - began)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a table. The exit status is 1 if the LockedSet did not have each page fetched exactly once."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=60_000, metavar="N", help="pages of the site (60000)")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="crawls with each kind of set (5)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="decides the site (1)")
    options = parser.parse_args(arguments)
    if options.pages < THREADS or options.runs < 1:
        parser.error(f"a crawl needs {THREADS} pages or more, one for each thread, and one run or more")
    site = make_site(options.pages, options.seed)
    gil = "on" if sys._is_gil_enabled() else "off"
    print(f"{options.pages:,} pages, {THREADS} threads, {options.runs} runs, seed {options.seed}")
    print(f"CPython {platform.python_version()}, GIL {gil}; LockedSet is {lockedset.implementation}\n")
    print(f"{'shared':<11}{'pages fetched':<{8 * options.runs + 2}}best time")
    crawls = {name: [crawl(site, name) for _ in range(options.runs)] for name in CRAWLERS}
    for name, done in crawls.items():
        counts = "".join(f"{len(each.fetched):<8,}" for each in done)
        print(f"{name:<11}{counts:<{8 * options.runs + 2}}{min(each.seconds for each in done):.2f} s")
    return int(any(sorted(each.fetched) != sorted(site) for each in crawls["LockedSet"]))


if __name__ == "__main__":
    sys.exit(main())
