"""Controlled schedules: one thread runs at a time, and a strategy says which, at switch points in the subject's code.

`engine` runs a program: `turns` has its tasks and hands over between them, `decisions` asks the strategy, and
`carriers` gives each task an operating-system thread. `primitives` are the locks and the clock under control,
`instructions` says where in the bytecode a switch matters, and `install` puts both into the interpreter.
"""
