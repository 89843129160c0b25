"""Search is held to the judgement of its readers: floors, set just under what is reached."""

import pytest

from tests.corpus import Corpus
from tests.relevance.judgements import Figures, Question, ask, dcg, judge, means, ndcg, questions, recall

FLOOR_NDCG, FLOOR_RECALL = 0.86, 0.89
ANSWERED = 0.93
"""Share of the questions that must have something good or perfect among the first five."""


@pytest.fixture(scope="module")
def figures(seeded: Corpus) -> list[Figures]:
    return judge(seeded.client)


class TestTheJudgedQuestions:
    def test_there_are_enough_and_all_differ(self) -> None:
        texts = [question.text for question in questions()]
        assert len(texts) >= 60
        assert len(set(texts)) == len(texts)

    def test_name_only_what_is_there(self, seeded: Corpus) -> None:
        there = {each["url"].split("/v1/")[1] for each in seeded.client.walk("/v1/entries?per_page=100")}
        assert {path for question in questions() for path in question.grades} <= there

    def test_are_answered_well_in_the_mean(self, figures: list[Figures]) -> None:
        gain, found = means(figures)
        assert gain >= FLOOR_NDCG, f"nDCG@5 {gain:.3f}"
        assert found >= FLOOR_RECALL, f"recall@10 {found:.3f}"

    def test_have_an_answer_on_the_first_screen(self, figures: list[Figures]) -> None:
        unanswered = [each.question.text for each in figures if not any(map(each.question.grades.get, each.found[:5]))]
        assert 1 - len(unanswered) / len(figures) >= ANSWERED, unanswered

    def test_are_answered_alike_in_every_spelling(self, figures: list[Figures]) -> None:
        found = {each.question.text: each.found for each in figures}
        for one, other in (
            ("transitional safeguarding", "tranisitonal safegarding"),
            ("transitional safeguarding", "TRANSITIONAL SAFEGUARDING"),
            ("childrens services", "children's services"),
            ("childrens services", "Children’s Services"),  # noqa: RUF001
            ("mobilising", "mobilizing"),
            ("webinar", "webinars"),
        ):
            assert found[one] == found[other], (one, other)

    def test_a_title_finds_its_entry_first(self, seeded: Corpus) -> None:
        """Or another that has the same title."""
        entries = list(seeded.client.walk("/v1/entries?per_page=100"))
        titles = {
            each["url"].split("/v1/")[1]: {text.lower() for text in (each["title"], *each["alternative_titles"])}
            for each in entries
        }
        for path, known in titles.items():
            for title in known:
                first = ask(seeded.client, title)[0]
                assert first == path or title in titles[first], (title, first)


class TestTheFigures:
    question = Question("any", "anybody", {"a": 3, "b": 2, "c": 1})

    def test_gain_is_divided_by_the_logarithm_of_the_rank(self) -> None:
        assert dcg([3, 2, 1]) == pytest.approx(3 + 2 / 1.58496 + 1 / 2)

    def test_ndcg_is_one_for_the_best_order_and_nought_for_nothing(self) -> None:
        assert ndcg(self.question, "abcx") == 1
        assert ndcg(self.question, "xyz") == 0
        assert 0 < ndcg(self.question, "xcba") < ndcg(self.question, "bac") < 1

    def test_only_the_first_five_gain(self) -> None:
        assert ndcg(self.question, "vwxyza") == 0

    def test_recall_asks_for_the_good_and_the_perfect(self) -> None:
        assert recall(self.question, "bx") == 0.5
        assert recall(self.question, "ab") == 1
        assert recall(self.question, "c") == 0
