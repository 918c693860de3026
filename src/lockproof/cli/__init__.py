"""The command `lockproof`: it reads options, prints or writes reports, and returns an exit status."""
