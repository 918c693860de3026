"""Runs lines by one thread alone, and says whether it came back."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Sequence

from lockproof.campaign.worker.watchdog import ThreadHung, Watchdog
from lockproof.core.interpreter import current_frames
from lockproof.core.lives import OWN_NAME
from lockproof.core.operation import Operation
from lockproof.core.own_time import own_time
from lockproof.core.run_subjects import subjects_of_a_run
from lockproof.core.specification import Specification
from lockproof.engines.threads.crew import stack_of_operation
from lockproof.engines.threads.patience import LONGEST, Patience


def run_alone(lines: Sequence[str], specification: Specification, hang: float) -> None:
    """Run lines on fresh subjects, by one thread. The results do not matter, only whether the thread comes back.

    The lines run on a thread beside the main one, which can then see whether the machine is busy. The watchdog ends
    a thread that never releases the GIL.

    Raises:
        ThreadHung: the thread did not come back within `hang` seconds.

    """
    operations = [Operation(line).compiled(specification.globals) for line in lines]
    subjects = subjects_of_a_run(specification.subject)

    def run() -> None:
        with own_time.adopted():
            for operation in operations:
                with contextlib.suppress(BaseException):
                    operation(*subjects.values())

    thread = threading.Thread(target=run, name=f"{OWN_NAME}alone", daemon=True)
    patience = Patience(hang)
    with Watchdog(hang * LONGEST + 1):
        thread.start()
        while thread.is_alive():
            thread.join(min(hang / 4, 0.1))
            if thread.is_alive() and patience.over():
                frame = current_frames().get(thread.ident or 0)
                stack = stack_of_operation(frame) if frame is not None else ""
                raise ThreadHung(f"one thread alone did not come back within {hang:g} s", stack, tuple(lines))
