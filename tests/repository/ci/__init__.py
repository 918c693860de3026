"""Tests of what sets up, tests and validates the project. None uses the network, and none builds an interpreter."""
