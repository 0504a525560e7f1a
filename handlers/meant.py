"""Which issue somebody with a duty is talking about (design, section 5): a number, a quote, a mention, the
subject named, the only one that waits, or the one that was told of just now.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

from domain.lifecycle import UNSETTLED
from domain.prompts import named_issues
from domain.words import Act, Category, IssueState
from handlers.case import REPLIES, Case
from handlers.classify import promised_time, speech_act
from handlers.subjects import named
from store import bell, issues, messages
from store.tables import Issue

_NEVER = frozenset({Act.NOTICE, Act.STORY, Act.THANKS, Act.CHASE, Act.JOIN, Act.REOPEN})
"""Acts that answer nobody, even where they point at an issue: a chief who asks «怎么还没处理» has not handled it."""

_IDLE = re.compile(
    r"吃饭|吃什么|吃了|吃面|吃个|食堂|聚餐|火锅|红烧肉|奶茶|咖啡|喝酒|喝茶|请客|开会|会议|培训|打牌|麻将|逛街|电影|旅游|"
    r"快递|外卖|接孩子|接娃|放学|下班|上班|生日|球赛|跳舞|爬山|散步|天气|周末|哈哈|嘿嘿|呵呵"
)
"""Talk of other things: «收到，明天开会我去» promises nothing to a resident."""
_HANDLES = re.compile(
    r"处理|维修|报修|来修|去修|修好|能修|修一|更换|来换|去换|换新|换好|安排|联系|看看|看一下|看下|查看|去看(?!电影|戏|球)|"
    r"清运|清理|清走|解决|协调|跟进|上门|师傅|现场|核实|反映|抢修|恢复"
)
_PROGRESS = re.compile(
    r"(?:在|正|已|已经|马上|这就|刚)[^，。！!？?没不]{0,4}(?:换|修|弄|查|清|装|处理|联系|安排|协调|抢修|跟进|排查)|师傅|配件|排期|报修|约了|派人|派单"
)
_BY_THEN = re.compile(r"清|修|换|装|拉走|运走|送到|来人|上门|处理|恢复|解决|通[水电气]|过去|过来|完成|弄")
_DENIED = re.compile(r"没|不")
_ASKED = re.compile(r"[吗？?]|没人|还没|怎么|几天")
_NODS = frozenset({"👌", "[ok]", "[好的]", "[收到]", "🆗"})
_NODS_POINTING = _NODS | frozenset({"👍", "[强]", "[抱拳]", "[握手]", "🤝", "💪", "[加油]"})
_ADDRESSED = re.compile(r"@[^\s@]{1,20}[\s\u2005]?")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_CLAUSE = re.compile(r"[，,。；;！!\n]+")
_COMING = frozenset({"来了", "来啦", "来咯"})
_SUBSTANCE = 6  # characters: «社区二楼办理» answers a question, «收到» only acknowledges it
_NEAR, _FAR = timedelta(minutes=10), timedelta(hours=1)
_NOTICE_NEAR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Part:
    """Some words and the issues they may be about: one is answered, several are asked about."""

    targets: tuple[int, ...]
    said: str


def staff_act(text: str) -> Act:
    """What the words of somebody on the roster do: a bare «来了» says that they are coming, not that it is over."""
    if is_arrival(text) or bare_words(text).casefold() in _NODS:
        return Act.ACKNOWLEDGEMENT
    return speech_act(text)


def is_arrival(text: str) -> bool:
    """A bare «来了»."""
    return bare_words(text).rstrip("。！!~") in _COMING


def bare_words(text: str) -> str:
    """The words without the @names around them."""
    return _ADDRESSED.sub("", text).strip()


def live(case: Case) -> list[Issue]:
    """In a group: its unsettled issues. In a direct message: those of every building the person answers for."""
    if not case.is_direct:
        return [issue for issue in case.unsettled if case.duties_at(issue.building_id) and case.names_building(issue)]
    assert case.person is not None
    return issues.of_buildings(case.tx, case.tx.directory.buildings_of(case.person), UNSETTLED)


def numbered(case: Case, known: list[Issue]) -> list[Part] | None:
    """``#12`` wherever it stands, several too, each with its words; ``None`` when no number is named."""
    pairs = named_issues(case.text)
    if not pairs:
        return None
    found = [Part(tuple(i.id for i in known if i.number == number), said) for number, said in pairs]
    return [part for part in found if part.targets]


def pointed(case: Case, known: list[Issue]) -> list[int] | None:
    """A quote of the issue's message or of the bot's post, or a mention of its reporter; ``None`` without either."""
    ids = {issue.id for issue in known}
    if case.quoted_issue is not None:
        return [case.quoted_issue] if case.quoted_issue in ids else []
    if not case.message.mentions:
        return None
    reported = [issue.id for issue in known if issues.reporter_external_id(case.tx, issue) in case.message.mentions]
    ringing = {issue.id for issue in known if issue.state is IssueState.OPEN}
    return [issue for issue in reported if issue in ringing][:1] or reported[:1] or None


def answers(said: str, act: Act) -> bool:
    """Whether words that point at an issue answer it: a sentence does, laughter and talk of dinner do not."""
    bare = bare_words(said)
    if act in _NEVER or not bare:
        return False
    if act in REPLIES:
        return not idle(said)
    return bare.casefold() in _NODS_POINTING or (len(_HAN.findall(bare)) > 1 and not idle(said))


def idle(said: str) -> bool:
    """Talk of other things than anybody's trouble."""
    return bool(_IDLE.search(said)) and not _HANDLES.search(said) and not named(said)


def by_words(case: Case, known: list[Issue]) -> list[Part]:
    """Words of the same category, or the only unanswered issue and a speech act that replies."""
    several = _by_clauses(case, known)
    if several is not None:
        return several
    act = staff_act(case.text) if case.act in (Act.RESOLVED, Act.CHAT) else case.act
    if act not in REPLIES and not _tells(case, known):
        return []
    if idle(case.text):
        return []
    found = _chosen(case, known, act)
    if len(found) > 1 and act is not Act.RESOLVED:
        found = _nearest(case, found)
    if len(found) == 1 and _is_about_a_notice(case, act, found[0]):
        return []
    return [Part(tuple(found), case.text)] if found else []


def _chosen(case: Case, known: list[Issue], act: Act) -> list[int]:
    same = [issue for issue in known if issue.category in case.subjects]
    if case.is_direct and not same:
        same = [issue for issue in known if bell.on_duty(case.tx, issue) == case.person] or known
    if act is Act.RESOLVED and case.subjects and not same:
        return []  # the end of something else
    ringing = [issue.id for issue in (same or known) if issue.state is IssueState.OPEN]
    if len(ringing) == 1 and not (act is Act.RESOLVED and len(same) > 1):
        return ringing
    if act in (Act.RESOLVED, Act.PROMISE) and not ringing:
        return [issue.id for issue in same] if same else [issue.id for issue in known] if len(known) == 1 else []
    return ringing or ([same[0].id] if len(same) == 1 else [])


def _by_clauses(case: Case, known: list[Issue]) -> list[Part] | None:
    """«灯修好了，垃圾下午清»: each clause about its own subject; ``None`` when fewer than two are named."""
    of = {issue.category: [each for each in known if each.category is issue.category] for issue in known}
    if len(of.keys() & case.subjects) < 2:
        return None
    pieces: list[tuple[frozenset[Category], str]] = []
    for clause in filter(None, _CLAUSE.split(case.text)):
        about = frozenset(of.keys() & named(clause))
        if about or not pieces:
            pieces.append((about, clause))
        else:
            pieces[-1] = (pieces[-1][0], f"{pieces[-1][1]}，{clause}")
    if not any(about for about, _said in pieces):
        return None
    parts: list[Part] = []
    for about, said in pieces:
        act = staff_act(said)
        if about and (act in REPLIES or _is_progress(case, said, act)):
            parts += [Part(tuple(issue.id for issue in of[category]), said) for category in sorted(about)]
    return parts


def _tells(case: Case, known: list[Issue]) -> bool:
    """News of a subject that is waited for («灯泡物业在换»), or the answer to a question (consult)."""
    if case.act in _NEVER:
        return False
    mine = {issue.category for issue in known} & case.subjects
    if Category.CONSULT in mine and not case.hearing.matters and len(case.text) >= _SUBSTANCE:
        return True
    return bool(mine) and _is_progress(case, case.text, case.act)


def _is_progress(case: Case, said: str, act: Act) -> bool:
    """Work under way, or done by a time that is named; a denial or a question is neither."""
    if act not in (Act.CHAT, Act.REPORT, Act.REQUEST) or _ASKED.search(said):
        return False
    if act is Act.CHAT and _PROGRESS.search(said) and not _DENIED.search(said):
        return True
    local = case.tx.street.local(case.now)
    then = promised_time(said, local) if _BY_THEN.search(said) else None
    return then is not None and then > local


def _nearest(case: Case, found: list[int]) -> list[int]:
    """The one that was told of just now, when nobody has spoken of the others for long."""
    if case.is_direct or case.subjects:
        return found
    told = {issue: issues.last_told(case.tx, issue) for issue in found}
    near = [issue for issue, at in told.items() if at is not None and case.now - at <= _NEAR]
    far = [issue for issue, at in told.items() if at is None or case.now - at > _FAR]
    return near if len(near) == 1 and len(far) == len(found) - 1 else found


def _is_about_a_notice(case: Case, act: Act, issue: int) -> bool:
    """A bare «收到» under a notice answers the notice, not what a resident said before it."""
    if case.group is None or act is not Act.ACKNOWLEDGEMENT or case.subjects or len(bare_words(case.text)) > _SUBSTANCE:
        return False
    told = issues.last_told(case.tx, issue)
    since = max(told, case.now - _NOTICE_NEAR) if told is not None else case.now - _NOTICE_NEAR
    category = issues.load(case.tx, issue).category
    lines = messages.before(case.tx.db, case.group.id, case.waiting.row_id, since)
    return any(speech_act(line) is Act.NOTICE and category not in named(line) for line in lines)
