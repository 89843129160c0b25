"""Citation and vocabulary formats.

Records, agents and concepts come in; text in a format goes out, bit by bit. Every format there is stands in `formats`.
"""
