"""Do scenarios run on threads as they say, and is what they record true?"""
