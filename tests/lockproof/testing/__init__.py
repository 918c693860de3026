"""Does `lockproof.check` tell a test suite the truth, and does the pytest plugin keep out of the way?"""
