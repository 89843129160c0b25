"""The neutral view of a vocabulary and its terms: the classes and properties of SKOS (W3C Recommendation, 2009)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """A concept, or with `is_scheme` a concept scheme. All references are URIs; `scheme` is that of the scheme."""

    uri: str
    scheme: str
    label: str
    definition: str | None = None
    alternative_labels: tuple[str, ...] = ()
    hidden_labels: tuple[str, ...] = ()
    broader: str | None = None
    related: tuple[str, ...] = ()
    exact_match: tuple[str, ...] = ()
    is_scheme: bool = False
