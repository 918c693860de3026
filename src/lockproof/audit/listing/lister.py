"""Imports modules one after the other and says what each has: `python -m lockproof.audit.listing.lister`.

It reads one line of JSON with the modules, and answers with lines of JSON: before each import its name, then what the
module has or why it does not import. So the parent knows which import has ended the process, or hangs.
"""

from __future__ import annotations

import json
import os
import sys

from lockproof.audit.listing.contents import contents_of
from lockproof.core.codec import encode
from lockproof.core.errors import LockproofError
from lockproof.core.import_path import import_from_here
from lockproof.core.survey import NoTarget
from lockproof.inference.target import load


def main() -> None:
    """Answer the one request that comes in, and end at once, whatever threads the modules have started."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    asked = json.loads(sys.stdin.readline())
    import_from_here()
    for name in asked["modules"]:
        answers.write(json.dumps({"begins": name}) + "\n")
        try:
            answer = {"contents": encode(contents_of(load(name), name, asked["package"]))}
        except LockproofError as error:
            answer = {"broken": encode(NoTarget(name, error.fact))}
        except BaseException as error:  # a module may raise anything, even what is no Exception
            answer = {"broken": encode(NoTarget(name, f"{name} does not import: {type(error).__name__}: {error}"))}
        answers.write(json.dumps(answer) + "\n")
    answers.close()
    os._exit(0)


if __name__ == "__main__":
    main()
