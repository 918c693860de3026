"""Do operations, scenarios, values, models and histories mean what they say?"""
