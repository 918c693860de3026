"""The vocabulary: what every other room speaks of. It imports nothing of lockproof."""
