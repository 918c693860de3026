"""Does lockproof know what to try on a class, and does it tell what one thread alone shows?"""
