"""Tests of many checks: units of work, packages, merged reports."""
