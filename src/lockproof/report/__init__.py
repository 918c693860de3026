"""Reports: the same content as text for people (`text`, `history`) and as JSON for programs (`jsonfile`)."""
