"""The context of an export: what a format needs to know beside the records."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportContext:
    """`title` and `url` are those of the list or the single thing that is exported, `publisher` is who answers for
    the knowledge base, and `vocabularies` are the names of those whose terms entries carry. `pages` is the base URL
    of a site of the project's own that shows the pages, where there is one. `is_single` distinguishes a single
    document from a list of one."""

    title: str = ""
    url: str = ""
    publisher: str = ""
    vocabularies: tuple[str, ...] = ()
    pages: str | None = None
    is_single: bool = False
