"""The formats that can be imported, one a file.

Bytes come in; parsed records and rejected ones go out, in their order.
"""
