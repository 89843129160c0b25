"""Text: characters, slugs, words and phrases, suggestions, strict JSON.

Strings come in; strings, words or values go out.
"""
