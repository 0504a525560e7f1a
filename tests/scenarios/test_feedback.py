"""What a building lead said of a suspicion comes back as a proposal for the rules."""

from __future__ import annotations

from street import Bot, Group, Street

from domain.words import Category
from handlers.classify import Classifier
from handlers.classify.suggesting import proposals
from store.feedback import Judgement, judgements, other_lines

LEAD = "liu-shulan"
WRONG = "店里的灯有点暗"
RIGHT = "楼道的灯有点暗"


def test_a_line_judged_to_be_no_matter_proposes_words_that_silence_the_rule(
    street: Street, bot: Bot, 群: Group, classifier: Classifier
) -> None:
    street.stops_here()
    群.says("王", "早上好", alias="1-2-501 王")
    群.says("王", WRONG, alias="1-2-501 王")
    bot.told(LEAD, "【请确认】")
    street.staff(LEAD).answers("3")
    street.later("30m")
    群.says("李", RIGHT, alias="1-1-302 李")
    street.staff(LEAD).answers("1")
    bot.forget()
    judged = street.look(lambda tx: judgements(tx.db))
    assert judged == [Judgement(WRONG, None), Judgement(RIGHT, Category.LIGHTING)]
    assert street.look(lambda tx: list(other_lines(tx.db, 10))) == ["早上好"]
    found = proposals(classifier, [(one.text, one.category) for one in judged], ["店里打折", "早上好"])
    assert [(one.into, one.word, one.gain, one.harm) for one in found if one.word == "店里"] == [
        ("unless", "店里", 1, 0)
    ]
    assert all(one.harm < one.gain for one in found)


def test_what_was_withdrawn_or_only_opened_is_no_judgement(street: Street, bot: Bot, 群: Group) -> None:
    street.stops_here()
    群.says("王", WRONG, alias="1-2-501 王")
    群.says("李", "三单元电梯坏了", alias="1-3-302 李")
    bot.forget()
    assert street.look(lambda tx: judgements(tx.db)) == []
