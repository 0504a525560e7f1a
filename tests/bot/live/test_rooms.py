"""Rooms come, go and change their names; accounts are invited, thrown out and lost. The gateway is the official one."""

from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from live_service import Service, said_to, until, writes

pytestmark = pytest.mark.gateway

ROOM, OTHER_ROOM = "3@chatroom", "4@chatroom"
BOT, RESIDENT, HEAD = "wxid_bot", "wxid_zhang", "wxid_grid"


async def heard_from(gateway: Any, to: str, words: str) -> str:
    """Wait until the bot has sent these words to a room or contact."""

    async def found() -> list[str]:
        return [text for text in await said_to(gateway, to) if words in text]

    texts: list[str] = await until(found, what=f"{words!r} to {to}")
    return texts[-1]


def events(service: Service, what: str) -> int:
    return int(service.rows("SELECT count(*) FROM event WHERE what = ?", what)[0][0])


async def test_staff_invite_the_bot_and_say_which_group_it_is(service: Service, gateway: Any) -> None:
    await service.start()
    await until(service.is_up)
    await gateway.ask("invite", id="stranger", inviterId=RESIDENT, topic="麻将群")
    await until(lambda: events(service, "invitation_left"))
    await writes(gateway, HEAD, await service.code_of("wang"))
    await heard_from(gateway, HEAD, "绑定成功")
    await gateway.ask("invite", id="ours", inviterId=HEAD, topic="三号楼新群")
    await until(lambda: events(service, "invitation_accepted"))
    assert await gateway.ask("accepted") == ["ours"]

    await gateway.ask("topic", topic="三号楼新群")
    await gateway.ask("emit", name="room-join", payload=_joined(ROOM))
    question = await heard_from(gateway, HEAD, "【请选一下】")
    assert "三号楼新群" in question
    digit = next(line[0] for line in question.splitlines() if line.endswith("3号楼业主群"))
    await writes(gateway, HEAD, digit)
    await heard_from(gateway, HEAD, "已登记为“3号楼业主群”")
    await heard_from(gateway, ROOM, "【告知】")
    await until(lambda: events(service, "notice_posted"))

    await gateway.ask("topic", topic="三号楼一家亲")  # renamed: it stays bound
    await until(lambda: service.rows("SELECT 1 FROM room WHERE topic = '三号楼一家亲' AND group_id IS NOT NULL"))
    await writes(gateway, RESIDENT, "楼道的灯坏了三天了", ROOM)
    await heard_from(gateway, ROOM, "已登记 #1")

    await gateway.ask("members", room=ROOM, ids=[RESIDENT])
    left = {"roomId": ROOM, "removeeIdList": [BOT], "removerId": RESIDENT, "timestamp": 1}
    await gateway.ask("emit", name="room-leave", payload=left)
    await until(lambda: "action=room_left" in service.log)
    assert (await service.health())["numbers"]["groups_deaf"] == 2
    assert await service.stop() == 0


async def test_the_marker_in_the_bots_own_name_binds_a_room_without_asking(service: Service, gateway: Any) -> None:
    await gateway.ask("alias", id=BOT, alias="楼铃 [lou-4]", room=OTHER_ROOM)
    await service.start()
    await heard_from(gateway, OTHER_ROOM, "【告知】")
    assert service.rows("SELECT external_id FROM room WHERE group_id IS NOT NULL") == [(OTHER_ROOM,)]


@pytest.mark.postgres
async def test_the_same_service_runs_on_postgresql(tmp_path: Path, gateway: Any, postgres: Any) -> None:
    with contextmanager(postgres.lend)("template0") as url:
        service = Service(tmp_path, {"main": gateway})
        service.prepare(url)
        try:
            await service.command("roster", "import", str(tmp_path / "roster.toml"))
            await gateway.ask("alias", id=BOT, alias="楼铃 [lou-4]", room=OTHER_ROOM)
            await service.start()
            await heard_from(gateway, OTHER_ROOM, "【告知】")
            await until(lambda: _all_heard(service))
            await writes(gateway, RESIDENT, "楼道的灯坏了三天了", OTHER_ROOM)
            await heard_from(gateway, OTHER_ROOM, "已登记 #1")
            assert await service.stop() == 0
        finally:
            await service.close()


async def _all_heard(service: Service) -> bool:
    """Whether the one bound group has had its notice."""
    return bool((await service.health())["numbers"]["groups_deaf"] == 1)


async def test_two_accounts_in_one_room_hear_once_and_the_second_takes_over(
    tmp_path: Path, gateway: Any, second_gateway: Any
) -> None:
    service = Service(tmp_path, {"main": gateway, "spare": second_gateway})
    service.prepare()
    try:
        await service.command("roster", "import", str(tmp_path / "roster.toml"))
        await gateway.ask("alias", id=BOT, alias="lou-3", room=ROOM)
        await service.start()
        await until(service.is_up)
        await heard_from(gateway, ROOM, "【告知】")
        await until(lambda: service.rows("SELECT 1 FROM room WHERE standby"), what="the spare stands by")
        await until(lambda: events(service, "notice_posted"))
        for phone in (second_gateway, gateway):
            await writes(phone, RESIDENT, "楼道的灯坏了三天了", ROOM)
        await heard_from(gateway, ROOM, "已登记 #1")
        assert service.rows("SELECT account FROM message WHERE room_id = ?", ROOM) == [("main",)]
        assert await said_to(second_gateway, ROOM) == []

        left = {"roomId": ROOM, "removeeIdList": [BOT], "removerId": RESIDENT, "timestamp": 1}
        await gateway.ask("emit", name="room-leave", payload=left)
        await until(lambda: events(service, "room_left"))
        await writes(second_gateway, RESIDENT, "家里停水了，一滴水都没有", ROOM)
        await heard_from(second_gateway, ROOM, "已登记 #2")
        assert "spare" in await service.command("groups")
    finally:
        await service.close()


async def test_the_groups_of_a_lost_account_are_shown_as_deaf_and_another_account_is_assigned(
    tmp_path: Path, gateway: Any, second_gateway: Any
) -> None:
    service = Service(tmp_path, {"main": gateway, "spare": second_gateway})
    service.prepare()
    try:
        await service.command("roster", "import", str(tmp_path / "roster.toml"))
        await gateway.ask("alias", id=BOT, alias="lou-3", room=ROOM)
        await service.start()
        await until(lambda: events(service, "notice_posted"))
        await until(lambda: service.rows("SELECT 1 FROM room WHERE standby"))
        await until(service.is_up)
        for phone in (gateway, second_gateway):
            await writes(phone, HEAD, await service.code_of("wang"))
            await heard_from(phone, HEAD, "绑定成功")
        gateway.kill()
        await until(lambda: _deaf(service, 2), what="both groups are deaf")
        page = await service.page("/accounts")
        assert "3号楼业主群" in page.partition("听不到的群")[2]
        line = next(line for line in (await service.command("groups")).splitlines() if "3号楼业主群" in line)
        assert "听不到" in line
        assert "deaf groups: the account of 3号楼业主群 does not hear" in await service.command("doctor", code=1)
        assert await service.clicks("/api/groups/assign", account="spare") == {"assigned": 1}
        await until(lambda: _deaf(service, 1))
        await writes(second_gateway, RESIDENT, "楼道的灯坏了三天了", ROOM)
        await heard_from(second_gateway, ROOM, "已登记 #1")
        await heard_from(second_gateway, HEAD, "【#1 照明】")  # staff too are reached by the account that is left
        said = await service.command("groups", "assign", "main", "lou-3")
        assert "main hears for 1 groups: 3号楼业主群" in said
    finally:
        await service.close()


async def _looked_round(gateway: Any) -> bool:
    return bool((await gateway.ask("health"))["calls"].get("roomMemberList", 0))


async def _deaf(service: Service, groups: int) -> bool:
    return bool((await service.health())["numbers"]["groups_deaf"] == groups)


async def test_who_leaves_without_word_is_noticed_by_looking_round(service: Service, gateway: Any) -> None:
    await gateway.ask("alias", id=BOT, alias="lou-3", room=ROOM)
    await service.start()
    await until(lambda: events(service, "notice_posted"))
    await writes(gateway, HEAD, await service.code_of("wang"))
    await heard_from(gateway, HEAD, "绑定成功")
    await until(lambda: _looked_round(gateway), what="the members were looked at")
    await gateway.ask("members", room=ROOM, ids=[BOT, RESIDENT])
    await until(lambda: "staff among them: wang" in service.log)
    await gateway.ask("members", room=ROOM, ids=[RESIDENT])
    await until(lambda: events(service, "room_left"))
    assert "action=room_left" in service.log
    assert (await service.health())["numbers"]["groups_deaf"] == 2


async def test_the_doctor_names_what_is_missing_and_how_to_mend_it(service: Service, gateway: Any) -> None:
    said = await service.command("doctor", code=1)
    assert "warn  service: is not running" in said
    assert "ok    gateway of main" in said
    assert "fail  staff: 2 of 2 cannot be written to: 王强 (wang)" in said
    gateway.kill()
    assert "fail  gateway of main" in await service.command("doctor", code=1)


async def test_a_database_of_the_sandbox_is_refused(service: Service) -> None:
    service.rows("UPDATE setting SET value = 'sandbox' WHERE name = 'kind'")
    assert "sandbox database" in await service.command("run", code=1)


def _joined(room: str) -> dict[str, Any]:
    return {"roomId": room, "inviteeIdList": [BOT], "inviterId": HEAD, "timestamp": 1}


async def test_after_a_login_with_new_ids_the_room_is_known_again_by_topic_and_members(
    service: Service, gateway: Any
) -> None:
    others = [RESIDENT, HEAD, "wxid_li"]
    await gateway.ask("logout")
    await gateway.ask("login", id="@first")
    await gateway.ask("members", room=ROOM, ids=["@first", *others])
    await service.start()
    await until(lambda: service.rows("SELECT 1 FROM room WHERE external_id = ? AND members != '[]'", ROOM))
    room = service.rows("SELECT id FROM room WHERE external_id = ?", ROOM)[0][0]
    await service.command("groups", "bind", str(room), "lou-3", "--noticed")
    await gateway.ask("logout")
    await gateway.ask("members", room=ROOM, ids=["@second", *others])
    await gateway.ask("login", id="@second")
    await until(lambda: "action=room_rebound" in service.log)
    assert "action=login_changed" in service.log
    await writes(gateway, RESIDENT, "楼道的灯坏了三天了", ROOM)
    await heard_from(gateway, ROOM, "已登记 #1")
    assert service.rows("SELECT count(*) FROM room WHERE group_id IS NOT NULL AND left_at IS NULL") == [(1,)]
