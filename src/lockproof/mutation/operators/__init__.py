"""The operators: each module has those of one purpose; `context` has what they work with, `registry` lists them."""
