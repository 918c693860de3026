"""Reports: the same content as text for people (`text`, `recorded_history`) and as JSON for programs (`jsonfile`)."""
