"""Mutants of a class's synchronization: what `synchronization` recognizes, the operators change, one place at a time.

`tree` is a parsed file, `layout` says where its lines and parentheses are, and `source` makes edits of the text.
`synchronization` says what in it is a lock, `sections` where one is held. The operators stand in `locks`,
`critical_sections`, `acquisition_order`, `wakeups` and `snapshots`; `scope` says which parts of which modules a class
uses; `mutants` makes mutants of them.
"""
