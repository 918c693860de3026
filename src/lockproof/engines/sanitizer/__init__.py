"""ThreadSanitizer: which interpreter has it, how a process is started under it, and what it reports."""
