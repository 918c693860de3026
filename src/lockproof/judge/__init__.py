"""Judges: is there an order of the operations that explains the results?

`run` judges the runs of small scenarios; `partition`, with `wgl` and `sequential`, judges long histories.
"""
