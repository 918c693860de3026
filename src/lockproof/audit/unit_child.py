"""The process of one unit of work: `python -m lockproof.audit.unit_child`.

It reads a unit as one line of JSON from its input, and writes lines of JSON: how far the check is, and at the end what
came of the unit. When its input closes, the one who asked is gone: it ends like after Ctrl-C.
"""

from __future__ import annotations

import _thread
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from typing import IO, Any

from lockproof.campaign.check_target import check_target
from lockproof.core.codec import decode, encode
from lockproof.core.errors import LockproofError
from lockproof.core.import_path import import_from_here
from lockproof.core.options import CheckOptions, Progress, Tell
from lockproof.core.unit import Ending, Refusal, Unit, UnitOutcome
from lockproof.core.verdict import InternalError, Interrupted, Report


def outcome_of(
    unit: Unit, tell: Tell, check: Callable[[str, CheckOptions, Tell, Sequence[str]], Report] = check_target
) -> UnitOutcome:
    """Check a unit in this process, and return what came of it, whatever that is."""
    try:
        return UnitOutcome(unit, Ending.CHECKED, check(unit.target, unit.options, tell, unit.kept))
    except LockproofError as error:
        return UnitOutcome(unit, Ending.REFUSED, refusal=Refusal(error.fact, error.cause, error.step))
    except Interrupted as stopped:
        return UnitOutcome(unit, Ending.INTERRUPTED, stopped.report)
    except KeyboardInterrupt:
        return UnitOutcome(unit, Ending.INTERRUPTED)
    except InternalError as failed:
        return UnitOutcome(unit, Ending.FAILED, failed.report, trace=failed.trace)
    except Exception:
        return UnitOutcome(unit, Ending.FAILED, trace=traceback.format_exc())


def main() -> int:
    """Run the unit that comes in, and return the exit status: 0, since the outcome says the rest."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    # A shell ignores SIGINT for what it starts in the background, like a worker of a cluster, and that is inherited.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # What a subject prints in this process must not get between the lines of the answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    asked = sys.stdin.readline()
    if not asked:
        return 0
    import_from_here()
    unit = decode(Unit, json.loads(asked))
    threading.Thread(target=_interrupt_at_the_end_of, args=(sys.stdin,), daemon=True).start()
    send = _sender(answers)

    def tell(progress: Progress) -> None:
        send({"progress": encode(progress)})

    send({"outcome": encode(outcome_of(unit, tell))})
    return 0


def _sender(stream: IO[str]) -> Callable[[Any], None]:
    def send(message: Any) -> None:
        stream.write(json.dumps(message) + "\n")

    return send


def _interrupt_at_the_end_of(stream: IO[str]) -> None:
    while stream.readline():
        pass
    _thread.interrupt_main()


if __name__ == "__main__":
    sys.exit(main())
