"""Does one thread run at a time, in the order that a strategy says, and does the result say what happened?"""
