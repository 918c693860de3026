"""Does the page show what the reports say, and nothing that the subject could plant in it?"""
