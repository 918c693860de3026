"""The command `lockproof`: it reads options, hands over reports, and ends with a status."""
