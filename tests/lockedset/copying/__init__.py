"""Are copies, pickles, subclasses and references of a LockedSet what they are of a `set`, with a lock of their own?"""
