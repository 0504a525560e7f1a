"""Rule packs: TOML files read, checked and turned into values.

The shipped pack is the folder ``handlers/rules``; a local pack is another folder of the same form.
A local rule replaces the shipped rule of the same id, a new id is added, and a local file with
``replace = true`` replaces the shipped category. Shared tables (names beginning with an underscore)
replace the shipped table of the same name; of ``_lists.toml`` each list replaces the list of its name.

Errors: ``RuleError`` carries every mistake found, one line each: file, place, what is wrong, how to mend it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from domain.errors import RuleError
from domain.words import Category, Duty, Tier, Urgency, Verdict
from handlers.classify.normalise import normalise
from handlers.classify.raising import Raise, raises_of
from handlers.classify.wordlists import TABLE, WordLists

SHIPPED = Path(__file__).resolve().parent.parent / "rules"
WORD_LISTS = ("topics", "signs", "phrases", "whole", "urgent", "emergency", "exclude", "unless", "boundary", "weak")
_RULE_KEYS = frozenset(
    {"id", "near", "fallback", "urgency", "tier", "partners", "needs", "uncued", "within", "unless_scope", *WORD_LISTS}
)
_FILE_KEYS = frozenset({"category", "tier", "partners", "rule", "replace"})
E = TypeVar("E", bound=StrEnum)
_NEAR = ("clause", "message")
_WITH_LISTS = ("frames", "cues")
"""Shared tables whose words may name lists."""
_UNLESS_SCOPES = ("clause", "sentence", "message")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a pack, words normalised. ``source`` is the file and ``line`` where its id stands.

    ``uncued`` is the most a hit is without the cue that the rule needs.

    ``named`` are the lists it takes words from: (key, list); ``composed`` the words put together from lists.
    """

    id: str
    category: Category
    tier: Tier
    urgency: Urgency
    partners: tuple[Duty, ...]
    near: str
    topics: tuple[str, ...]
    signs: tuple[str, ...]
    phrases: tuple[str, ...]
    whole: tuple[str, ...]
    urgent: tuple[str, ...]
    emergency: tuple[str, ...]
    exclude: tuple[str, ...]
    unless: tuple[str, ...]
    boundary: tuple[str, ...]
    weak: tuple[str, ...]
    source: Path
    line: int
    fallback: bool = False
    needs: tuple[str, ...] | None = None
    uncued: Verdict = Verdict.NONE
    within: int | None = None
    unless_scope: str = "clause"
    named: tuple[tuple[str, str], ...] = ()
    composed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Pack:
    """All rules in force, the shared tables by file name without the underscore, and the named lists."""

    rules: tuple[Rule, ...]
    tables: Mapping[str, Mapping[str, Any]]
    lists: WordLists = field(default_factory=WordLists)


def load_pack(rules_dir: Path | None = None) -> Pack:
    """The shipped pack, with a local folder laid over it. Raises ``RuleError`` naming every mistake."""
    mistakes: list[str] = []
    folders = [SHIPPED] if rules_dir is None or rules_dir.resolve() == SHIPPED else [SHIPPED, rules_dir]
    rules: dict[str, Rule] = {}
    tables: dict[str, tuple[Path, dict[str, Any]]] = {}
    lists = WordLists()
    read = [_read_folder(folder, lists, mistakes) for folder in folders]
    for documents in read:
        seen: set[str] = set()
        for path, document in documents:
            if path.stem.startswith("_"):
                tables[path.stem[1:]] = path, document
                continue
            if document.get("replace"):
                rules = {key: rule for key, rule in rules.items() if rule.category != document.get("category")}
            for rule in _rules(path, document, lists, seen, mistakes):
                rules[rule.id] = rule
    spread = {
        name: lists.spread_table(path, table, mistakes) if name in _WITH_LISTS else table
        for name, (path, table) in tables.items()
    }
    raises = raises_of(*tables["urgency"], lists, mistakes) if "urgency" in tables else ()
    if mistakes:
        raise RuleError(*mistakes)
    return Pack(tuple(_raised(rule, raises) for rule in rules.values()), spread, lists)


def _raised(rule: Rule, raises: Sequence[Raise]) -> Rule:
    """The rule with the words of danger that the rules of its category share."""
    mine = [one for one in raises if rule.category in one.categories]
    if not mine:
        return rule
    urgent = dict.fromkeys((*rule.urgent, *(word for one in mine for word in one.urgent)))
    emergency = dict.fromkeys((*rule.emergency, *(word for one in mine for word in one.emergency)))
    return replace(rule, urgent=tuple(urgent), emergency=tuple(emergency))


def _read_folder(folder: Path, lists: WordLists, mistakes: list[str]) -> list[tuple[Path, dict[str, Any]]]:
    """The files of one folder but its lists, which are taken over: the rules of every folder may name them."""
    if not folder.is_dir():
        raise RuleError(f"{folder}: there is no such folder; give a folder of rule files")
    documents = []
    for path in sorted(folder.glob("*.toml")):
        document = _read(path, mistakes)
        if document is not None and path.stem == f"_{TABLE}":
            lists.read(path, document, mistakes)
        elif document is not None:
            documents.append((path, document))
    return documents


@cache
def shipped_table(name: str) -> Mapping[str, Any]:
    """One shared table of the shipped pack."""
    with (SHIPPED / f"_{name}.toml").open("rb") as file:
        return tomllib.load(file)


def _read(path: Path, mistakes: list[str]) -> dict[str, Any] | None:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        mistakes.append(f"{path}: not UTF-8 ({error.reason}); save the file as UTF-8")
    except tomllib.TOMLDecodeError as error:
        mistakes.append(f"{path}: not TOML: {error}; mend that place")
    except OSError as error:
        mistakes.append(f"{path}: {error.strerror}; check the file's rights")
    return None


def _rules(
    path: Path, document: dict[str, Any], lists: WordLists, seen: set[str], mistakes: list[str]
) -> Iterator[Rule]:
    where = str(path)
    _refuse_unknown(where, document, _FILE_KEYS, mistakes)
    category = _word(where, document, "category", Category, None, mistakes)
    tier = _word(where, document, "tier", Tier, Tier.SMALL, mistakes)
    partners = _partners(where, document, mistakes)
    if category is None or tier is None:
        return
    entries = document.get("rule", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        mistakes.append(f"{where}: `rule` must be a list; write [[rule]] over every rule")
        return
    lines = _id_lines(path)
    for number, entry in enumerate(entries, 1):
        rule_id = entry.get("id")
        line = lines.get(rule_id, 0) if isinstance(rule_id, str) else 0
        place = f"{where}:{line}: rule {rule_id}" if line else f"{where}: rule {number}"
        if not isinstance(rule_id, str) or not re.fullmatch(r"[a-z_]+(?:\.[a-z0-9_]+)+", rule_id):
            mistakes.append(f"{place}: `id` must read category.name in small letters")
            continue
        if rule_id.split(".")[0] != category:
            mistakes.append(f"{place}: the id must begin with the file's category {category}.")
        if rule_id in seen:
            mistakes.append(f"{place}: the id is used twice; give one of them another name")
        seen.add(rule_id)
        rule = _rule(place, entry, rule_id, category, tier, partners, path, line, lists, mistakes)
        if rule is not None:
            yield rule


def _rule(
    place: str,
    entry: dict[str, Any],
    rule_id: str,
    category: Category,
    tier: Tier,
    partners: tuple[Duty, ...],
    path: Path,
    line: int,
    lists: WordLists,
    mistakes: list[str],
) -> Rule | None:
    before = len(mistakes)
    _refuse_unknown(place, entry, _RULE_KEYS, mistakes)
    words: dict[str, tuple[str, ...]] = {}
    named: list[tuple[str, str]] = []
    composed: set[str] = set()
    for name in WORD_LISTS:
        values = _strings(place, entry, name, mistakes)
        spread, used = lists.spread(values, path, f"rule {rule_id}: ", name, max(1, line), mistakes)
        words[name] = _folded(place, spread, name, mistakes)
        named += [(name, one) for one in used]
        composed.update(set(words[name]).difference(values) if any("{" in value for value in values) else ())
    near = entry.get("near", "clause")
    if near not in _NEAR:
        mistakes.append(f"{place}: near = {near!r}; write one of {', '.join(_NEAR)}")
    fallback = entry.get("fallback", False)
    if not isinstance(fallback, bool):
        mistakes.append(f"{place}: fallback must be true or false")
    within = entry.get("within")
    if within is not None and (isinstance(within, bool) or not isinstance(within, int) or within < 0):
        mistakes.append(f"{place}: within = {within!r}; write a number of code points")
    unless_scope = entry.get("unless_scope", "clause")
    if unless_scope not in _UNLESS_SCOPES:
        mistakes.append(f"{place}: unless_scope = {unless_scope!r}; write one of {', '.join(_UNLESS_SCOPES)}")
    needs = tuple(_strings(place, entry, "needs", mistakes)) if "needs" in entry else None
    uncued = _word(place, entry, "uncued", Verdict, Verdict.NONE, mistakes)
    if uncued is Verdict.ISSUE:
        mistakes.append(f"{place}: uncued = 'issue'; write none or suspected")
    own_tier = _word(place, entry, "tier", Tier, tier, mistakes)
    urgency = _word(place, entry, "urgency", Urgency, Urgency.NORMAL, mistakes)
    if not words["phrases"] and not words["whole"] and not (words["topics"] and (words["signs"] or words["weak"])):
        mistakes.append(f"{place}: nothing can hit; give phrases, whole, or topics and signs")
    known = {
        *words["topics"],
        *words["signs"],
        *words["phrases"],
        *words["whole"],
        *words["weak"],
        *words["urgent"],
        *words["emergency"],
    }
    for word in words["boundary"]:
        if word not in known:
            mistakes.append(f"{place}: boundary word {word} is no word of this rule; add it to a list or drop it")
    if len(mistakes) > before or own_tier is None or urgency is None or uncued is None:
        return None
    own_partners = _partners(place, entry, mistakes) if "partners" in entry else partners
    return Rule(
        id=rule_id,
        category=category,
        tier=own_tier,
        urgency=urgency,
        partners=own_partners,
        near=near,
        source=path,
        line=line,
        fallback=fallback,
        needs=needs,
        uncued=uncued,
        within=within,
        unless_scope=unless_scope,
        named=tuple(named),
        composed=frozenset(composed),
        **words,
    )


def _refuse_unknown(place: str, entry: dict[str, Any], known: frozenset[str], mistakes: list[str]) -> None:
    mistakes.extend(f"{place}: unknown key {key}; known are {', '.join(sorted(known))}" for key in entry.keys() - known)


def _strings(place: str, entry: dict[str, Any], name: str, mistakes: list[str]) -> list[str]:
    value = entry.get(name, [])
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        mistakes.append(f'{place}: {name} must be a list of words; write {name} = ["…"]')
        return []
    return value


def _folded(place: str, values: list[str], name: str, mistakes: list[str]) -> tuple[str, ...]:
    folded = [normalise(word).text.strip() for word in values]
    mistakes.extend(f"{place}: {name} has an empty word; take it out" for word in folded if not word)
    return tuple(dict.fromkeys(folded))


def _word(
    place: str, entry: dict[str, Any], name: str, words: type[E], default: E | None, mistakes: list[str]
) -> E | None:
    value = entry.get(name, default)
    known = {str(word): word for word in words}
    if value is None or not isinstance(value, str) or value not in known:
        mistakes.append(f"{place}: {name} = {value!r}; write one of {', '.join(known)}")
        return None
    return known[value]


def _partners(place: str, entry: dict[str, Any], mistakes: list[str]) -> tuple[Duty, ...]:
    value = entry.get("partners", [])
    known = {str(duty): duty for duty in Duty}
    if not isinstance(value, list) or not all(isinstance(word, str) and word in known for word in value):
        mistakes.append(f"{place}: partners must be duties out of {', '.join(known)}")
        return ()
    return tuple(known[word] for word in value)


def _id_lines(path: Path) -> dict[str, int]:
    found: dict[str, int] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = re.match(r'\s*id\s*=\s*"([^"]*)"', line)
        if match:
            found.setdefault(match[1], number)
    return found
