"""HTTP for the whole service.

The middleware stack around the application, the response cache, problem documents and logs. An ASGI application
comes in; one that a server runs goes out.
"""
