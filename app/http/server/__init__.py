"""The HTTP server: connections limited in number, in time and in memory.

Sockets come in; requests for the middleware stack go out.
"""
