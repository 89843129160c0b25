"""What every staff request passes: key, scopes, parameters, idempotency, versions, one transaction.

A request comes in; a `UnitOfWork` goes out.
"""
