"""Strategies choose the thread at each decision. A search of `exhaustive` comes to an end, `sampling` never does."""
