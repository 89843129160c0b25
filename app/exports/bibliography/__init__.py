"""Formats of reference managers, and formatted citations.

Records come in; BibTeX, BibLaTeX, RIS and CSL-JSON go out, and citations in the styles of CSL.
"""
