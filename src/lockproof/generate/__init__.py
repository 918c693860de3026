"""From a specification to scenarios: `generator` makes them, `reach` says which operations run which code."""
