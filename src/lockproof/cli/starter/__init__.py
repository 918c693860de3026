"""What `lockproof init` writes into a project: configuration, an environment of tox, a workflow and a first test."""
