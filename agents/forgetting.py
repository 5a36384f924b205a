"""Rows of groups that are over for so long that nothing older comes, and nobody wants to hear of them."""

from agents.desk import Desk
from agents.lane import Acknowledged
from agents.rows import Rows
from pipeline.event_time import DAY
from pipeline.group import Group, is_up
from pipeline.plan import REFUSED
from pipeline.wanted import WHOLE, row_key

AT_ONCE = 500  # rows


async def forget(desk: Desk, rows: Rows, now: float) -> list[Acknowledged]:
    """Take away what is done with for a day; what is returned ends when Kafka has heard of it."""
    gone = list[Acknowledged]()
    async with rows.turn:  # nobody makes one of them anew meanwhile
        for group in list(desk.groups.values()):
            if len(gone) >= AT_ONCE:
                break
            gone += await _forgotten(desk, group, now - DAY)
    return gone


async def _forgotten(desk: Desk, group: Group, before: float) -> list[Acknowledged]:
    gone, told = list[Acknowledged](), group.now()
    if told["pending"] and told["pending"]["state"] != REFUSED:
        return gone
    for name, one in list(group.members.items()):
        if not is_up(one) and one.came < before and name not in told["known"]:
            group.leave(name)
            if not group.is_whole:
                gone.append(await desk.rows.write(row_key(group.channel, group.key, name), None))
    if not group.members and told["at"] < before:
        desk.drop(group.key)
        if group.is_whole:
            gone.append(await desk.rows.write(row_key(group.channel, group.key, WHOLE), None))
        gone.append(await desk.rows.write(row_key(group.channel, group.key), None))
    return gone
