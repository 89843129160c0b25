"""Commands that run the service or look after it.

Settings and keys come in; a server, a worker, an installation or a report of its state goes out.
"""
