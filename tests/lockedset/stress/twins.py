"""The twins of the implementation that serves."""

from __future__ import annotations

from lockedset import implementation
from tests.lockedset.stress import twins_in_c, twins_in_python

TWINS = twins_in_c.TWINS if implementation == "compiled" else twins_in_python.TWINS
