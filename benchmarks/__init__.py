"""What LockedSet costs, beside what one would use instead, on every build, as ratios taken in one run.

    python -m benchmarks            from the root of the repository; --help teaches

The modules, from the ground up (an arrow would only ever point upwards in this list):

==============  ====================================================================================
handwritten     the subclass of `set` with a lock round every method, as people write it
subjects        who is measured, how each is made, and what each calls an operation
operations      what is measured: the statements, by operation and subject
loops           statements compiled into timed loops, for one thread and for several
plans           how much is measured: full, fast, smoke
measure         one round in one interpreter, by pyperf          (runs in the measured interpreter)
memory          bytes for each set and each element              (runs in the measured interpreter)
probe           what is there to be measured, and the GIL         (runs in the measured interpreter)
ratios          from times by round to ratios, intervals and goals: pure functions
results         the files of a run, read
goals           what LockedSet is to reach
report          tables, plot and summary                         (runs where rich and matplotlib are)
environments    a virtual environment for each interpreter, in the user's cache directory
cli             the command
==============  ====================================================================================

What lockproof costs and finds has commands of its own: `benchmarks.runner` (real threads), `benchmarks.history`
(recorded histories, also beside porcupine), `benchmarks.searches` (the searches of the judge, beside each other),
`benchmarks.explorer` with `contenders` (schedules a second, beside other tools), `benchmarks.spellings` and
`benchmarks.sctbench` (known races, and their mended twins).

LockedSet is two subjects: the core in C, compiled for each measured interpreter by `ci.native`, and the implementation
in Python. docs/adr/0021 has the goals, and why there are two.
"""
