"""Do reports say what was found, in text for people and in JSON for programs?"""
