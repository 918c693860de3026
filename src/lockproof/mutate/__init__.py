"""Mutants of a class's synchronization: what `synchronization` recognizes, the operators change, one place at a time.

`source` is a parsed file and what became of it, `synchronization` says what in it is a lock, `sections` where one is
held. The operators stand in `locks`, `critical_sections`, `order`, `waiting` and `snapshots`; `scope` says which parts
of which modules a class uses; `mutants` makes mutants of them.
"""
