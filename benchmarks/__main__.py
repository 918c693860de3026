"""`python -m benchmarks`, or `python benchmarks` from anywhere."""

import sys
from pathlib import Path

if __package__ in (None, ""):
    # Run as a directory: the packages are found from the repository's root, not from inside this one.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from benchmarks.cli import main
from ci.console import run_main

if __name__ == "__main__":
    run_main(main)
