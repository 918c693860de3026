"""Does the report page work in a browser? `tox run -e browser` asks, on a push nothing here runs (tests/README.md)."""
