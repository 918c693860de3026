"""Does the command line teach, refuse what is wrong, and end with the status that it documents?"""
