"""Does a check under ThreadSanitizer find a race in C code, and none in the mended twin? On a real interpreter with it.

`tox run -e tsan`, or `python -m ci.tsan`, runs these tests, and makes the interpreter if there is none.
"""
