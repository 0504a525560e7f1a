"""Phone, identity-card and room numbers stay out of digests, logs and pages shown to many.

Forms: mobile 11 digits from 13 to 19; landline with area code; identity card 18 places (GB 11643);
rooms as residents write them (``3-2-501``, ``501室``). Digits may be full-width.
"""

from __future__ import annotations

import re

_FORMS = (
    (re.compile(r"(?<!\d)\d{17}[\dXxＸｘ](?![\dA-Za-z])"), "[证件号]"),
    (re.compile(r"(?<!\d)(?:[+＋]?[8８][6６][- ]?)?[1１][3-9３-９]\d(?:[- ]?\d{4}){2}(?!\d)"), "[电话]"),
    (re.compile(r"(?<!\d)[0０]\d{2,3}[- ]?\d{7,8}(?!\d)"), "[电话]"),
    (re.compile(r"(?<!\d)\d{1,3}[-—－]\d{1,2}[-—－]\d{3,4}(?!\d)"), "[房号]"),
    (re.compile(r"(?<!\d)\d{3,4}(?=室|号房|户)"), "[房号]"),
)


def masked(text: str) -> str:
    """``text`` with phone, identity-card and room numbers replaced by a word in brackets."""
    for form, word in _FORMS:
        text = form.sub(word, text)
    return text


def excerpt(text: str, length: int) -> str:
    """One line of at most ``length`` characters, ending in … where it was cut."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"
