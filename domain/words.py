"""The words of the field, one enum each, stored and printed by value.

The Chinese label of a word stands beside it in ``LABELS``: whatever a resident or a staff member
reads takes its word from there, so a term is never translated twice.
"""

from __future__ import annotations

from enum import StrEnum


class Duty(StrEnum):
    """What a person answers for. A duty is a right: it decides whose reply counts."""

    SECTION_CHIEF = "section_chief"
    COMMUNITY_SECRETARY = "community_secretary"
    GRID_HEAD = "grid_head"
    GRID_MEMBER = "grid_member"
    POLICE = "police"
    MEDIATOR = "mediator"
    DELEGATE = "delegate"
    BUILDING_LEAD = "building_lead"
    PROPERTY_STEWARD = "property_steward"


class Category(StrEnum):
    """What an issue is about (the closed list of the design, section 6)."""

    WATER = "water"
    POWER = "power"
    GAS = "gas"
    HEATING = "heating"
    NETWORK = "network"
    ELEVATOR = "elevator"
    LEAK = "leak"
    DRAINAGE = "drainage"
    LIGHTING = "lighting"
    ACCESS = "access"
    GARBAGE = "garbage"
    NOISE = "noise"
    CONSTRUCTION = "construction"
    PARKING = "parking"
    EV_CHARGING = "ev_charging"
    FIRE = "fire"
    FALLING = "falling"
    PETS = "pets"
    GREENERY = "greenery"
    ROAD = "road"
    SECURITY = "security"
    NEIGHBOUR = "neighbour"
    PROPERTY_SERVICE = "property_service"
    CARE = "care"
    FUMES = "fumes"
    CONSULT = "consult"
    OTHER = "other"


class Tier(StrEnum):
    """三事分流: who has to sit down together over the matter."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class Urgency(StrEnum):
    """How soon somebody must move. Ordered by ``URGENCY_RANK``; it rises, never falls."""

    NORMAL = "normal"
    URGENT = "urgent"
    EMERGENCY = "emergency"


URGENCY_RANK: dict[Urgency, int] = {Urgency.NORMAL: 0, Urgency.URGENT: 1, Urgency.EMERGENCY: 2}


class Verdict(StrEnum):
    """What hearing makes of one message."""

    ISSUE = "issue"
    SUSPECTED = "suspected"
    NONE = "none"


class Act(StrEnum):
    """Speech act: what a message does."""

    REPORT = "report"
    QUESTION = "question"
    REQUEST = "request"
    CHASE = "chase"
    JOIN = "join"
    ACKNOWLEDGEMENT = "acknowledgement"
    PROMISE = "promise"
    ASK_BACK = "ask_back"
    RESOLVED = "resolved"
    REOPEN = "reopen"
    THANKS = "thanks"
    NOTICE = "notice"
    STORY = "story"
    CHAT = "chat"


class IssueState(StrEnum):
    """Where an issue stands; the allowed moves are ``domain.lifecycle.MOVES``."""

    SUSPECTED = "suspected"
    OPEN = "open"
    ANSWERED = "answered"
    COUNCIL = "council"
    RESOLVED = "resolved"
    CLOSED = "closed"
    DISMISSED = "dismissed"
    MERGED = "merged"


class DismissReason(StrEnum):
    """Why an issue was put aside."""

    NOT_A_MATTER = "not_a_matter"
    OWN_MATTER = "own_matter"
    DUPLICATE = "duplicate"
    WITHDRAWN = "withdrawn"
    ELSEWHERE = "elsewhere"


class Purpose(StrEnum):
    """What an outgoing message is for."""

    ACK = "ack"
    PROMPT = "prompt"
    REMINDER = "reminder"
    ESCALATION = "escalation"
    RESULT = "result"
    DIGEST = "digest"
    NOTICE = "notice"
    ANNOUNCEMENT = "announcement"


class MessageKind(StrEnum):
    """What an incoming message is made of."""

    TEXT = "text"
    IMAGE = "image"
    VOICE = "voice"
    VIDEO = "video"
    FILE = "file"
    RECALL = "recall"
    SYSTEM = "system"
    OTHER = "other"


class SendState(StrEnum):
    """The life of an outbox row: queued → sending → sent | failed | unknown | dropped."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
    DROPPED = "dropped"


class Posting(StrEnum):
    """What the bot may post in a residents' group."""

    SILENT = "silent"
    ACK = "ack"
    FULL = "full"


class CouncilState(StrEnum):
    """Where a matter stands before the residents' council."""

    LISTED = "listed"
    SCHEDULED = "scheduled"
    DECIDED = "decided"
    DONE = "done"
    REMOVED = "removed"


class GatheringKind(StrEnum):
    """What residents are invited to."""

    RECEPTION = "reception"
    ACTIVITY = "activity"


class SignupState(StrEnum):
    """Whether somebody has a place."""

    BOOKED = "booked"
    WAITING = "waiting"
    CANCELLED = "cancelled"


class PromptKind(StrEnum):
    """What a prompt asks."""

    IS_ISSUE = "is_issue"
    HANDLED = "handled"
    WHICH = "which"
    SATISFIED = "satisfied"
    NEIGHBOUR_ANSWER = "neighbour_answer"
    PARTNER = "partner"
    WHICH_GROUP = "which_group"


class PromptState(StrEnum):
    """Whether a prompt still takes an answer."""

    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"


LABELS: dict[StrEnum, str] = {
    Duty.SECTION_CHIEF: "分包科级领导",
    Duty.COMMUNITY_SECRETARY: "社区书记",
    Duty.GRID_HEAD: "网格长",
    Duty.GRID_MEMBER: "网格员",
    Duty.POLICE: "社区民警",
    Duty.MEDIATOR: "人民调解员",
    Duty.DELEGATE: "两代表一委员",
    Duty.BUILDING_LEAD: "楼栋长",
    Duty.PROPERTY_STEWARD: "红色管家",
    Category.WATER: "供水",
    Category.POWER: "供电",
    Category.GAS: "燃气",
    Category.HEATING: "供暖",
    Category.NETWORK: "网络通信",
    Category.ELEVATOR: "电梯",
    Category.LEAK: "房屋漏水",
    Category.DRAINAGE: "排水",
    Category.LIGHTING: "照明",
    Category.ACCESS: "门禁监控",
    Category.GARBAGE: "环境卫生",
    Category.NOISE: "噪音",
    Category.CONSTRUCTION: "装修违建",
    Category.PARKING: "停车",
    Category.EV_CHARGING: "电动车充电",
    Category.FIRE: "消防",
    Category.FALLING: "高空坠物",
    Category.PETS: "宠物",
    Category.GREENERY: "绿化",
    Category.ROAD: "道路设施",
    Category.SECURITY: "治安",
    Category.NEIGHBOUR: "邻里纠纷",
    Category.PROPERTY_SERVICE: "物业服务",
    Category.CARE: "救助关爱",
    Category.FUMES: "油烟",
    Category.CONSULT: "政策咨询",
    Category.OTHER: "其他",
    Tier.SMALL: "小事",
    Tier.MEDIUM: "中事",
    Tier.LARGE: "大事",
    Urgency.NORMAL: "普通",
    Urgency.URGENT: "紧急",
    Urgency.EMERGENCY: "危急",
    IssueState.SUSPECTED: "待确认",
    IssueState.OPEN: "待回应",
    IssueState.ANSWERED: "处理中",
    IssueState.COUNCIL: "议事中",
    IssueState.RESOLVED: "已解决",
    IssueState.CLOSED: "已办结",
    IssueState.DISMISSED: "不受理",
    IssueState.MERGED: "已合并",
    CouncilState.LISTED: "待议",
    CouncilState.SCHEDULED: "已定会",
    CouncilState.DECIDED: "落实中",
    CouncilState.DONE: "已落实",
    CouncilState.REMOVED: "已撤出",
    GatheringKind.RECEPTION: "接访日",
    GatheringKind.ACTIVITY: "活动",
    SignupState.BOOKED: "已报名",
    SignupState.WAITING: "候补",
    SignupState.CANCELLED: "已取消",
    DismissReason.NOT_A_MATTER: "不是诉求",
    DismissReason.OWN_MATTER: "自己的事",
    DismissReason.DUPLICATE: "重复",
    DismissReason.WITHDRAWN: "本人撤回",
    DismissReason.ELSEWHERE: "不属本辖区",
}


def zh(word: StrEnum) -> str:
    """The Chinese label of a word. Raises ``KeyError`` for a word that people never read."""
    return LABELS[word]
