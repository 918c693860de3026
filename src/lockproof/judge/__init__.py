"""Judges: is there an order of the operations that explains the results?

`run` judges the runs of small scenarios. `partition` judges long histories, with the searches `wgl` and `jit` (both in
`competition`) and `sequential`.
"""
