"""Lets the clock run faster in each process that has this directory in PYTHONPATH: the machine seems slow.

No test imports this: it would change the clock of its own process.
"""

import time

from faster_clock import faster

time.monotonic, time.perf_counter = faster(time.monotonic), faster(time.perf_counter)
