"""Does LockedSet do what the built-in set does?

`test_against_set.py` and `test_stateful.py` compare the two on generated arguments and generated sequences of calls;
`test_cpython_suite.py` runs CPython's own tests of `set` on LockedSet; `test_added_operations.py` compares the
operations that `set` lacks with their models; `test_differences.py` holds what differs, each with its reason.
"""
