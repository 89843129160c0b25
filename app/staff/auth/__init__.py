"""Authentication and authorisation of staff requests: key, scopes, parameters, idempotency, versions, one transaction.

A request comes in; a `UnitOfWork` goes out.
"""
