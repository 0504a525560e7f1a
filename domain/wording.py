"""Every sentence the bot says, in one place. Short enough for an old phone; no table, no jargon."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.privacy import excerpt
from domain.prompts import OPTIONS
from domain.words import Category, IssueState, PromptKind, Urgency, zh

BOT = "楼铃"

LINE = 70
"""Characters in a line, and eight lines at most: what an old phone shows without scrolling."""


@dataclass(frozen=True, slots=True)
class IssueWords:
    """What a sentence about an issue needs. Times are in the street's zone."""

    number: int
    category: Category
    urgency: Urgency
    state: IssueState
    building: str
    place: str
    text: str
    reporter: str
    opened: datetime
    reports: int = 1
    answered: bool = False
    reopened: bool = False
    snoozed: bool = False

    @property
    def name(self) -> str:
        """``#12 电梯``, with the urgency when it is not normal."""
        grave = "" if self.urgency is Urgency.NORMAL else f"·{zh(self.urgency)}"
        return f"#{self.number} {zh(self.category)}{grave}"


def options_line(kind: PromptKind) -> str:
    """``回数字:1 满意 2 一般 3 没解决``."""
    return "回数字：" + "  ".join(f"{option.digit} {option.label}" for option in OPTIONS[kind])


def about(issue: IssueWords) -> str:
    """Two lines that say which issue and what was written."""
    more = f"（共{issue.reports}人反映）" if issue.reports > 1 else ""
    who = f"{issue.opened:%m-%d %H:%M} {excerpt(issue.reporter, 16)}："
    said = excerpt(issue.text, LINE - len(who)) or "（无文字）"
    return f"【{issue.name}】{excerpt(issue.building + issue.place, 40)}{more}\n{who}{said}"


def in_line(issue: IssueWords, length: int) -> str:
    """An issue in one line, its words cut to ``length``."""
    return f"{issue.name} {excerpt(issue.building, 12)}：{excerpt(issue.text, length)}"


def waited(seconds: float) -> str:
    """``35分钟`` / ``2小时10分`` / ``3天``."""
    minutes = max(0, int(seconds // 60))
    if minutes < 60:
        return f"{minutes}分钟"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}小时{rest}分" if rest else f"{hours}小时"
    return f"{hours // 24}天"


def ring(issue: IssueWords, rung: int, waiting: float, *, escalation: bool, first_for_person: bool) -> str:
    """A rung of the ladder, told to one person."""
    missing = f"已等{waited(waiting)}" + ("还没有办结" if issue.answered else "没有人回应")
    if rung > 0 and waiting < 60:
        head = "【新诉求】更近的岗位上没有人，请直接处理。"
    elif escalation:
        head = f"【升级】{missing}，请过问。"
    elif rung == 0 and issue.reopened:
        head = "【再次反映】居民说还没好，请再处理。"
    elif rung == 0 and not issue.answered and not issue.snoozed:
        head = "【新诉求】请处理。"
    elif first_for_person and rung > 0:
        head = f"【请协助】{missing}。"
    else:
        head = f"【催办】{missing}。"
    if issue.urgency is Urgency.EMERGENCY:
        head = f"【危急】人身安全！请立即处置，必要时拨打110/119/120。{'' if rung == 0 else f'已等{waited(waiting)}。'}"
    how = f"在群里直接回复居民即可，或{options_line(PromptKind.HANDLED)}"
    return f"{head}\n{about(issue)}\n{how}"


SHOWN_TOGETHER = 5
"""Issues in one message: more lines are not read on an old phone."""


def several(issues: Sequence[tuple[IssueWords, float]], *, escalation: bool) -> str:
    """Several reminders in one message: a line each, the seconds waited beside the issue."""
    head = "【升级】几件诉求还没办结，请过问：" if escalation else "【催办】几件诉求等您处理："
    lines = []
    for issue, waiting in issues[:SHOWN_TOGETHER]:
        said = excerpt(issue.text, 16)
        lines.append(f"{issue.name} {excerpt(issue.building, 12)} {zh(issue.state)} 已等{waited(waiting)}：{said}")
    more = [f"另有{len(issues) - SHOWN_TOGETHER}件，看全部请回：列表"] if len(issues) > SHOWN_TOGETHER else []
    example = issues[0][0].number
    return "\n".join([head, *lines, *more, f"请写明是哪件，如“#{example} 1”已解决、“#{example} 2”处理中。"])


def ack(issue: IssueWords, assignee: str | None) -> str:
    """The group is told the number, once."""
    if issue.urgency is Urgency.EMERGENCY:
        return (
            f"请先注意安全！有危险请马上拨打：报警110、火警119、急救120。"
            f"已登记 {issue.name}，正同时通知网格长、社区和街道。"
        )
    who = f"已通知网格长{assignee}" if assignee else "已通知社区"
    return f"收到，已登记 {issue.name}，{who}。"


def emergency_advice(issue: IssueWords) -> str:
    """When an issue known as less turns out to be an emergency."""
    return f"#{issue.number} 已升为危急。请先注意安全！有危险请马上拨打：报警110、火警119、急救120。"


def answered_in_group(issue: IssueWords, who: str, promise: datetime | None) -> str:
    """In groups with full posting: somebody answered by direct message."""
    until = f"，预计{promise:%m月%d日%H:%M}前有结果" if promise else ""
    return f"{issue.name} {who}已在处理{until}。"


def result(issue: IssueWords, who: str | None, *, survey: bool) -> str:
    """The residents are told that it is over, and the reporter is asked once."""
    head = f"{issue.name} 反馈已解决" + (f"（{who}）" if who else "") + "。"
    if not survey:
        return head + "如果还没好，请在群里说一声。"
    return f"{head}还没好请直接说。是否满意请引用本条{options_line(PromptKind.SATISFIED)}"


def reopened_in_group(issue: IssueWords, assignee: str | None) -> str:
    """The same trouble again."""
    who = f"已再次通知{assignee}" if assignee else "已再次通知社区"
    return f"{issue.name} 已重新打开，{who}。"


def ask_handled(issue: IssueWords, promise: datetime | None) -> str:
    """The limit or the promise has come: is it handled?"""
    why = f"您说{promise:%m-%d %H:%M}前处理" if promise else "办理时限已到"
    return f"【请回音】{why}，现在怎么样了？\n{about(issue)}\n{options_line(PromptKind.HANDLED)}"


def limit_near(issue: IssueWords, limit: datetime, *, response: bool) -> str:
    """A limit is near: said once, to the one who is responsible."""
    what = "回应" if response else "办理"
    return f"【快到期】{what}时限是{limit:%m-%d %H:%M}。\n{about(issue)}\n{options_line(PromptKind.HANDLED)}"


def ask_is_issue(issue: IssueWords) -> str:
    """A gray message: the building lead says what it is."""
    return f"【请确认】这是诉求吗？像是“{zh(issue.category)}”。\n{about(issue)}\n{options_line(PromptKind.IS_ISSUE)}"


def suspicion_listed(issue: IssueWords) -> str:
    """Nobody confirmed it in time: the grid head's list."""
    return f"【待确认】楼栋长还没有确认，请定一下。\n{about(issue)}\n{options_line(PromptKind.IS_ISSUE)}"


def ask_neighbour_answer(issue: IssueWords, neighbour: str, said: str) -> str:
    """A neighbour answered; the building lead may settle it."""
    head = f"【邻居已回应】{excerpt(neighbour, 16)}：{excerpt(said, 40)}"
    return f"{head}\n{about(issue)}\n{options_line(PromptKind.NEIGHBOUR_ANSWER)}"


def ask_which(issues: Sequence[IssueWords], said: str) -> str:
    """A reply that could mean several issues."""
    lines = "\n".join(f"{index} {in_line(issue, 30)}" for index, issue in enumerate(issues, start=1))
    return f"【请选一下】您说的“{excerpt(said, 30)}”是指哪一件？\n{lines}\n回数字即可。"


def ask_whose(issue: IssueWords, said: str) -> str:
    """Whoever says that a matter is not theirs is asked whose it is."""
    return (
        f"【转给谁】您说“{excerpt(said, 20)}”。有人接手之前，铃还会响。\n{about(issue)}\n"
        "请回：5 姓名（如：5 王强）；不知道归谁就回：3 需社区协调。"
    )


def chase_passed(issue: IssueWords, said: str, times: int) -> str:
    """A resident asks again."""
    return f"【居民追问】第{times}次：{excerpt(said, 50)}\n{about(issue)}\n{options_line(PromptKind.HANDLED)}"


def community_asked(issue: IssueWords, who: str) -> str:
    """The grid head says the community has to bring partners together."""
    return f"【需社区协调】{who}请社区协调。\n{about(issue)}\n{options_line(PromptKind.HANDLED)}"


def partner_told(issue: IssueWords, head: str | None) -> str:
    """A partner of the grid or building is brought in."""
    who = f"网格长{head}" if head else "社区"
    return f"【请协助】{who}负责办理，请配合。\n{about(issue)}"


def referred(issue: IssueWords, who: str, reason: str = "", way: Sequence[str] = (), *, returned: bool = False) -> str:
    """Handed over to another person, or given back; with ``way``, to the secretary who has to decide."""
    why = f"：{excerpt(reason, 40)}" if reason else "。"
    if way:
        head = f"【转办】已转手{len(way)}次，请您指定由谁办。\n" + "\n".join(way[-3:])
    else:
        head = f"【退单】{who}退回给您{why}" if returned else f"【转办】{who}把这件事转给您{why}"
    return f"{head}\n{about(issue)}\n{options_line(PromptKind.HANDLED)}"


def handed_on(who: str, to: str, reason: str, *, returned: bool) -> str:
    """One step of the way an issue was handed on."""
    return f"{who}{'退给' if returned else '转给'}{to}" + (f"：{excerpt(reason, 24)}" if reason else "")


def prompt_help(kind: PromptKind) -> str:
    """A digit or word that the prompt does not know."""
    return "没看懂。" + options_line(kind)


def which_help(count: int) -> str:
    """An answer to «which one?» that names none of them."""
    return f"没看懂。是指哪一件？请回1到{count}的数字。"


def refer_whom() -> str:
    """Referral without a name."""
    return "转给谁？请回：5 姓名，例如“5 王强”。"


def unknown_person(name: str) -> str:
    """A carrier whom the roster does not know."""
    return f"花名册里没有“{excerpt(name, 12)}”，或者有重名，请写姓名全称。"


def unknown_category(name: str) -> str:
    """A category nobody knows."""
    return f"没有“{excerpt(name, 12)}”这个类别。可以写：停水、停电、电梯、漏水、停车、噪音、垃圾……"


def stale_prompt(number: int | None) -> str:
    """An answer that comes too late."""
    which = f"#{number} " if number else ""
    return f"{which}这个提问已经过期或已有结果，不用再回了。"


def noted(number: int, what: str, until: datetime | None = None) -> str:
    """Short thanks after an answer by direct message. ``until``: the promised time, local."""
    by_then = f"，{until:%m-%d %H:%M}前" if until is not None else ""
    return f"好的，#{number} 已记为：{what}{by_then}。"


def state_word(state: IssueState) -> str:
    """Where an issue stands now, in the words people read."""
    return zh(state)


def nothing_open() -> str:
    """A digit with no prompt to answer."""
    return "现在没有等您回答的提问。要看待办请回：列表"


LISTED = 6
"""Issues on one page of the list."""


def todo(issues: Sequence[IssueWords], page: int = 1) -> str:
    """A page of the list of one person's unsettled issues."""
    if not issues:
        return "没有待办的诉求。"
    begin = min((page - 1) * LISTED, (len(issues) - 1) // LISTED * LISTED)
    shown = issues[begin : begin + LISTED]
    lines = "\n".join(
        f"{issue.name} {zh(issue.state)} {excerpt(issue.building, 12)}：{excerpt(issue.text, 24)}" for issue in shown
    )
    left = len(issues) - begin - len(shown)
    more = f"\n还有{left}件，请回：列表 {begin // LISTED + 2}" if left else ""
    return f"待办{len(issues)}件：\n{lines}{more}"


def help_staff() -> str:
    """What staff can write to the bot."""
    return "可以这样用：\n回数字：回答最近的提问\n#12 已修好：指定是哪一件\n列表：看待办\n在群里直接回复居民也算回应。"


def notice(street: str, days: int) -> str:
    """Posted in every group before anything of it is kept."""
    return (
        f"【告知】各位邻居好，我是{street}的楼栋助手“{BOT}”。我会读本群的消息，把停水、电梯、漏水这类诉求"
        f"登记下来转给网格长办理，直到有人回应。聊天内容最多保存{days}天，只用于办理诉求，不外传。"
        "不想被记录，请在群里发“退出”，之后您的发言不再保存。紧急情况请直接拨打110、119、120。"
    )


def opted_out() -> str:
    """Answer to 退出."""
    return f"好的，今后不再记录您的发言。想恢复请发“加入{BOT}”。"


def opted_in() -> str:
    """Answer to 加入."""
    return "好的，已恢复，您的诉求会照常登记。"


def enrolled(name: str) -> str:
    """A one-time code was right."""
    return f"{name}您好，绑定成功。以后有诉求我会私信您，直接回数字就行。回“帮助”看用法。"


def ask_which_group(topic: str, groups: Sequence[str]) -> str:
    """Whoever brought the bot into a room says which group of the roster it is."""
    lines = "\n".join(f"{index} {group}" for index, group in enumerate(groups, start=1))
    room = excerpt(topic, 30) or "一个新群"
    return f"【请选一下】我进了“{room}”。它是花名册里的哪个群？\n{lines}\n0 都不是\n回数字即可。"


def room_bound(group: str) -> str:
    """Answer to which group a room is."""
    return f"好的，已登记为“{excerpt(group, 30)}”。我先在群里发一条告知，之后才开始读消息。"


def room_not_bound() -> str:
    """It is none of the offered groups, or somebody else was quicker: the technician settles it."""
    return "好的，先不登记，请街道技术员处理。"


def code_refused() -> str:
    """A one-time code was wrong, used or too old: not told which."""
    return "绑定码不对或已失效，请向街道技术员要一个新的。"
