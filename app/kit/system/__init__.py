"""The process and its machine: files, memory, signals, progress, certificates, extras that may be missing.

Knows no other package of ours.
"""
