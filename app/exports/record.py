"""The neutral bibliographic view of a thing: the variables of CSL 1.0.2, typed."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, NamedTuple

from app.kit.values.partial_dates import PartialDate

# fmt: off
ItemType = Literal[
    "article", "article-journal", "article-magazine", "article-newspaper", "bill", "book", "broadcast",
    "chapter", "classic", "collection", "dataset", "document", "entry", "entry-dictionary",
    "entry-encyclopedia", "event", "figure", "graphic", "hearing", "interview", "legal_case", "legislation",
    "manuscript", "map", "motion_picture", "musical_score", "pamphlet", "paper-conference", "patent",
    "performance", "periodical", "personal_communication", "post", "post-weblog", "regulation", "report",
    "review", "review-book", "software", "song", "speech", "standard", "thesis", "treaty", "webpage",
]
CslRole = Literal[
    "author", "chair", "collection-editor", "compiler", "composer", "container-author", "contributor",
    "curator", "director", "editor", "editorial-director", "executive-producer", "guest", "host",
    "illustrator", "interviewer", "narrator", "organizer", "original-author", "performer", "producer",
    "recipient", "reviewed-author", "script-writer", "series-creator", "translator",
]
# fmt: on
MovePage = Callable[[str], str]
"""From the address of a page of ours to the one where a site of the project's own has it."""
_DASHES = dict.fromkeys((0x2013, 0x2014), "-")  # en and em


@dataclass(frozen=True, slots=True)
class Name:
    """A person by `family` (and `given`), or whatever has one name (an organisation) by `literal`.

    Particles are written where they are spoken: `van der Berg` is a family name, `Ludwig van` a given one. `function`
    is the role as the catalogue calls it, where it has one of its own; `page_url` that of the agent,
    where the catalogue has it.
    """

    family: str | None = None
    given: str | None = None
    literal: str | None = None
    role: CslRole = "author"
    function: str | None = None
    page_url: str | None = None

    def __post_init__(self) -> None:
        if bool(self.family) == bool(self.literal):
            raise ValueError("a name has either a family name or a literal")
        if self.given and not self.family:
            raise ValueError("a given name needs a family name")

    @property
    def inverted(self) -> str:
        """`Family, Given`, as lists are sorted."""
        return ", ".join(part for part in (self.family, self.given, self.literal) if part)

    @property
    def spoken(self) -> str:
        """`Given Family`, as people say it."""
        return " ".join(part for part in (self.given, self.family, self.literal) if part)

    @property
    def family_parts(self) -> tuple[str, str]:
        """The particles before a family name, which are in small letters, and the name without them."""
        words = (self.family or "").split(" ")
        first = next((place for place, word in enumerate(words[:-1]) if not word.islower()), len(words) - 1)
        return " ".join(words[:first]), " ".join(words[first:])

    @property
    def given_parts(self) -> tuple[str, str]:
        """The given names, and the particles after them."""
        words = (self.given or "").split(" ")
        last = next((place for place in range(len(words) - 1, 0, -1) if not words[place].islower()), 0)
        return " ".join(words[: last + 1]), " ".join(words[last + 1 :])


class SubjectTerm(NamedTuple):
    """A term of the vocabulary `scheme`."""

    scheme: str
    slug: str
    label: str
    url: str


class WebLink(NamedTuple):
    """Where the thing itself is found; `type` as the catalogue calls it, for example `full_text`."""

    type: str
    url: str
    label: str | None


class RelatedItem(NamedTuple):
    """Another thing of the knowledge base; `relation` is a relationType of DataCite."""

    relation: str
    kind: str
    label: str
    page_url: str


class Award(NamedTuple):
    """Who paid, under which number and title."""

    funder: str
    number: str | None
    title: str | None
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerRecord:
    """The book that a chapter is in, with an `id` as a record has; `series` is what the book is part of, `volume` which
    of its volumes, or of those of the book, it is."""

    id: str
    title: str
    page_url: str = ""
    names: tuple[Name, ...] = ()
    issued: PartialDate | None = None
    series: str | None = None
    volume: str | None = None
    edition: str | None = None
    publisher: str | None = None
    doi: str | None = None
    isbns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One citable thing. `id` is stable and unique among all records; texts are plain, without markup.

    `container` is there for what is cited with its book, whose title is `container_title`: formats that say all at one
    level take the properties named `cited_…`. `volume` is that of a journal, a series or a book in several; `pages` is
    the range within the container, `number` that of an article or a report; `duration` is ISO 8601; `language` BCP 47;
    `licence_id` an SPDX identifier; identifiers are in canonical form. `url` is the best address there is, `page_url`
    that of the thing in the knowledge base. `genre` is what a citation says in brackets.

    From `uid`, an id that never changes, on are the knowledge base's own members; `start` and `end` are of what took
    some time, as an event or fieldwork. `issued` is when it was first public, `cover_date` the date of its issue where
    that is another. `body` alone is Markdown; `access` is open or restricted, None where that is not known.
    """

    id: str
    type: ItemType
    title: str
    names: tuple[Name, ...] = ()
    issued: PartialDate | None = None
    cover_date: PartialDate | None = None
    container: ContainerRecord | None = None
    container_title: str | None = None
    collection_title: str | None = None
    volume: str | None = None
    issue: str | None = None
    pages: str | None = None
    number: str | None = None
    edition: str | None = None
    publisher: str | None = None
    publisher_place: str | None = None
    doi: str | None = None
    isbns: tuple[str, ...] = ()
    issn: str | None = None
    url: str | None = None
    abstract: str | None = None
    keywords: tuple[str, ...] = ()
    language: str | None = None
    licence_id: str | None = None
    licence_url: str | None = None
    genre: str | None = None
    medium: str | None = None
    duration: str | None = None
    event_title: str | None = None
    event_place: str | None = None
    event_date: PartialDate | None = None
    note: str | None = None
    updated_at: datetime | None = None
    access: str | None = None
    body: str | None = None
    uid: str = ""
    kind: str = ""
    slug: str = ""
    page_url: str = ""
    format: str | None = None
    subjects: tuple[SubjectTerm, ...] = ()
    identifiers: tuple[tuple[str, str], ...] = ()
    links: tuple[WebLink, ...] = ()
    related: tuple[RelatedItem, ...] = ()
    awards: tuple[Award, ...] = ()
    nation: str | None = None
    methods: tuple[str, ...] = ()
    start: PartialDate | None = None
    end: PartialDate | None = None
    is_online: bool | None = None
    created_at: datetime | None = None

    def with_pages(self, move: MovePage) -> "Record":
        """With pages on another site; its own is also its address where nothing better is known."""
        page = move(self.page_url)
        return replace(
            self,
            page_url=page,
            url=page if self.url == self.page_url else self.url,
            names=_with_pages(self.names, move),
            container=self.container
            and replace(
                self.container, page_url=move(self.container.page_url), names=_with_pages(self.container.names, move)
            ),
            related=tuple(each._replace(page_url=move(each.page_url)) for each in self.related),
        )

    def names_of(self, *roles: CslRole) -> list[Name]:
        """Who had one of `roles`, in their order."""
        return [name for name in self.names if name.role in roles]

    def names_but(self, *roles: CslRole) -> list[Name]:
        """Everybody who had none of `roles`, in their order."""
        return [name for name in self.names if name.role not in roles]

    def cited_names_of(self, *roles: CslRole) -> list[Name]:
        """As `names_of`, those of its book too."""
        return [name for name in self.cited_names if name.role in roles]

    @property
    def cited_issued(self) -> PartialDate | None:
        """The date of the issue where it has one, for a citation names volume and pages with it; of what is undated,
        that of its book."""
        return self.cover_date or self.issued or (self.container.issued if self.container else None)

    @property
    def cited_date(self) -> PartialDate | None:
        """As `cited_issued`; of an event, when it was."""
        return self.cited_issued or self.event_date

    @property
    def cited_names(self) -> tuple[Name, ...]:
        """Its own, then those of its book: who wrote that is its `container-author`."""
        if self.container is None:
            return self.names
        of_book = ("container-author" if name.role == "author" else name.role for name in self.container.names)
        return (
            *self.names,
            *(replace(name, role=role) for name, role in zip(self.container.names, of_book, strict=True)),
        )

    @property
    def cited_isbns(self) -> tuple[str, ...]:
        return self.isbns or (self.container.isbns if self.container else ())

    @property
    def cited_volume(self) -> str | None:
        return self.volume or (self.container.volume if self.container else None)

    @property
    def volume_of_itself(self) -> str | None:
        """Which volume it is, of a series or of a book in several; None where the volume is that of what it is in."""
        return None if self.container_title else self.volume

    @property
    def cited_publisher(self) -> str | None:
        return self.publisher or (self.container.publisher if self.container else None)

    @property
    def cited_edition(self) -> str | None:
        return self.edition or (self.container.edition if self.container else None)

    @property
    def cited_series(self) -> str | None:
        return self.collection_title or (self.container.series if self.container else None)

    @property
    def page_range(self) -> tuple[str, str | None] | None:
        """First and last page; what is not one plain range is all in the first."""
        if not self.pages:
            return None
        ends = [end.strip() for end in self.pages.translate(_DASHES).split("-")]
        ends = [end for end in ends if end]
        return (ends[0], ends[1]) if len(ends) == 2 else (self.pages, None)


def _with_pages(names: tuple[Name, ...], move: MovePage) -> tuple[Name, ...]:
    return tuple(replace(name, page_url=move(name.page_url)) if name.page_url else name for name in names)
