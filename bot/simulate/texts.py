# ruff: noqa: SIM905
"""What the people of a simulated street write: matters from the shipped rule examples, chatter put together here."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass

from domain.words import Category, Urgency
from handlers.classify.examples import load_examples
from handlers.classify.pack import SHIPPED

_WHO = (
    "我|我妈|孩子他爸|老张|小李|我们家|对门|三楼王姐|我同学|大刘|领导|奶奶|闺女|老公|媳妇|我舅|小姨|邻居大姐"
).split("|")
_WHEN = "今天|明天|刚才|昨晚|周末|早上|下班|中午|一会儿|等下|晚饭后|过两天|月底|放假|这两天|".split("|")
_DOES = (
    "去买菜了|包了饺子|在追剧|想吃火锅|学做蛋糕|去跳舞|带娃上课|看球赛|煲了汤|跑步五公里|逛超市|蒸了馒头|炸丸子|"
    "收快递|喝早茶|打麻将|练瑜伽|摘草莓|晒被子|去钓鱼|加班到九点|看牙|剪头发|换手机|考驾照|织毛衣|种了多肉|"
    "烤红薯|写作业|去爬山|洗车|拍照片|学二胡|腌咸菜|去赶集|看电影|抢到票了|做体检"
).split("|")
_SAYS = (
    "，有人一起吗|，真不错|哈哈哈|，累死了|，谢谢大家|，大家早上好|😂😂|[呲牙]|，改天聊|，早点休息|，味道绝了|，好的|"
    "，你们呢|，太香了|，明天见|～|，祝大家周末愉快|，厉害|，下次叫上我|。|！|，排队排了好久|，才二十块钱|"
).split("|")
_SHORT = (
    "谢谢|哈哈哈|早上好|晚安|可以|嗯嗯|在吗|厉害了|[强]|👍|不错不错|明白|辛苦了|没事|是的|真的吗|对|太贵了|同意|笑死|"
    "ok|好看|恭喜恭喜|生日快乐|下雨了|吃了吗|多少钱|好嘞|哪里买的|[玫瑰]|[图片]|收到红包了|大家周末愉快|今天真冷"
).split("|")
_TAILS = ("", "啊", "呢", "哈", "～", "[微笑]", "!", "呀", "😄", "啦")
_BEFORE = ("", "", "", "大家好，", "物业在吗，", "请问，", "麻烦看下，", "服了，", "有人管吗，", "反映一下，")

JOINS = ("我家也是", "+1", "我们家也一样", "同样的问题", "我这边也是")
CHASES = ("怎么还没人管啊", "还没好吗？", "什么时候能弄好？", "这都多久了，有人处理吗", "还没修好？")
ANSWERS = ("收到，马上去看", "收到，我联系一下师傅", "好的，我过去看看", "已经报修了", "收到，正在联系处理")
PROMISES = ("已联系师傅，下午5点前修好", "明天上午10点前处理好", "收到，两小时内到现场", "师傅下午3点到")
DONE = ("已经修好了", "处理好了，大家看看", "已处理完毕", "弄好了")
OVER = {
    Category.WATER: "来水了，谢谢",
    Category.POWER: "来电了",
    Category.LIGHTING: "灯亮了，谢谢",
    Category.ELEVATOR: "电梯修好了",
    Category.HEATING: "暖气热了",
    Category.NETWORK: "网络恢复了",
}
CONSULT_ANSWER = "带身份证到社区服务大厅一楼窗口办理，工作日上午8点半到11点半"
OUTAGES: Mapping[Category, tuple[str, ...]] = {
    Category.WATER: ("怎么停水了？", "家里没水了", "我家没水了，有人知道吗", "整栋楼都停水了"),
    Category.POWER: ("停电了！", "家里没电了", "整栋楼停电了，有人知道怎么回事吗", "又停电了"),
    Category.HEATING: ("暖气不热了", "家里暖气冰凉", "暖气一点都不热，屋里才14度"),
}
"""Troubles that strike several buildings at once, in the words of their residents."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """A matter that somebody writes about, with what the rule pack says it is."""

    text: str
    category: Category
    urgency: Urgency


class Texts:
    """Hands out texts, all from one seed."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(f"texts-{seed}")
        self._troubles = [
            Trouble(example.text, example.of, example.urgency)
            for example in load_examples(SHIPPED)
            if example.kind == "match" and not example.context
        ]
        self._gray = [example.text for example in load_examples(SHIPPED) if example.kind == "suspected"]

    def chatter(self) -> str:
        """A line that tells of no matter."""
        rng = self._rng
        if rng.random() < 0.3:
            return rng.choice(_SHORT) + rng.choice(_TAILS)
        return rng.choice(_WHEN) + rng.choice(_WHO) + rng.choice(_DOES) + rng.choice(_SAYS)

    def trouble(self) -> Trouble:
        """A matter; one in forty of the emergencies' examples stays in, for they are rare in a street."""
        while True:
            found = self._rng.choice(self._troubles)
            if found.urgency is not Urgency.EMERGENCY or self._rng.random() < 0.025:
                return Trouble(self._rng.choice(_BEFORE) + found.text, found.category, found.urgency)

    def gray(self) -> str:
        """A line that only a person can tell to be a matter or not."""
        return self._rng.choice(self._gray) if self._gray else self.chatter()
