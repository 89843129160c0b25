"""The response cache: known answers by path, query and representation, valid for one published revision.

A request comes in; a cached response, or what the application answers, goes out.
"""
