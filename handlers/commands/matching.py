"""The table of commands, and how a message is found to be one of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from domain import wording_commands as wording
from domain.lifecycle import UNSETTLED
from domain.prompts import named_issue, normal
from domain.words import Act, DismissReason, Duty, MessageKind, Purpose, Tier
from handlers import staff_replies
from handlers.case import Case
from handlers.classify import speech_act
from handlers.classify.when import number as number_of
from handlers.commands import on_issue, own, spelling
from handlers.commands.rights import ANYBODY, ASSIGNEE, HANDLING, LEADING, SORTING, Right
from store import bell, issues, outbox, prompts
from store.outbox import Letter
from store.tables import Issue


@dataclass(frozen=True, slots=True)
class OnIssue:
    """A command about one issue. ``bare``: also without naming it, where only one can be meant.

    ``tail``: something may follow the word; else the word must stand alone.
    """

    words: tuple[str, ...]
    usage: str
    right: Right
    run: Callable[[Case, Issue, str], str]
    tail: bool = True
    bare: bool = False


@dataclass(frozen=True, slots=True)
class Own:
    """A command about the sender."""

    words: tuple[str, ...]
    usage: str
    run: Callable[[Case, str], str]
    tail: bool = False
    digits: bool = False  # only a number may follow


Command = OnIssue | Own


def helping(case: Case, _tail: str) -> str:
    """帮助: only what the sender may do."""
    assert case.person is not None
    duties = case.tx.directory.duties_of(case.person, case.tx.directory.buildings_of(case.person))
    return wording.helping([each.usage for each in COMMANDS if each.usage and _may_ever(each, duties)])


def _may_ever(command: Command, duties: frozenset[Duty]) -> bool:
    if isinstance(command, Own):
        return True
    right = command.right
    return bool(duties) and (right.anybody or right is ASSIGNEE or bool(duties & (right.duties | right.suspected)))


COMMANDS: tuple[Command, ...] = (
    Own(("列表", "待办", "清单", "我的待办", "待办列表"), "列表", own.todo, tail=True, digits=True),
    OnIssue(("查看", "看", "详情", "进展", "情况"), "#12 看一件", ANYBODY, on_issue.show, tail=False),
    OnIssue(
        ("转给", "转办给", "转交给", "转派给", "转办", "转交", "转派", "派给", "交给", "转"),
        "#12 转给王强",
        HANDLING,
        on_issue.refer,
        bare=True,
    ),
    OnIssue(("退单", "退回", "退件"), "#12 退单 原因", ASSIGNEE, on_issue.give_back, bare=True),
    OnIssue(
        ("办结", "已办结", "结案", "销号", "已解决", "解决了", "已处理"),
        "#12 办结",
        ANYBODY,
        on_issue.resolve,
        bare=True,
    ),
    OnIssue(("上会", "上议事会", "提交议事会"), "#12 上会", LEADING, on_issue.to_council, bare=True),
    OnIssue(("静默", "暂停提醒", "静音", "暂缓"), "#12 静默 2小时 原因", ASSIGNEE, on_issue.snooze, bare=True),
    OnIssue(("合并到", "并入", "并到"), "", HANDLING, on_issue.merge_into),
    OnIssue(("合并", "合到"), "#12 合并 #15", HANDLING, on_issue.merge),
    OnIssue(("拆分", "拆开", "分开"), "#12 拆分", HANDLING, on_issue.split),
    *(
        OnIssue(words, usage, LEADING, partial(on_issue.tier, tier))
        for tier, words, usage in (
            (Tier.SMALL, ("小事", "定为小事", "改为小事"), "#12 小事/中事/大事"),
            (Tier.MEDIUM, ("中事", "定为中事", "改为中事"), ""),
            (Tier.LARGE, ("大事", "定为大事", "改为大事"), ""),
        )
    ),
    OnIssue(("类别", "改类别", "分类", "类型"), "#12 类别 电梯", SORTING, on_issue.set_category),
    OnIssue(
        ("不是诉求", "不算诉求", "非诉求"),
        "#12 不是诉求/自己的事",
        SORTING,
        partial(on_issue.dismiss, DismissReason.NOT_A_MATTER),
    ),
    OnIssue(("自己的事", "私事"), "", SORTING, partial(on_issue.dismiss, DismissReason.OWN_MATTER)),
    OnIssue(("重开", "重新打开", "重启"), "#12 重开", ANYBODY, on_issue.reopen),
    Own(("代班列表", "代班表", "谁代班"), "代班列表", own.stand_ins),
    Own(("取消代班", "销假", "代班取消"), "取消代班", own.come_back, tail=True),
    Own(("代班", "替班"), "代班 李敏 11.25-11.30", own.stand_in, tail=True),
    Own(("请假", "休假"), "请假 11.25-11.30", own.leave, tail=True),
    Own(("帮助", "help", "?", "怎么用", "用法", "命令"), "帮助", helping),
)
_BY_WORD = {word: command for command in COMMANDS for word in command.words}
_LONGEST_FIRST = sorted(_BY_WORD, key=len, reverse=True)
_SHOW = _BY_WORD["查看"]
_ENDS = " 。.!~,;"
_NO_COMMAND_BEFORE = {"上会": ("议", "所"), "看": ("来", "着", "样")}  # «上会议室拿梯子» goes before no council
_NEAR = 4  # a longer word that is nearly a command is a sentence


@dataclass(frozen=True, slots=True)
class Match:
    """A command, the issues it may be about, and what followed its word. ``say``: what to answer instead."""

    command: Command | None
    targets: tuple[int, ...] = ()
    tail: str = ""
    said: str = ""
    say: str = ""


def match(case: Case) -> Match | None:
    """A command of somebody on the roster: to the bot alone, with @, with ``#12``, or quoting an issue."""
    if case.person is None or not case.text or case.message.kind is not MessageKind.TEXT:
        return None
    text = spelling.plain(case.text, direct=case.is_direct)
    number, rest = named_issue(text)
    if not case.is_direct and number is None and not case.message.mentions_bot and case.quoted_issue is None:
        return None
    if number is not None and not rest.strip(_ENDS + "?"):
        rest = ""
    if case.is_direct or case.message.mentions_bot:
        rest = spelling.head(rest, _known(case))
    found = _command(rest, named=number is not None or case.quoted_issue is not None)
    if found is None:
        return _nearly(case, number, rest)
    command, tail = found
    if isinstance(command, Own):
        return Match(command, tail=tail) if number is None else None
    return _about(case, command, number, tail, rest)


def _known(case: Case) -> spelling.IsName:
    return lambda said: bool(case.tx.directory.named(said))


def _command(rest: str, *, named: bool) -> tuple[Command, str] | None:
    """The command a text begins with, and what follows. ``named``: the issue stands beside it."""
    bare = rest.strip(_ENDS).casefold()
    bare = bare if bare.startswith("请假") else bare.removeprefix("请")
    if not bare:
        return (_SHOW, "") if named else None
    for word in _LONGEST_FIRST:
        if not bare.startswith(word):
            continue
        command, tail = _BY_WORD[word], bare[len(word) :].strip(_ENDS + ":、")
        if tail and not command.tail:
            continue
        if isinstance(command, Own) and command.digits and tail:
            page = number_of(tail)
            if not page:
                continue
            tail = str(page)
        if isinstance(command, OnIssue) and not named and not command.bare:
            continue
        if tail.startswith(_NO_COMMAND_BEFORE.get(word, "\n")):
            continue
        if word == "转" and not (named and tail):  # «转了一圈» hands over nothing
            continue
        return command, tail
    return None


def _nearly(case: Case, number: int | None, rest: str) -> Match | None:
    """One letter off a command: said so, where it can hardly be anything else."""
    if speech_act(rest) is not Act.CHAT:
        return None  # «收到» is a reply, however near to «并到»
    first = rest.strip(_ENDS).split(" ")[0]
    alone = number is None
    if (alone and (not case.is_direct or first != rest.strip(_ENDS))) or not 2 <= len(first) <= _NEAR:
        return None
    for word, command in _BY_WORD.items():
        if len(word) != len(first) or sum(a != b for a, b in zip(word, first, strict=True)) != 1:
            continue
        if alone and not isinstance(command, Own):
            continue
        return Match(None, say=wording.meant(word, command.usage or word))
    return None


def _about(case: Case, command: OnIssue, number: int | None, tail: str, said: str) -> Match | None:
    """Which issues it may be about: the number's, the quoted one, the one asked about last, the only one."""
    if number is not None:
        found = on_issue.reachable(case, number)
        if not found:
            return Match(None, say=wording.no_such_issue(number)) if case.is_direct else None
        return Match(command, tuple(issue.id for issue in found), tail, said)
    if case.quoted_issue is not None:
        quoted = issues.load(case.tx, case.quoted_issue)
        mine = case.duties_at(quoted.building_id) or quoted.assignee_id == case.person
        return Match(command, (quoted.id,), tail, said) if mine else None
    assert case.person is not None
    last = prompts.newest_of(case.tx, case.asked_as)
    if last is not None and last.issue_id is not None and issues.load(case.tx, last.issue_id).state in UNSETTLED:
        return Match(command, (last.issue_id,), tail, said)
    buildings = case.tx.directory.buildings_of(case.person)
    mine_now = [
        i for i in issues.of_buildings(case.tx, buildings, UNSETTLED) if bell.on_duty(case.tx, i) == case.person
    ]
    if len(mine_now) == 1:
        return Match(command, (mine_now[0].id,), tail, said)
    return Match(None, say=wording.name_the_issue(command.usage))


def handle(case: Case, found: Match) -> None:
    """Do it and say so to the sender alone; ask which where numbers of several grids are the same."""
    assert case.person is not None
    if found.command is None:
        return _say(case, found.say)
    if isinstance(found.command, Own):
        return _say(case, found.command.run(case, found.tail))
    if len(found.targets) > 1:
        return staff_replies.ask_which(case, found.targets, found.said)
    return _run(case, found.command, issues.load(case.tx, found.targets[0]), found.tail)


def resume(case: Case, issue: Issue, said: str) -> bool:
    """A command kept back until the sender said which issue; ``False`` when ``said`` is none."""
    found = _command(spelling.head(normal(said), _known(case)), named=True)
    if found is None or not isinstance(found[0], OnIssue):
        return False
    _run(case, found[0], issue, found[1])
    return True


def _run(case: Case, command: OnIssue, issue: Issue, tail: str) -> None:
    if not command.right.held_by(case, issue):
        return _say(case, wording.not_yours(issue.number, command.right.words()))
    return _say(case, command.run(case, issue, tail))


def _say(case: Case, body: str) -> None:
    assert case.person is not None
    outbox.to_staff(case.tx, case.person, Letter(Purpose.PROMPT, body, reply=True))
