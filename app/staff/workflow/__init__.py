"""Steps from draft to public and back.

A subject comes in; the same subject after the step goes out, with one revision.
"""
