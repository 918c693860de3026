"""Does one thread run at a time, in the order that a strategy says, and is all that came of it told?"""
