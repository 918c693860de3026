"""Mutants of a class's synchronization: operators change one place at a time.

`tree` is a parsed file, `layout` knows where its lines and parentheses are, and `source` edits its text.
`synchronization` recognizes the locks of a module, and `sections` finds where they are held. `operators` has the
operators and their registry. `scope` finds the parts of modules that a class uses, and `mutants` applies the operators
to them.
"""
