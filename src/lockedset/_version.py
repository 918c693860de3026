"""The version of lockedset, which the build reads and the compiled core has to have too."""

__version__ = "0.1.0"
