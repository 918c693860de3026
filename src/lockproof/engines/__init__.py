"""From a scenario to histories: `threads` runs real threads, `control` one thread at a time, chosen by `strategies`."""
