"""What sets up, tests and validates the project: standard library only, Python 3.9 or newer.

The commands are `ci/interpreters.py`, `ci/test` and `ci/validate`. The modules, from the ground up:

========================  =====================================================================
console                   errors for people, progress on stderr, child processes with a log
cache                     the cache directory, one lock across processes, remembered refusals
builds                    the vocabulary (build, release, interpreter), probing and verifying
found                     interpreters that are on the machine already
uv                        interpreters that uv installs, and uv itself
apt_sources               apt's own configuration, read; a private index of source packages
compiled                  CPython compiled from its source archive into the cache
interpreters              the front of all these: the same release for both builds of a version
toolbox                   a private virtual environment with tox
suite, gil_plugin         what one tox environment runs
reports                   counts of test results, tables, the closing line
matrix                    `ci/test`
verdicts, validation      `ci/validate`: merging the builds' verdicts, and running it
========================  =====================================================================
"""
