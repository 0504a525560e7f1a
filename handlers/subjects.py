"""What a message is about, apart from whether it reports a matter: for replies such as «来水了» or «电梯师傅马上到»."""

from __future__ import annotations

from domain.words import Category
from handlers.classify import Classifier
from handlers.classify.hits import Role
from handlers.classify.normalise import normalise

_SETTLED_WORDS: dict[str, tuple[Category, ...]] = {
    "来水": (Category.WATER,),
    "有水": (Category.WATER,),
    "水来": (Category.WATER,),
    "通水": (Category.WATER,),
    "来电": (Category.POWER,),
    "有电": (Category.POWER,),
    "电来": (Category.POWER,),
    "通电": (Category.POWER,),
    "送电": (Category.POWER,),
    "来气": (Category.GAS, Category.HEATING),
    "通气": (Category.GAS,),
    "热了": (Category.HEATING,),
    "来暖": (Category.HEATING,),
    "亮了": (Category.LIGHTING, Category.POWER),
    "有网": (Category.NETWORK,),
    "能上网": (Category.NETWORK,),
    "不漏了": (Category.LEAK, Category.WATER),
    "通了": (Category.DRAINAGE, Category.NETWORK),
    "疏通": (Category.DRAINAGE,),
    "挪走": (Category.PARKING, Category.FIRE),
    "开走": (Category.PARKING, Category.FIRE),
    "移走": (Category.PARKING, Category.FIRE),
    "不吵": (Category.NOISE,),
    "安静": (Category.NOISE,),
    "停工": (Category.NOISE, Category.CONSTRUCTION),
    "清走": (Category.GARBAGE,),
    "拉走": (Category.GARBAGE,),
    "找到": (Category.CARE,),
}
"""Words of an end that name their subject by themselves."""

_TELLING = (Role.TOPIC, Role.PHRASE)


def subjects(classifier: Classifier, text: str) -> frozenset[Category]:
    """The categories whose topic words or words of an end stand in ``text``."""
    plain = normalise(text).text
    lexicon = classifier.lexicon
    found = {category for word, said in _SETTLED_WORDS.items() if word in plain for category in said}
    for pattern, _start, _end in lexicon.automaton.find_matches_as_indexes(plain, True):
        found.update(lexicon.rules[use.rule].category for use in lexicon.uses[pattern] if use.role in _TELLING)
    return frozenset(found)
