"""What sets up, tests and validates the project: standard library only, Python 3.9 or newer.

The commands are `ci/interpreters.py`, `ci/test` and `ci/validate`. The modules, from the ground up:

========================  =====================================================================
console                   errors for people, progress on stderr, child processes with a log
cache                     the cache directory, one lock across processes, remembered refusals
builds                    the vocabulary (build, release, interpreter), probing and verifying
found                     interpreters that are on PATH already
toolbox                   private virtual environments with tox and uv
uv                        interpreters that uv downloads, and the variables that uv gets
apt                       a private index of Debian's newer packages; fetching sources and binary packages
prefixes                  interpreters set up in the cache: when one is finished, and where
debian                    standard builds from Debian's packages, unpacked into the cache
compiled                  CPython compiled from its source archive into the cache
interpreters              the front of all these: 3.13 and 3.13t of one release
suite, gil_plugin         what one tox environment runs
reports                   counts of test results, tables, the closing line
matrix                    `ci/test`
browser                   the report page in Chromium: its tests, and the pictures of the documents
tsan                      checks of extensions in C on a CPython that is built with ThreadSanitizer
verdicts, validation      `ci/validate`: merging the builds' verdicts, and running it
========================  =====================================================================
"""
