"""The formats that can be imported, one per file.

Bytes come in; parsed records and rejected ones go out, in their order.
"""
