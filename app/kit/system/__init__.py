"""The process and its machine: files, memory, signals, progress, certificates, extras that may be missing.

Imports no other package of the application.
"""
