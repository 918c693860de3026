"""The vocabulary that all other rooms share. This room imports no other room of lockproof."""
