"""Is the public face of the package complete, documented, light and in its layers?"""
