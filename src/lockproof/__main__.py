"""The entry point of the command. It runs on any Python 3, to say what is missing before anything else is imported."""

from __future__ import annotations

import importlib.util
import sys

OLDEST = (3, 13)
NEEDED = ("click", "cloudpickle", "rich")
INTERRUPTED = 130
"""The exit status after Ctrl-C: that of `lockproof.cli.shared`, which cannot be imported yet."""


def main() -> int:
    """Run the command line, and return the exit status."""
    try:
        return _run()
    except KeyboardInterrupt:  # while the command is imported; later the command sees to it
        sys.stderr.write("lockproof: interrupted while starting\n")
        return INTERRUPTED


def _run() -> int:
    version = tuple(sys.version_info[:2])
    if version < OLDEST:
        return _refuse(
            "lockproof needs Python {}.{} or newer, and this is {}.{}".format(*OLDEST, *version),
            f"the command runs in {sys.executable}",
            "python3.13t -m lockproof --help, with an interpreter that has lockproof",
        )
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        return _refuse(
            f"lockproof needs {', '.join(missing)}, which this Python does not have",
            "lockproof was installed without what its command needs",
            "pip install lockproof",
        )
    from lockproof.cli.commands import main as run

    return run()


def _refuse(fact: str, cause: str, step: str) -> int:
    sys.stderr.write(f"lockproof: {fact}\n  likely cause: {cause}\n  next step: {step}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
