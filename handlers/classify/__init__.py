"""Hearing: what one message is, and why. See docs/rules.md for the rules and the words of the result."""

from domain.errors import RuleError
from handlers.classify.acts import speech_act
from handlers.classify.boundary import BoundaryVotes
from handlers.classify.classifier import Classifier, load_classifier
from handlers.classify.place import place_from_alias
from handlers.classify.when import promised_time

__all__ = [
    "BoundaryVotes",
    "Classifier",
    "RuleError",
    "load_classifier",
    "place_from_alias",
    "promised_time",
    "speech_act",
]
