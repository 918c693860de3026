"""Which planted races do `--lockproof-parallel` and pytest-run-parallel find, and in what time?

    python -m benchmarks.races_in_tests [--rounds N]

Each test of `benchmarks/planted.py` runs in a pytest of its own, N times by each tool. The time is that of the whole
process, its start included. A run that does not end within `LONGEST` seconds counts as found: it hangs.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import sysconfig
import time
from pathlib import Path
from typing import Final

LONGEST: Final = 60

TOOLS: Final = {
    "pytest-run-parallel": ("--parallel-threads=4", "--iterations=100"),
    "lockproof": ("--lockproof-parallel=3", "--lockproof-parallel-budget=10s"),
}
"""The options of each tool."""

HERE: Final = Path(__file__).parent


def run(test: str, options: tuple[str, ...]) -> tuple[bool, float]:
    """Return whether a run fails or hangs, and its seconds."""
    words = ["-q", "-p", "no:cacheprovider", "-c", os.devnull, "--rootdir", str(HERE), f"{HERE / 'planted.py'}::{test}"]
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", "pytest", *words, *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        try:
            output, _ = process.communicate(timeout=LONGEST)
        except subprocess.TimeoutExpired:
            process.kill()
            return True, time.perf_counter() - began
    if process.returncode not in (0, 1):
        raise RuntimeError(output.decode())
    return process.returncode == 1, time.perf_counter() - began


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description="planted races in tests, found by two tools")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each test by each tool (default 5)")
    rounds = parser.parse_args().rounds
    tests = re.findall(r"^def (test_\w+)", (HERE / "planted.py").read_text(encoding="utf-8"), re.MULTILINE)
    build = platform.python_version() + ("t" if sysconfig.get_config_var("Py_GIL_DISABLED") else "")
    print(f"CPython {build}, {os.cpu_count()} processors; {rounds} runs of each test; seconds of a run in the mean")
    for tool, options in TOOLS.items():
        print(f"{tool}: {' '.join(options)}")
    print(f"\n| test | {' | '.join(TOOLS)} |\n| --- |{' --- |' * len(TOOLS)}")
    for test in tests:
        cells = []
        for options in TOOLS.values():
            runs = [run(test, options) for _ in range(rounds)]
            cells.append(
                f"{sum(found for found, _ in runs)} of {rounds}, {sum(each for _, each in runs) / rounds:.1f} s"
            )
        print(f"| {test} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
