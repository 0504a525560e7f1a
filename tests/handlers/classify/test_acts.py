"""What a message does, by the shipped words."""

from __future__ import annotations

import pytest

from domain.words import Act
from handlers.classify import speech_act

SAID = {
    Act.ACKNOWLEDGEMENT: [
        "收到",
        "好的",
        "好的好的👌",
        "马上",
        "在看了",
        "收到，马上联系师傅",
        "@3-2-501 收到",
        "已联系电梯公司",
    ],
    Act.PROMISE: [
        "已报修,下午三点到",
        "明天就修好了",
        "师傅下午两点过去",
        "物业在修了，预计5点来电",
        "明天上午安排师傅来换",
    ],
    Act.RESOLVED: ["修好了", "来水了", "通电了", "亮了", "好了", "已经处理好了，谢谢", "现在正常了", "路灯亮了"],
    Act.REOPEN: ["又坏了", "还是没水", "没解决", "没修好", "刚修好又坏了", "根本没修"],
    Act.CHASE: ["还没好?", "有人管吗", "来水了吗?", "修好了没", "什么时候能修好", "还没修好", "怎么样了", "好了吗？"],
    Act.JOIN: ["+1", "我家也是", "同问", "6楼也没水", "三单元也一样"],
    Act.ASK_BACK: ["哪个单元?", "具体什么位置", "几号楼的", "拍个照看看", "在哪里？"],
    Act.THANKS: ["谢谢", "太感谢了，辛苦了", "谢谢师傅"],
    Act.NOTICE: ["【通知】明天9点至12点停水", "各位业主，因施工需要，明天停电", "尊敬的居民：本周六检修电梯"],
    Act.QUESTION: ["今天吃什么", "几点开门？", "收到了吗？"],
    Act.REQUEST: ["麻烦帮忙看一下"],
    Act.CHAT: ["今天太阳真好", "哈哈哈", ""],
}


@pytest.mark.parametrize(("act", "text"), [(act, text) for act, texts in SAID.items() for text in texts])
def test_the_act_of_a_message(act: Act, text: str) -> None:
    assert speech_act(text) is act


@pytest.mark.parametrize(
    "text", ["来水了吗", "没修好", "修好了没", "等修好了再说", "什么时候修好了说一声", "不是说修好了吗"]
)
def test_done_is_only_believed_when_nothing_denies_asks_or_postpones_it(text: str) -> None:
    assert speech_act(text) is not Act.RESOLVED
