"""Run the scripts beside this file, one after the other, with the interpreter that runs this one.

    python docs/tried/confirm.py [NAME ...]

The packages of docs/tried.md have to be installed; lockproof is not needed. The table says of each script whether the
bug showed. The status is 0 if all the scripts that ran showed it, and 1 if one did not, or could not be run.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
HELPERS = {"c_packages", "c_types", "confirm", "two_threads", "weak"}
BOUND = 120.0  # seconds for one script


def scripts() -> list[str]:
    """The names of all scripts."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem not in HELPERS)


def confirm(name: str) -> tuple[str, str]:
    """Whether the bug showed, and the last line that the script printed."""
    try:
        done = subprocess.run(
            [sys.executable, HERE / f"{name}.py"], capture_output=True, text=True, timeout=BOUND, check=False
        )
    except subprocess.TimeoutExpired:
        return "not run", f"did not end in {BOUND:.0f} seconds"
    said = (done.stdout.strip() or done.stderr.strip() or "nothing printed").splitlines()[-1]
    if done.returncode == 1 and said.startswith("bug: "):
        return "bug", said.removeprefix("bug: ")
    if done.returncode == 0 and said.startswith("no bug: "):
        return "no bug", said.removeprefix("no bug: ")
    return "not run", said


def main(names: list[str]) -> int:
    """Run the scripts that are called `names`, or all."""
    fates = []
    for name in names or scripts():
        fate, said = confirm(name)
        fates.append(fate)
        print(f"{fate:7}  {name}: {said}", flush=True)
    print(f"{fates.count('bug')} of {len(fates)} showed the bug")
    return 0 if set(fates) == {"bug"} else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
