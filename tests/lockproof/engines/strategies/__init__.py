"""Do strategies choose what they promise: all schedules, or a sample that a seed determines?"""
