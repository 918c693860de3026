"""Run every property on LockedSet and on its twins, on this interpreter. Its --help tells how."""

from __future__ import annotations

import argparse
import atexit
import faulthandler
import functools
import gc
import itertools
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import lockedset
from ci.native import compiled
from lockedset import LockedSet, implementation
from tests.lockedset.stress import callbacks, judged, readers, several  # noqa: F401  (each enters its checks)
from tests.lockedset.stress.properties import PROPERTIES
from tests.lockedset.stress.race import LIMIT, Budget, Hang
from tests.lockedset.stress.soak import soak
from tests.lockedset.stress.twin import Twin
from tests.lockedset.stress.twins import TWINS

JUDGED = 10
"""How many times as long as another property the one that lockproof judges may take."""

SIGN_OF_LIFE = 30.0
"""Seconds between two lines of a soak that counts operations."""

WATCH = LIMIT + 2
"""Seconds without a round after which a check hangs: more than a meeting may take, which then ends the check itself."""

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = Path(lockedset.__file__).resolve().parents[1]  # the children import what this process has imported


def _inside(subject: str, name: str, budget: Budget, engine: str) -> None:
    """Check one property of one subject in this process, and print what was seen, or nothing."""
    faulthandler.enable()
    # A twin may hang, and is not waited for as long as LockedSet is on a busy machine.
    faulthandler.dump_traceback_later(budget.seconds + (LIMIT if subject == "LockedSet" else LIMIT / 2), exit=True)
    check = PROPERTIES[name].check
    if check is None:
        faulthandler.cancel_dump_traceback_later()
        seen, tried = _judge(subject, budget.seconds, budget.seed, engine)
        print(json.dumps({"seen": seen, "tried": tried}), flush=True)
        return
    cls = LockedSet if subject == "LockedSet" else TWINS[subject].make()
    try:
        # A check with rounds that hangs is ended WATCH seconds after its last round, whatever its budget is.
        budget.alive = lambda: faulthandler.dump_traceback_later(WATCH, exit=True)
        seen = check(cls, budget)
    except Hang:
        seen = "two threads wait for each other, or one of them never comes back"
    except Exception as error:
        seen = f"the check raised {error!r}"
    print(json.dumps({"seen": seen, "tried": f"{budget.rounds} rounds"}), flush=True)
    gc.disable()
    os._exit(0)  # threads may hang: they are left behind


def examine(subject: str, name: str, seconds: float, seed: int, engine: str = "both") -> tuple[str | None, str]:
    """Check one property of one subject in a process of its own; `engine` is for the property that lockproof judges.

    Returns what was seen that must not be, or None, and how much was tried. A crash and a hang are things seen.
    """
    edited = subject in TWINS and bool(TWINS[subject].edits)
    if PROPERTIES[name].judged and not edited:
        return _judge(subject, seconds, seed, engine)
    package = _package_of(subject) if edited else PACKAGE
    command = [sys.executable, "-m", "tests.lockedset.stress", "--inside", subject, name, "--seconds", str(seconds)]
    command += ["--engine", engine]
    limit = seconds * (JUDGED if PROPERTIES[name].judged else 1) + LIMIT * 3
    path = [package, *(Path(each) for each in sys.path if each and Path(each).resolve() != PACKAGE)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [*path, ROOT]))}
    try:
        done = subprocess.run(
            [*command, "--seed", str(seed)],
            cwd=ROOT, env=environment, capture_output=True, text=True, timeout=limit, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"the process did not end within {limit:.0f} s", ""
    try:
        report = json.loads(done.stdout)
    except ValueError:
        first = (done.stderr.strip().splitlines() or ["no message"])[0]
        if first.startswith("Timeout"):
            return f"it hung; where: {' | '.join(re.findall(r'line [0-9]+ in .*', done.stderr)[:6])}", ""
        return f"the process ended with status {done.returncode}: {first}", ""
    return report["seen"], report["tried"]


@functools.cache
def _place() -> Path:
    """The directory of the compiled twins, for as long as this process lives."""
    place = tempfile.mkdtemp(prefix="lockedset-twins-")
    atexit.register(shutil.rmtree, place, ignore_errors=True)
    return Path(place)


@functools.cache
def _package_of(twin: str) -> Path:
    """Return the directory from which a twin is imported whose sources are edited."""
    return compiled(_place() / twin, TWINS[twin].edits)


def _judge(subject: str, seconds: float, seed: int, engine: str) -> tuple[str | None, str]:
    """Let lockproof check LockedSet or a twin: for several times as long, as this property is about all operations."""
    # Not at the top: the other properties are checked in processes of their own, which start in half the time without.
    from lockproof.campaign.check_target import check_target
    from lockproof.core.options import CheckOptions
    from lockproof.core.verdict import Verdict

    target = f"tests.lockedset.stress.judged:{subject.lower().replace('-', '_')}"
    report = check_target(target, CheckOptions(budget=seconds * JUDGED, seed=seed, threads=2, engine=engine))
    covered = report.coverage
    tried = f"{covered.scenarios} scenarios, {covered.invocations} runs, {covered.schedules} schedules"
    seen = [f"{each.kind.value}: {each.scenario} {each.outcome or each.detail}" for each in report.findings]
    seen += [f"on one thread: {'; '.join(each.lines)}" for each in report.nonconformances]
    seen += [f"unknown: {each}" for each in report.unknown if report.verdict is Verdict.UNKNOWN]
    return (seen[0] if seen else None), tried


def _build() -> dict[str, Any]:
    return {
        "version": platform.python_version(),
        "free_threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
        "gil": sys._is_gil_enabled(),
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "implementation": implementation,
    }


def _patience(twin: Twin, with_gil: bool) -> int:
    """How many times as long a twin is looked at: it ends its check at the first thing seen.

    A twin that shows its fault every time needs few rounds, and one that hangs before its first round is told when the
    time is over. With a GIL the judged ones are found under control, which needs a small part of the time; of the rest
    many are never found, and cost all of it.
    """
    if PROPERTIES[twin.caught_by].judged:
        return 2 if with_gil else 20
    return 5 if with_gil or twin.with_gil else 60


def _run(seconds: float, seed: int) -> dict[str, Any]:
    """Check LockedSet and its twins.

    Without the GIL a check in which threads race has the processors to itself, since the threads meet less often beside
    another one. Two checks go on at a time of those that need no luck: twins whose check waits once it has hung, and
    twins that show their fault every time. With a GIL all checks go on two at a time: each uses one processor.
    """
    with_gil = sys._is_gil_enabled()
    total = len(PROPERTIES) + len(TWINS)
    ended = itertools.count(1)

    def check(subject: str, name: str, seconds: float) -> dict[str, Any]:
        began = time.monotonic()
        if PROPERTIES[name].posix and os.name != "posix":
            row = {"verdict": "not run", "detail": "needs POSIX"}
        else:
            seen, tried = examine(subject, name, seconds, seed)
            good, bad = ("held", "violated") if subject == "LockedSet" else ("missed", "caught")
            row = {"verdict": good if seen is None else bad, "detail": seen or tried}
        what = name if subject == "LockedSet" else f"twin {subject}"
        took = f"{time.monotonic() - began:.1f} s"
        print(
            f"  {next(ended):2}/{total} {what} ({took}): {row['verdict']}: {row['detail']}", file=sys.stderr, flush=True
        )
        return row

    # lockproof compares all operations with the model first, and without an end of that it has no verdict.
    times = {("LockedSet", name): seconds * (2 if each.judged else 1) for name, each in PROPERTIES.items()}
    times |= {(twin.name, twin.caught_by): seconds * _patience(twin, with_gil) for twin in TWINS.values()}
    hanging = [job for job in times if job[0] in TWINS and PROPERTIES[job[1]].hangs]
    sure = [job for job in times if job[0] in TWINS and TWINS[job[0]].with_gil]
    paired = list(dict.fromkeys([*hanging, *sure, *(times if with_gil else ())]))
    with ThreadPoolExecutor(2) as pool:
        # Here and not in each check: two compilers fill the processors, and a check then times the check alone.
        list(pool.map(_package_of, [twin.name for twin in TWINS.values() if twin.edits]))
    rows = {job: check(*job, times[job]) for job in times if job not in paired}
    with ThreadPoolExecutor(2) as pool:
        rows |= zip(paired, pool.map(lambda job: check(*job, times[job]), paired), strict=True)
    properties = [
        {"name": each.name, "claim": each.claim, **rows["LockedSet", each.name]} for each in PROPERTIES.values()
    ]
    twins = [
        {"name": twin.name, "lacks": twin.lacks, "property": twin.caught_by, **rows[twin.name, twin.caught_by]}
        for twin in TWINS.values()
    ]
    return {"build": _build(), "seed": seed, "seconds": seconds, "properties": properties, "twins": twins}


def _soak(budget: Budget, operations: int | None) -> int:
    """Run the soak, and say once a while how far it is."""
    goal = f"{operations:,} operations" if operations else f"{budget.seconds:g} s"
    where = f"{lockedset.implementation} LockedSet, Python {sys.version}"
    began = time.monotonic()
    seen = [0, began]

    def tell(count: int) -> None:
        now = time.monotonic()
        if operations and now - seen[1] >= SIGN_OF_LIFE:
            rate = count / (now - began)
            left = max(0.0, operations - count) / rate
            print(
                f"  {count:,} operations, {rate:,.0f} a second, {left / 60:.0f} min left", file=sys.stderr, flush=True
            )
            seen[1] = now
        seen[0] = count

    try:
        print(f"soak: {goal}, seed {budget.seed}, {where}", file=sys.stderr, flush=True)
        problem = soak(LockedSet, budget, operations, tell)
    except KeyboardInterrupt:
        print(f"interrupted after {seen[0]:,} operations, in which nothing was seen")
        return 130
    took = time.monotonic() - began
    print(problem or f"held for {took:.0f} s, {seen[0]:,} operations, {seen[0] / took:,.0f} a second")
    return 1 if problem else 0


def main() -> int:
    """Run what the command line asks for; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.lockedset.stress", description=__doc__)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the result here")
    parser.add_argument(
        "--seconds",
        type=float,
        default=0.5,
        help="for each property (default 0.5); a twin gets up to 60 times as long, until it is caught",
    )
    parser.add_argument("--seed", type=int, default=1, help="of the random choices (default 1)")
    parser.add_argument("--soak", action="store_true", help="only: random operations on three sets, for --seconds")
    parser.add_argument("--operations", type=int, metavar="N", help="with --soak: so many, however long they take")
    parser.add_argument("--inside", nargs=2, metavar=("SUBJECT", "PROPERTY"), help="only this, in this process")
    parser.add_argument("--engine", default="both", help="of lockproof, with --inside")
    options = parser.parse_args()
    budget = Budget(options.seconds, options.seed)
    if options.inside:
        _inside(*options.inside, budget, options.engine)
        return 0
    if options.soak:
        return _soak(budget, options.operations)
    what = f"tests.lockedset.stress: LockedSet ({implementation}), Python {sys.version}, seed {options.seed}"
    print(what, file=sys.stderr, flush=True)
    result = _run(options.seconds, options.seed)
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
