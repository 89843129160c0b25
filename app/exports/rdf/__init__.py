"""Linked data (RDF).

Records, agents and concepts come in; Turtle, N-Triples and JSON-LD go out, in the terms of schema.org, DCMI, FaBiO and
SKOS.
"""
