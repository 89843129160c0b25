"""One class for each middleware, and their order in `stack`.

A request passes them from the outside in, its response from the inside out.
"""
