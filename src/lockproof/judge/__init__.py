"""Judges: is there an order of the operations that explains what was seen?

`run` judges the runs of small scenarios; `partition`, with `wgl` and `sequential`, judges long histories.
"""
