"""Is ThreadSanitizer started as it should be, and is what it reports read rightly?"""
