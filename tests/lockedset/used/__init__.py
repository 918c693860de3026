"""Does LockedSet work with the libraries that build, validate and store objects by their annotations?"""
