"""What the operator is told about the service itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping


def _minutes(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes}分钟" if minutes < 120 else f"{minutes // 60}小时"


_SAID: dict[str, Callable[[float], str]] = {
    "issues_without_next_step": lambda n: f"{n:.0f}件在办诉求没有下一步，不会再催办",
    "oldest_due_seconds": lambda s: f"到点的催办晚了{_minutes(s)}，定时任务跟不上",
    "oldest_message_seconds": lambda s: f"最早的一条群消息等了{_minutes(s)}还没有处理",
    "oldest_send_seconds": lambda s: f"最早的一条待发消息等了{_minutes(s)}还没有发出",
    "messages_set_aside": lambda n: f"{n:.0f}条群消息处理出错，被搁在一边，需要人看",
    "sends_unknown_day": lambda n: f"一天内有{n:.0f}条消息不知道是否发出，群里不会重发，请到群里核对",
}


def self_audit(bad: Mapping[str, float]) -> str:
    """What is wrong, by the numbers of the self-audit, and what to do."""
    lines = [f"{at}. {_SAID[name](number)}" for at, (name, number) in enumerate(sorted(bad.items()), start=1)]
    return "\n".join(
        [
            "【自检】楼铃有情况，请处理：",
            *lines,
            "在服务器上运行 louling doctor 和 louling db check，可以看到原因和办法。",
        ]
    )


def self_audit_well() -> str:
    """All is well again."""
    return "【自检】之前的情况已经恢复，楼铃一切正常。"
