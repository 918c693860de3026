"""Do type checkers understand LockedSet, and object where they should?"""
