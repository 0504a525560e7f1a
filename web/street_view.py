"""The invented street as the sandbox page lays it out: groups, people with their duties, what to try first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from domain.lifecycle import UNSETTLED
from domain.ports import Resident
from domain.wording import BOT
from domain.words import Duty, zh
from store.tables import Issue, table
from web.keys import View
from web.names import posts_of

_ISSUE = table(Issue)

EXAMPLES = {
    "resident": (
        "三单元电梯又停了，老人下不了楼",
        "我家也是",
        "停水了吗？家里一滴水都没有",
        "楼道灯坏了好几天了，晚上看不见路",
        "有人被困在电梯里了！",
        "还没人管吗？",
        "来水了，谢谢",
        "今天天气真不错",
    ),
    "staff": ("收到，马上联系师傅", "下午5点前修好", "已经修好了，大家再试试", "具体是几单元？"),
    "direct_staff": ("1", "2", "列表", "帮助"),
    "direct_resident": ("我家暖气不热，怎么办？", "1", "3"),
}
"""Lines to try with one tap, by who writes where."""


_NEAREST = (
    Duty.GRID_HEAD,
    Duty.GRID_MEMBER,
    Duty.BUILDING_LEAD,
    Duty.PROPERTY_STEWARD,
    Duty.COMMUNITY_SECRETARY,
    Duty.SECTION_CHIEF,
    Duty.POLICE,
    Duty.MEDIATOR,
    Duty.DELEGATE,
)
"""The order in which a page lists people: those whom the bell reaches first."""


def street(view: View, residents: Sequence[Resident]) -> dict[str, Any]:
    """Everything about the street that the page needs once."""
    return {
        "street": view.tx.street.name,
        "bot": BOT,
        "groups": _groups(view),
        "people": _people(view),
        "residents": [{"id": one.id, "name": one.name, "alias": one.alias, "group": one.group} for one in residents],
        "examples": {name: list(lines) for name, lines in EXAMPLES.items()},
    }


def _groups(view: View) -> list[dict[str, Any]]:
    directory = view.tx.directory
    counted = select(_ISSUE.c.group_id, func.count()).where(_ISSUE.c.state.in_(list(UNSETTLED)))
    open_issues = {row[0]: row[1] for row in view.tx.db.execute(counted.group_by(_ISSUE.c.group_id))}
    found = []
    for group in directory.groups.values():
        if not group.buildings:
            continue
        first = directory.buildings[group.buildings[0]]
        found.append(
            {
                "id": group.id,
                "key": group.key,
                "topic": group.topic,
                "building": "、".join(directory.buildings[number].name for number in group.buildings),
                "grid": directory.grids[first.grid_id],
                "community": directory.communities[first.community_id],
                "noticed": group.notice_at is not None,
                "open": open_issues.get(group.id, 0),
                "staff": _staff_of(view, group.buildings),
            }
        )
    return found


def _staff_of(view: View, buildings: tuple[int, ...]) -> list[dict[str, str]]:
    """Everybody with a duty for a group's buildings: each person once, with their highest duty there."""
    found: dict[str, str] = {}
    for duty in Duty:
        for building in buildings:
            for person in view.tx.directory.holding(building, duty):
                found.setdefault(person, zh(duty))
    order = {zh(duty): index for index, duty in enumerate(_NEAREST)}
    return [{"id": person, "duty": duty} for person, duty in sorted(found.items(), key=lambda one: order[one[1]])]


def _people(view: View) -> list[dict[str, Any]]:
    posts, people = posts_of(view.tx.directory), view.tx.directory.people
    rank = {person: min((_NEAREST.index(post.duty) for post in posts[person]), default=99) for person in people}
    return [
        {
            "id": person,
            "name": people[person],
            "duty": zh(posts[person][0].duty) if posts[person] else "",
            "places": list(dict.fromkeys(post.place for post in posts[person])),
        }
        for person in sorted(people, key=lambda one: rank[one])
    ]
