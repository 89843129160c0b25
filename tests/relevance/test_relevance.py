"""Search is held to the judgement of its readers: floors, set just under what is reached."""

import pytest

from tests.corpus import Corpus
from tests.relevance.judgements import (
    CATEGORIES,
    HELD,
    Figures,
    FullTextControl,
    Question,
    ask_service,
    by_category,
    dcg,
    judge,
    ndcg,
    questions,
    recall,
    reciprocal_rank,
    summarise,
)

FLOORS = {
    "name": (0.95, 0.95),
    "title": (0.95, 0.96),
    "topic": (0.86, 0.89),
    "acronym": (0.92, 0.95),
    "format": (0.91, 0.95),
    "question": (0.74, 0.81),
    "paraphrase": (0.75, 0.82),
    "misspelling": (0.91, 0.93),
    "prefix": (0.92, 0.93),
}
"""nDCG@10 and recall@10."""

MOST_NOISE = 0.5
"""Results to a question of junk, in the mean."""

MOST_WITHOUT_RESULT = 0.01
"""Share of the questions that have an answer."""


@pytest.fixture(scope="module")
def figures(seeded: Corpus) -> list[Figures]:
    return judge(lambda text: ask_service(seeded.client, text), HELD)


class TestTheJudgedQuestions:
    def test_there_are_enough_of_every_category_and_all_differ(self) -> None:
        texts = [question.text for question in questions()]
        assert len(texts) >= 200
        assert len(set(texts)) == len(texts)
        categories = [question.category for question in questions()]
        assert all(categories.count(each) >= 15 for each in CATEGORIES)
        assert {*categories} == {*CATEGORIES}

    def test_name_only_what_is_there(self, seeded: Corpus) -> None:
        there = {each["url"].split("/v1/")[1] for each in seeded.client.walk("/v1/entries?per_page=100")}
        assert {path for question in questions() for path in question.grades} <= there

    @pytest.mark.parametrize("category", FLOORS)
    def test_are_answered_well_in_the_mean(self, figures: list[Figures], category: str) -> None:
        reached = by_category(figures)[category]
        gain, found = FLOORS[category]
        assert reached.ndcg >= gain, f"nDCG@10 {reached.ndcg:.3f}"
        assert reached.recall >= found, f"recall@10 {reached.recall:.3f}"

    def test_seldom_find_nothing_and_junk_little(self, figures: list[Figures]) -> None:
        reached = summarise(figures)
        assert reached.zero <= MOST_WITHOUT_RESULT, [each.question.text for each in figures if not each.count]
        assert reached.noise <= MOST_NOISE, {each.question.text: each.count for each in figures}

    def test_are_answered_better_than_by_full_text_search_alone(self, seeded: Corpus, figures: list[Figures]) -> None:
        control = summarise(judge(FullTextControl(seeded).ask, HELD))
        assert summarise(figures).ndcg > control.ndcg + 0.1

    def test_are_answered_alike_in_every_spelling(self, figures: list[Figures]) -> None:
        found = {each.question.text: each.found for each in figures}
        for one, other in (
            ("transitional safeguarding", "tranisitonal safegarding"),
            ("transitional safeguarding", "TRANSITIONAL SAFEGUARDING"),
            ("childrens services", "children's services"),
            ("childrens services", "Children’s Services"),  # noqa: RUF001
            ("webinar", "webinars"),
        ):
            assert found[one] == found[other], (one, other)
        assert {*found["mobilising"][:5]} == {*found["mobilizing"][:5]}

    def test_a_title_finds_its_entry_first(self, seeded: Corpus) -> None:
        """Or another that has the same title."""
        entries = list(seeded.client.walk("/v1/entries?per_page=100"))
        titles = {
            each["url"].split("/v1/")[1]: {text.lower() for text in (each["title"], *each["alternative_titles"])}
            for each in entries
        }
        for path, known in titles.items():
            for title in known:
                first = ask_service(seeded.client, title)[1][0]
                assert first == path or title in titles[first], (title, first)


class TestTheFigures:
    question = Question("any", "name", {"a": 3, "b": 2, "c": 1})

    def test_gain_is_divided_by_the_logarithm_of_the_rank(self) -> None:
        assert dcg([3, 2, 1]) == pytest.approx(3 + 2 / 1.58496 + 1 / 2)

    def test_ndcg_is_one_for_the_best_order_and_nought_for_nothing(self) -> None:
        assert ndcg(self.question, "abcx") == 1
        assert ndcg(self.question, "xyz") == 0
        assert 0 < ndcg(self.question, "xcba") < ndcg(self.question, "bac") < 1

    def test_only_the_first_ten_gain(self) -> None:
        assert ndcg(self.question, "zyxwvutsrqa") == 0

    def test_recall_asks_for_the_good_and_the_perfect(self) -> None:
        assert recall(self.question, "bx") == 0.5
        assert recall(self.question, "ab") == 1
        assert recall(self.question, "c") == 0

    def test_the_reciprocal_rank_is_of_the_first_good_or_perfect_one(self) -> None:
        assert reciprocal_rank(self.question, "cxba") == pytest.approx(1 / 3)
        assert reciprocal_rank(self.question, "cx") == 0

    def test_a_summary_reports_unanswered_questions_separately(self) -> None:
        junk = Question("junk", "junk", {})
        found = summarise([Figures(self.question, (*"ab",), 2), Figures(self.question, (), 0), Figures(junk, (), 4)])
        assert (found.number, found.zero, found.noise, found.noisy) == (3, 0.5, 4, 1)
        assert found.recall == 0.5
