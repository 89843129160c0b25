"""What others call a type of item, as CSL 1.0.2 calls it. Names are in lower case."""

from collections.abc import Mapping
from typing import Final, get_args

from app.exports.record import ItemType

CSL: Final[Mapping[str, ItemType]] = {name: name for name in get_args(ItemType)}

RIS: Final[Mapping[str, ItemType]] = {
    "abst": "article-journal", "adver": "document", "aggr": "dataset", "ancient": "classic", "art": "graphic",
    "bill": "bill", "blog": "post-weblog", "book": "book", "case": "legal_case", "chap": "chapter",
    "chart": "figure", "clswk": "classic", "comp": "software", "conf": "paper-conference",
    "cpaper": "paper-conference", "ctlg": "document", "data": "dataset", "dbase": "dataset", "dict": "entry-dictionary",
    "ebook": "book", "echap": "chapter", "edbook": "book", "ejour": "article-journal", "elec": "webpage",
    "encyc": "entry-encyclopedia", "equa": "document", "figure": "graphic", "gen": "document", "govdoc": "report",
    "grant": "document", "hear": "hearing", "icomm": "post", "inpr": "article-journal", "jfull": "periodical",
    "jour": "article-journal", "legal": "legislation", "manscpt": "manuscript", "map": "map",
    "mgzn": "article-magazine", "mpct": "motion_picture", "multi": "document", "music": "musical_score",
    "news": "article-newspaper", "pamp": "pamphlet", "pat": "patent", "pcomm": "personal_communication",
    "rprt": "report", "ser": "book", "slide": "speech", "sound": "song", "stand": "standard", "stat": "legislation",
    "std": "document", "thes": "thesis", "unbill": "bill", "unpb": "manuscript", "video": "motion_picture",
    "web": "webpage", "unpd": "manuscript",
}  # fmt: skip

BIBTEX: Final[Mapping[str, ItemType]] = {
    "article": "article-journal", "periodical": "periodical", "suppperiodical": "article-journal", "book": "book",
    "mvbook": "book", "bookinbook": "chapter", "booklet": "pamphlet", "inbook": "chapter", "suppbook": "chapter",
    "collection": "book", "mvcollection": "book", "incollection": "chapter", "suppcollection": "chapter",
    "proceedings": "book", "mvproceedings": "book", "inproceedings": "paper-conference",
    "conference": "paper-conference", "reference": "book", "mvreference": "book", "inreference": "entry-encyclopedia",
    "dataset": "dataset", "manual": "report", "misc": "document", "online": "webpage", "electronic": "webpage",
    "www": "webpage", "patent": "patent", "report": "report", "techreport": "report", "software": "software",
    "thesis": "thesis", "mastersthesis": "thesis", "phdthesis": "thesis", "unpublished": "manuscript",
    "artwork": "graphic", "audio": "song", "image": "graphic", "video": "motion_picture", "movie": "motion_picture",
    "music": "song", "performance": "performance", "review": "review", "standard": "standard", "letter":
    "personal_communication", "legislation": "legislation", "jurisdiction": "legal_case",
}  # fmt: skip

CROSSREF: Final[Mapping[str, ItemType]] = {
    **CSL,
    "journal-article": "article-journal", "book-chapter": "chapter", "book-section": "chapter", "book-part": "chapter",
    "book-track": "chapter", "edited-book": "book", "monograph": "book", "reference-book": "book", "book-set": "book",
    "book-series": "book", "reference-entry": "entry", "proceedings-article": "paper-conference",
    "proceedings": "book", "journal": "periodical", "journal-issue": "periodical", "journal-volume": "periodical",
    "posted-content": "article", "dissertation": "thesis", "peer-review": "review", "report-series": "report",
    "report-component": "report", "component": "document", "database": "dataset", "grant": "document",
    "other": "document", "paper": "article", "blog": "post-weblog",
}  # fmt: skip
"""Types of Crossref's works beside those of CSL: its CSL-JSON has both."""

DATACITE: Final[Mapping[str, ItemType]] = {
    "audiovisual": "motion_picture", "award": "document", "book": "book", "bookchapter": "chapter",
    "collection": "collection", "computationalnotebook": "software", "conferencepaper": "paper-conference",
    "conferenceproceeding": "book", "datapaper": "article-journal", "dataset": "dataset", "dissertation": "thesis",
    "event": "event", "image": "graphic", "interactiveresource": "webpage", "instrument": "document",
    "journal": "periodical", "journalarticle": "article-journal", "model": "document", "other": "document",
    "outputmanagementplan": "document", "peerreview": "review", "physicalobject": "document", "preprint": "article",
    "project": "document", "report": "report", "service": "document", "software": "software", "sound": "song",
    "standard": "standard", "studyregistration": "document", "text": "document", "workflow": "document",
}  # fmt: skip
"""`resourceTypeGeneral` of the DataCite Metadata Schema 4.6."""
