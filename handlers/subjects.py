"""What a message is about, apart from whether it reports a matter: for replies such as «来水了» or «电梯师傅马上到».

The rule packs cannot answer this: their topic words (我家, 有人, 楼下) only mean something beside a sign of trouble.
These words name a subject by themselves.
"""

from __future__ import annotations

import re

from domain.hearing import Hearing, Place
from domain.words import Category as C
from handlers.classify.normalise import normalise

NAMES: dict[C, str] = {
    C.WATER: "停水 没水 断水 来水 有水 水来 通水 水还没 水压 水质 自来水 供水 水管 水务 水厂 水泵 水箱 水龙头",
    C.POWER: "停电 没电 断电 来电 有电 电来 通电 送电 电还没 电压 供电 跳闸 电工 电力 电闸 配电",
    C.GAS: "燃气 煤气 天然气 来气 通气",
    C.HEATING: "暖气 供暖 供热 地暖 热力 换热 来暖 来气 热了 不热",
    C.NETWORK: "网络 宽带 断网 网断 没网 有网 能上网 上不了网 光猫 信号 有线电视 电信 移动公司 联通",
    C.ELEVATOR: "电梯 维保 轿厢 困人",
    C.LEAK: "水管 漏水 渗水 漏雨 防水 不漏了 不渗了 滴水",
    C.DRAINAGE: "下水 堵了 通了 疏通 污水 化粪池 返水 反水 积水 地漏 马桶",
    C.LIGHTING: "电工 路灯 楼道灯 灯亮 亮了 不亮 声控灯 灯泡 照明 换灯 灯管 灯坏",
    C.ACCESS: "门禁 单元门 大门 对讲 监控 门锁 刷卡 人脸 道闸",
    C.GARBAGE: "垃圾 保洁 清运 清走 拉走 异味 老鼠 蟑螂 消杀 卫生 打扫",
    C.NOISE: "噪音 噪声 扰民 太吵 吵死 不吵 吵得 声音 音响 安静 停工 广场舞",
    C.CONSTRUCTION: "装修 违建 私搭 搭建 拆改 承重墙 砸墙 停工 施工",
    C.PARKING: "停车 挪车 车位 占道 挪走 开走 车主 僵尸车 挡车 堵车 挡住出口",
    C.EV_CHARGING: "飞线 充电 电动车 电瓶车 充电桩",
    C.FIRE: "消防 灭火器 着火 起火 冒烟 火情 火警 消防通道 消防栓",
    C.FALLING: "高空抛物 抛物 坠物 掉下来 往下扔 墙皮",
    C.PETS: "遛狗 狗绳 犬 养狗 小狗 大狗 狗叫 宠物 流浪猫 流浪狗 狗屎",
    C.GREENERY: "树木 树枝 绿化 修剪 草坪 大树 杨絮 绿化带",
    C.ROAD: "路面 井盖 道路 健身器材 坑洼 护栏 长椅",
    C.SECURITY: "治安 被盗 小偷 偷了 可疑 报警 派出所",
    C.NEIGHBOUR: "邻里 吵架 纠纷 邻居闹 调解 打架",
    C.PROPERTY_SERVICE: "物业费 业委会 物业公司 收费 物业服务 维修基金",
    C.CARE: "老人 走失 摔倒 晕倒 孩子 找到 独居 急救 救护车",
    C.FUMES: "油烟 烧烤 排烟",
    C.CONSULT: "社保 医保 户口 证明 落户 上学 入学 居住证 养老金 退休 低保 补贴 政策 办理",
}
"""By category, the words that people name it with."""

_OF_WORD = tuple((word, category) for category, said in NAMES.items() for word in said.split())
_LONGEST = 400  # code points looked at: what a reply is about stands at its beginning


_LAMP, _NO_LAMP = "灯", re.compile(r"红绿灯|灯笼|灯会|灯谜|灯节|车灯|开灯睡|点灯")


def subjects(text: str, hearing: Hearing) -> frozenset[C]:
    """The categories that ``text`` names, and those of the matters heard in it."""
    return named(text) | {matter.category for matter in hearing.matters}


def named(text: str) -> frozenset[C]:
    """The categories that ``text`` names."""
    plain = normalise(text).text[:_LONGEST]
    found = {category for word, category in _OF_WORD if word in plain}
    if _LAMP in plain and not _NO_LAMP.search(plain):
        found.add(C.LIGHTING)
    return frozenset(found)


def may_be_at(said: Place, known: str) -> bool:
    """Whether a place in words may be that of an issue (its ``place``): what is not said agrees with everything."""
    unit = said.unit and f"{said.unit}单元"
    if unit and "单元" in known and unit not in known:
        return False
    return not (said.spot and known and said.spot not in known and "单元" not in known)
