"""From a class to a specification: which operations to try on the class, and which model gives the allowed results."""
