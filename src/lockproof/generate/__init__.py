"""From a specification to scenarios.

`generator` makes them: `pool` has their operations, `pairs` says which kinds meet in which order, `initial` fills the
subjects. `tuning` has the numbers. `watched` is what single runs showed of the kinds, `reach` says which operations run
which code.
"""
