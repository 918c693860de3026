"""Strategies: what chooses the thread at each decision. `exhaustive` ends and then knows all, `sampling` never ends."""
