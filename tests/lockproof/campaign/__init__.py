"""Does a whole check find what is there, whatever the subject does to its process?"""
