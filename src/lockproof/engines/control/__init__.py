"""Controlled schedules: one thread runs at a time, and a strategy says which, at switch points in the subject's code.

`engine` has the tasks and hands over between them, `primitives` are the locks and the clock under its control,
`instructions` says where in the bytecode a switch matters, `install` puts both into the interpreter.
"""
