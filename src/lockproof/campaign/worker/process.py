"""The child process: answers requests, one JSON object a line on standard input, with one on what was its output.

What the subject prints goes to standard error. The subject may end this process at any moment.
"""

from __future__ import annotations

import faulthandler
import json
import os
import queue
import signal
import sys
import threading
import traceback
from typing import Any

from lockproof.campaign.worker.requests import Worker
from lockproof.core.errors import LockproofError
from lockproof.engines.control.task import Lost
from lockproof.engines.threads.crew import Hang
from lockproof.inference.target import replace_modules


def _requests() -> queue.SimpleQueue[str]:
    """Return the lines of standard input as they come. Its end is the parent's end, and ends this process too."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        for line in sys.stdin:
            lines.put(line)
        os._exit(0)

    threading.Thread(target=read, daemon=True).start()
    return lines


def main() -> None:
    """Answer requests until the parent goes away."""
    faulthandler.enable()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    requests = _requests()
    setup = json.loads(requests.get())
    kind = Worker
    if setup["controlled"]:
        from lockproof.campaign.worker.controlled import ControlledWorker
        from lockproof.engines.control.install import install

        install()
        kind = ControlledWorker
    sys.path[:] = setup["path"]
    if setup["replaced"]:
        replace_modules(setup["replaced"])
    worker: Worker | None = None
    message: dict[str, Any] = {"do": "describe"}
    while True:
        try:
            if worker is None:
                worker = kind(setup)
            worker.announce([])
            text = json.dumps(getattr(worker, message.pop("do"))(**message))
        except Hang as hang:
            text = json.dumps({"hang": {"stacks": hang.stacks, "finished": hang.finished, "seconds": hang.seconds}})
        except LockproofError as error:
            text = json.dumps({"error": [error.fact, error.cause, error.step]})
        except Lost as lost:
            text = json.dumps({"hang": {"stacks": lost.stacks, "detail": str(lost)}})
        except Exception:
            text = json.dumps({"fault": traceback.format_exc()})
        answer.write(text + "\n")
        answer.flush()
        message = json.loads(requests.get())


if __name__ == "__main__":
    main()
