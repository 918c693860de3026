"""The child that imports the modules of a package and lists what they have. An import runs the user's code."""
