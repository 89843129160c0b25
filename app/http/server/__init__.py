"""The server: connections bounded in number, in time and in what they hold.

Sockets come in; requests for the middleware stack go out.
"""
