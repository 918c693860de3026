"""Does lockproof know which operations to try on a class, and does it report flaws that one thread alone shows?"""
