"""A member whose list lost most of its rows, and the people who decide on the pull held for it."""

from hub.identity.types import Caller, Purpose, Role
from hub.sync.held import pulls as held

FEED = "kr.mfds_shortages"


def person(subject, member="KR", role=Role.AGENCY):
    """Make someone who comes with a token."""
    return Caller(
        issuer="https://issuer.test",
        subject=subject,
        client=f"client-{subject}",
        member=member,
        organisation="Office",
        roles=frozenset({role}),
        purpose=Purpose.SUPPLY_MAPPING,
        sender_constrained=False,
        token_id="token",
    )


ANNA, BORA = person("anna"), person("bora")
SECRETARY = person("carla", "ALLIANCE", Role.SECRETARIAT)


def shortened(members, rows):
    """Give the member's list cut after so many rows."""
    return b"".join(members.file(FEED).read_bytes().splitlines(keepends=True)[: rows + 1])


_PULLS = """INSERT INTO pull (id, feed, started_at, finished_at, outcome, reason_code, reason,
  documents, rows, breaches) VALUES
  (1, %(feed)s, '2026-03-01Z', '2026-03-01T00:01Z', 'PUBLISHED', NULL, NULL, '{aa}', 74, NULL),
  (2, %(feed)s, '2026-03-02Z', '2026-03-02T00:01Z', 'HELD', 'ROWS_LOST', '20 rows', '{bb}', 20,
   '[{"code": "ROWS_LOST", "reason": "20 rows", "what": null, "before": 74, "now": 20,
      "limit": 52}]')"""
_STATE = "INSERT INTO feed_state (feed, good_pull_id, last_pull_id) VALUES (%(feed)s, 1, 2)"
_CASE = """INSERT INTO held_pull (pull_id, feed, since, state)
  VALUES (2, %(feed)s, '2026-03-02T00:01Z', 'OPEN')"""
_EVENT = """INSERT INTO held_pull_event (pull_id, step, at, reason)
  VALUES (2, 'HELD', '2026-03-02T00:01Z', '20 rows')"""


async def hold(hub, members, rows=20):
    """Have a pull held; gives its id."""
    if not await hub.query("SELECT FROM feed_state WHERE good_pull_id IS NOT NULL"):
        await hub.pull(FEED)
    with members.changed(FEED, shortened(members, rows)):
        result = await hub.pull(FEED)
    assert result.outcome == "HELD"
    return result.pull_id


async def cases(hub):
    """List all cases: pull, state and the steps of its events, the oldest first."""
    async with hub.tools.pool.connection() as connection:
        found = await held.readable(connection, SECRETARY, is_open=False)
    return [
        (case.pull_id, case.state, [event.step for event in case.events])
        for case in reversed(found)
    ]


async def write_held(connection):
    """Write pull 1 as published and pull 2 as held, whose bytes the landing has lost."""
    for statement in (_PULLS, _STATE, _CASE, _EVENT):
        await connection.execute(statement, {"feed": FEED})
    await connection.execute("SELECT setval('pull_id_seq', 100)")
