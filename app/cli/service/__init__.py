"""Commands that run and maintain the service.

Settings and keys come in; a server, a worker, an installation or a report of its state goes out.
"""
