"""From a class to a specification: what to try on a class about which nothing was said, and what must come out."""
