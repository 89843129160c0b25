"""View models: what templates show, made from documents and queries.

In: documents as they are published. Out: values with labels and links; a template looks nothing up.
"""
