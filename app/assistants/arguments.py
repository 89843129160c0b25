"""The arguments of the tools: their JSON Schema is what an assistant sees of them."""

from typing import Annotated, Final

from pydantic import Field

from app.catalogue.registry import ALL_ENTRIES
from app.catalogue.schema import Schema
from app.exports.bibliography.citations import DEFAULT_LOCALE, DEFAULT_STYLE
from app.kit.errors import BadQuery, ErrorDetail
from app.reading.requests.urls import Pair
from app.search.query.filter_parser import RESERVED

MAX_FILTERS: Final = 20

FilterText = Annotated[str, Field(min_length=1, max_length=1000)]
ShortText = Annotated[str, Field(min_length=1, max_length=2000)]
Ident = Annotated[
    ShortText,
    Field(
        description="`id` of a result, for example `publications/its-slug`; an identifier such as "
        "`doi:10.1093/bjsw/bcac183` or the address of a page will do as well."
    ),
]
Filters = Annotated[
    dict[ShortText, FilterText | Annotated[list[FilterText], Field(min_length=1, max_length=50)]],
    Field(
        max_length=MAX_FILTERS,
        description="Conditions, all of which must hold, by the parameters of the interface: "
        '`{"topic": ["ethics", "trust"], "issued__gte": "2021"}`. Several values of one mean any of them; `__all`, '
        "`__not`, `__gte`, `__lte`, `__exists` are put after a name. list_vocabularies has names and values.",
    ),
]


class Question(Schema):
    """The query of a list."""

    q: Annotated[
        str | None,
        Field(
            max_length=500,
            description='Words, of which all should occur; `"a phrase"`, `OR` and `-word` are understood.',
        ),
    ] = None
    collection: Annotated[
        ShortText,
        Field(description=f"`{ALL_ENTRIES}` for everything, or one kind, a vocabulary, `people` or `organisations`."),
    ] = ALL_ENTRIES
    filters: Filters = {}

    def pairs(self) -> list[Pair]:
        """The parameters that ask the same. Raises `BadQuery` for what is no filter."""
        wrong = [name for name in self.filters if name in RESERVED]
        if wrong:
            message = "This is not a filter."
            raise BadQuery(errors=[ErrorDetail("unknown-parameter", message, parameter=name) for name in wrong])
        found = [("q", self.q)] if self.q else []
        for name, values in self.filters.items():
            found += [(name, value) for value in (values if isinstance(values, list) else [values])]
        return found


class SearchArguments(Question):
    sort: Annotated[
        str | None, Field(max_length=200, description="For example `-issued`; without it, what fits the words best.")
    ] = None
    page: Annotated[int, Field(ge=1, le=500)] = 1
    per_page: Annotated[int, Field(ge=1, le=20)] = 10

    def pairs(self) -> list[Pair]:
        order = [("sort", self.sort)] if self.sort else []
        return [*super().pairs(), *order, ("page", str(self.page)), ("per_page", str(self.per_page))]


class GetArguments(Schema):
    id: Ident
    select: Annotated[
        list[ShortText], Field(max_length=30, description="Only these members, for example `title`.")
    ] = []
    offset: Annotated[
        int, Field(ge=0, le=1_000_000, description="Where to go on in the long text `body`, in characters.")
    ] = 0


class RelatedArguments(Schema):
    id: Ident
    limit: Annotated[int, Field(ge=1, le=20)] = 5


class FacetsArguments(Question):
    fields: Annotated[
        list[ShortText],
        Field(min_length=1, max_length=5, description="What is counted, for example `topic` or `year`."),
    ]
    size: Annotated[int, Field(ge=1, le=50, description="Values of each field, at most.")] = 15

    def pairs(self) -> list[Pair]:
        counted = [("facets", ",".join(self.fields)), ("facet_size", str(self.size)), ("per_page", "1")]
        return [*super().pairs(), *counted]


class CiteArguments(Schema):
    ids: Annotated[list[Ident], Field(min_length=1, max_length=20)]
    style: Annotated[ShortText, Field(description="A wrong one is answered with those there are.")] = DEFAULT_STYLE
    locale: ShortText = DEFAULT_LOCALE

    def pairs(self) -> list[Pair]:
        return [("style", self.style), ("locale", self.locale)]


class VocabulariesArguments(Schema):
    vocabulary: Annotated[
        ShortText | None, Field(description="Of this one all terms, for example `topic`; without it, what there is.")
    ] = None


class ChangesArguments(Question):
    since: Annotated[
        ShortText, Field(description="The number of a revision, 0 for all there is, or `next` of an answer.")
    ]
    per_page: Annotated[int, Field(ge=1, le=50)] = 20

    def pairs(self) -> list[Pair]:
        whole = self.collection == ALL_ENTRIES
        own = [("since", self.since), ("per_page", str(self.per_page))]
        return [*own, *([] if whole else [("collection", self.collection)]), *super().pairs()]
