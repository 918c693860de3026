"""Does the judge call a history what it is: held, a violation, or unknown, and does it say why?"""
