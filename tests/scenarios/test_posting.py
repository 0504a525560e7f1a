"""What the bot posts in a group follows the config of today, unless the group has a policy of its own."""

from __future__ import annotations

from street import Bot, Group, Street

from domain.words import Posting
from store.rooms import set_posting

HEAD = "wang-qiang"


def test_a_new_default_reaches_groups_imported_long_ago(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-06-02 09:00", posting={"default": "silent"})
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.told(HEAD, "【新诉求】")
    bot.told("gao-peng", "【请协助】")
    street.settings["posting"] = {"default": "ack"}
    street.restart()
    street.staff(HEAD).replies(群, "修好了")
    bot.posted(群, "反馈已解决")


def test_a_groups_own_policy_stands_over_the_default(street: Street, bot: Bot, 群: Group) -> None:
    street.begins("2026-06-02 09:00", posting={"default": "ack"})
    own = street.look(lambda tx: tx.directory.group_by_key[群.key])
    street.change(lambda tx: set_posting(tx, own, Posting.SILENT))
    群.says("王", "楼道灯不亮了", alias="1-2-501 王")
    bot.told(HEAD, "【新诉求】")
    bot.told("gao-peng", "【请协助】")
    bot.said_nothing_else()
    street.change(lambda tx: set_posting(tx, own, None))
    street.staff(HEAD).replies(群, "修好了")
    bot.posted(群, "反馈已解决")
