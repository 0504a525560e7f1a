# ruff: noqa: T201, SIM905
"""How fast hearing is, as ratios to two bare baselines measured in the same run.

    .venv/bin/python -m bench.classify [--texts FILE] [--lines 20000] [--seed 1]

80 lines of chatter for 20 of matters, every text distinct. Baselines: one scan with the very automaton
(same words, same library) that collects all hits, and ``jieba.lcut``. Goals: ≥ 0.15 × the scan, ≥ 5 × jieba,
p99 ≤ 1 ms. ``--texts`` is a UTF-8 file, one text a line, used in place of the generated lines.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import logging
import math
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bench.table import Line, printed
from handlers.classify.classifier import Classifier, load_classifier
from handlers.classify.examples import load_examples
from handlers.classify.pack import SHIPPED

BLOCK = 250
WHO = ("我|我妈|孩子他爸|老张|小李|我们家|对门|三楼王姐|我同学|大刘|领导|奶奶|闺女|老公|媳妇").split("|")
WHEN = ("今天|明天|刚才|昨晚|周末|早上|下班|中午|一会儿|等下|晚饭后|过两天|月底|放假|").split("|")
DOES = (
    "去买菜了|包了饺子|在追剧|想吃火锅|学做蛋糕|去跳舞|带娃上课|看球赛|煲了汤|跑步五公里|逛超市|"
    "收快递|喝早茶|打麻将|练瑜伽|摘草莓|晒被子|去钓鱼|加班到九点|看牙|剪头发|换手机|考驾照|织毛衣|"
    "种了多肉|烤红薯|写作业|去爬山|洗车|拍照片"
).split("|")
SAYS = (
    "，有人一起吗|，真不错|哈哈哈|，累死了|，谢谢大家|，大家早上好|😂😂|[呲牙]|，改天聊|，早点休息|"
    "，味道绝了|，好的|，收到|，你们呢|，太香了|，明天见|～|，祝大家周末愉快|，厉害|，下次叫上我||"
    "。|！|，排队排了好久|，才二十块钱"
).split("|")
SHORT = (
    "好的|收到|谢谢|哈哈哈|早上好|晚安|可以|嗯嗯|在吗|厉害了|[强]|👍|不错不错|明白|辛苦了|没事|是的|"
    "真的吗|对|太贵了|同意|笑死|ok|好看|恭喜恭喜|生日快乐|来了来了|下雨了|吃了吗|多少钱"
).split("|")
WHERE = ("3号楼|二单元|我们这栋|5栋|楼下|小区|12号楼1单元|东门那边|我家|B座|9幢|这边|六楼|").split("|")
BEFORE = ("|大家好，|物业在吗，|请问|@管家 |麻烦看下，|怎么回事啊，|服了，|有人管吗，|反映一下，").split("|")


def chatter(count: int, rng: random.Random) -> list[str]:
    """``count`` distinct lines of everyday chatter, a third of them a few characters long plus a number."""
    whole = [f"{when}{who}{does}{says}" for when, who, does, says in itertools.product(WHEN, WHO, DOES, SAYS)]
    short = [
        f"{word}{tail}"
        for word in SHORT
        for tail in ("", "啊", "呢", "哈", "～", "[微笑]", "!", "，", "呀", "😄", "啦", "嗯")
    ]
    rng.shuffle(whole)
    return rng.sample(short, min(len(short), count // 4)) + whole[: count - min(len(short), count // 4)]


def matters(count: int, rng: random.Random) -> list[str]:
    """``count`` distinct lines of matters, grown from the pack's own examples."""
    examples = [example.text for example in load_examples(SHIPPED) if example.kind == "match"]
    grown = {
        f"{before}{where}{text}"
        for text in examples
        for before, where in zip(rng.sample(BEFORE, 8), rng.sample(WHERE, 8), strict=True)
    }
    return rng.sample(sorted(grown), min(count, len(grown)))


def seconds_each(works: Sequence[Callable[[str], object]], texts: Sequence[str], rounds: int) -> list[float]:
    """Seconds of processor time a text that each of ``works`` takes.

    They take turns on small blocks, and of every block the best round counts: other work on the machine
    only ever slows one down, and it slows all of them alike.
    """
    gc.collect()
    totals = [0.0] * len(works)
    for first in range(0, len(texts), BLOCK):
        block = texts[first : first + BLOCK]
        best = [math.inf] * len(works)
        for _ in range(rounds):
            for number, work in enumerate(works):
                begin = time.process_time()
                for text in block:
                    work(text)
                best[number] = min(best[number], time.process_time() - begin)
        for number, seconds in enumerate(best):
            totals[number] += seconds
    return [total / len(texts) for total in totals]


def latencies(classifier: Classifier, texts: Sequence[str]) -> list[float]:
    """Seconds of processor time of every single hearing, sorted."""
    out = []
    for text in texts:
        begin = time.process_time()
        classifier.hear(text)
        out.append(time.process_time() - begin)
    return sorted(out)


def measure(count: int = 20_000, seed: int = 1, given: Path | None = None) -> list[Line]:
    """Four fifths chatter, one fifth matters, or the ``given`` texts."""
    rng = random.Random(seed)
    if given:
        texts = list(dict.fromkeys(given.read_text(encoding="utf-8").split("\n")))
    else:
        texts = chatter(count * 4 // 5, rng) + matters(count // 5, rng)
    rng.shuffle(texts)
    classifier = load_classifier()
    classifier.votes.load()
    scan = classifier.lexicon.automaton.find_matches_as_indexes
    import jieba

    jieba.setLogLevel(logging.CRITICAL)
    jieba.initialize()
    bare, hearing = seconds_each([lambda text: scan(text, True), classifier.hear], texts, 5)
    heard, cut = seconds_each([classifier.hear, jieba.lcut], texts[:4000], 3)
    latency = latencies(classifier, texts)
    issues = sum(classifier.hear(text).verdict == "issue" for text in texts)
    p50, p99, worst = latency[len(texts) // 2], latency[len(texts) * 99 // 100], latency[-1]
    patterns = f"{len(classifier.lexicon.patterns):,} patterns"
    what = f"hear, {len(texts):,} distinct texts, {issues:,} heard as issues, in units of"
    each, spread = f"{hearing * 1e6:.1f} µs", f"p50 {p50 * 1e6:.0f} µs, worst {worst * 1e6:.0f} µs"
    return [
        Line(
            f"{what} the scan's speed",
            "≥ 0.15 ×",
            f"{bare / hearing:.3f} × ({each})",
            f"scan of {patterns} {bare * 1e6:.1f} µs",
            bare / hearing >= 0.15,
        ),
        Line(f"{what} jieba's", "≥ 5 ×", f"{cut / heard:.1f} ×", f"`jieba.lcut` {cut * 1e6:.0f} µs", cut / heard >= 5),
        Line("p99 of one text", "≤ 1 ms", f"{p99 * 1e3:.2f} ms", spread, p99 <= 0.001),
    ]


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, help="UTF-8 file, one text a line")
    parser.add_argument("--lines", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    print(printed(measure(chosen.lines, chosen.seed, chosen.texts)))


if __name__ == "__main__":
    main()
