"""The alliance's mode: who votes, what a change takes, when it ends, and what history answers."""

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from hub.agreements import modes
from hub.agreements.mode_models import ModeStep
from hub.agreements.modes import Ballot, VotingRules
from hub.errors import Conflict, Forbidden, InvalidInput
from hub.identity.types import Caller, Purpose, Role
from hub.policy.principals import Mode
from hub.store.database import reading_pool, writing_pool
from tests.hub.store.databases import migrated_database

RULES = VotingRules(quorum=3, window_days=7, longest_days=30)
WEEK = timedelta(days=7)


def caller(member: str, *roles: Role, client: str = "a") -> Caller:
    return Caller(
        issuer="https://issuer.test",
        subject=f"somebody of {member}",
        client=f"{member}-{client}",
        member=member,
        organisation=f"regulator of {member}",
        roles=frozenset(roles or {Role.REGULATOR}),
        purpose=Purpose.SHORTAGE_RESPONSE,
        sender_constrained=False,
        token_id="token",
    )


def ahead(**more: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) + timedelta(**more)


async def vote(connection, *members: str, mode=Mode.CRISIS, until=None, rules=RULES):
    """Vote, one member after another; give the mode in force at the end."""
    if mode is not Mode.ROUTINE:
        until = until or ahead(days=5)
    for member in members:
        ballot = Ballot(mode, until, f"{member} says so")
        found = await modes.vote(connection, caller(member), ballot, rules)
    return found


async def kept(connection, step: ModeStep, mode: Mode, at: datetime, until: datetime | None = None):
    """Put an event of another time into the log."""
    member = None if step is ModeStep.EXPIRED else "KR"
    await connection.execute(
        "INSERT INTO mode_event (step, at, mode, until, reason, counted, issuer, client, subject, "
        "member, organisation, roles, token_id) "
        "VALUES (%s, %s, %s, %s, 'why', '{}', 'i', 'c', 's', %s, 'o', '{regulator}', 't')",
        [step, at, mode, until, member],
    )


async def steps(connection) -> list[tuple[ModeStep, Mode | None]]:
    return [(each.step, each.mode) for each in await modes.history(connection)][::-1]


async def test_mode_is_routine_until_somebody_votes(connection):
    found = await modes.mode_in_force(connection)
    assert found == modes.InForceMode(Mode.ROUTINE, None, None)
    assert await modes.standing_votes(connection, RULES) == ()


async def test_third_member_puts_the_mode_in_force_until_the_earliest_day_voted_for(connection):
    early, late = ahead(days=5), ahead(days=9)
    assert (await vote(connection, "KR", "US", until=late)).mode is Mode.ROUTINE
    found = await vote(connection, "JP", until=early)
    assert (found.mode, found.until) == (Mode.CRISIS, early)
    assert await modes.mode_in_force(connection) == found
    change, *_ = await modes.history(connection)
    assert (change.step, change.counted) == (ModeStep.CHANGED, ("JP", "KR", "US"))
    assert (change.member, change.reason, change.until) == ("JP", "JP says so", early)


async def test_votes_for_different_modes_do_not_add_up(connection):
    await vote(connection, "KR", "US")
    assert (await vote(connection, "JP", "IN", mode=Mode.PREPAREDNESS)).mode is Mode.ROUTINE


async def test_two_clients_of_a_member_are_one_voice_and_the_last_word_stands(connection):
    until = ahead(days=5)
    for client in ("a", "b", "c"):
        ballot = Ballot(Mode.CRISIS, until, f"by {client}")
        found = await modes.vote(connection, caller("KR", client=client), ballot, RULES)
    assert found.mode is Mode.ROUTINE
    (standing,) = await modes.standing_votes(connection, RULES)
    assert (standing.member, standing.reason) == ("KR", "by c")


async def test_member_that_changes_its_mind_has_one_vote(connection):
    await vote(connection, "KR", "US")
    await vote(connection, "KR", mode=Mode.PREPAREDNESS)
    assert (await vote(connection, "JP")).mode is Mode.ROUTINE
    assert (await vote(connection, "IN")).mode is Mode.CRISIS


async def test_withdrawn_vote_does_not_count_and_may_be_cast_again(connection):
    await vote(connection, "KR", "US")
    await modes.withdraw(connection, caller("KR", client="b"), "too early", RULES)
    assert (await vote(connection, "JP")).mode is Mode.ROUTINE
    assert (await vote(connection, "KR")).mode is Mode.CRISIS


async def test_withdrawing_without_a_standing_vote_is_refused_and_names_the_way_out(connection):
    with pytest.raises(Conflict, match=r"no vote of KR stands: .* vote for `routine`") as refused:
        await modes.withdraw(connection, caller("KR"), "why not", RULES)
    assert refused.value.public_code == "NO_VOTE"
    await vote(connection, "KR", "US", "JP")
    with pytest.raises(Conflict):
        await modes.withdraw(connection, caller("KR"), "spent", RULES)


async def test_votes_that_made_a_change_are_spent(connection):
    await vote(connection, "KR", "US", "JP")
    longer = ahead(days=20)
    found = await vote(connection, "IN", "EU", until=longer)
    assert found.until != longer
    assert (await vote(connection, "KR", until=longer)).until == longer


async def test_as_many_votes_for_routine_end_a_mode_early(connection):
    await vote(connection, "KR", "US", "JP")
    assert (await vote(connection, "IN", "EU", mode=Mode.ROUTINE)).mode is Mode.CRISIS
    found = await vote(connection, "KR", mode=Mode.ROUTINE)
    assert (found.mode, found.until) == (Mode.ROUTINE, None)
    assert (await modes.mode_in_force(connection)).mode is Mode.ROUTINE


async def test_vote_for_routine_while_it_is_routine_is_refused(connection):
    with pytest.raises(Conflict, match="withdraw your vote for another instead") as refused:
        await vote(connection, "KR", mode=Mode.ROUTINE)
    assert refused.value.public_code == "MODE_IN_FORCE"
    assert await steps(connection) == []


@pytest.mark.parametrize(
    ("member", "roles"),
    [
        ("KR", {Role.AGENCY}),
        ("ALLIANCE", {Role.SECRETARIAT}),
        ("ALLIANCE", {Role.REGULATOR}),
        ("XX", {Role.REGULATOR}),
    ],
)
async def test_only_members_regulators_vote(connection, member, roles):
    voter = caller(member, *roles)
    with pytest.raises(Forbidden, match="regulators vote"):
        await modes.vote(connection, voter, Ballot(Mode.CRISIS, ahead(days=1), "why"), RULES)
    with pytest.raises(Forbidden, match="regulators vote"):
        await modes.withdraw(connection, voter, "why", RULES)
    assert await steps(connection) == []


@pytest.mark.parametrize(
    "until",
    [
        None,
        ahead(seconds=-5),
        ahead(days=31),
        datetime(2999, 1, 1),  # noqa: DTZ001 - without a time zone, on purpose
    ],
)
async def test_until_that_can_not_be_is_refused_with_the_latest_that_can(connection, until):
    with pytest.raises(InvalidInput, match="at most 30 days ahead, 20"):
        await modes.vote(connection, caller("KR"), Ballot(Mode.CRISIS, until, "why"), RULES)
    assert await steps(connection) == []


async def test_routine_has_no_end(connection):
    await vote(connection, "KR", "US", "JP")
    with pytest.raises(InvalidInput, match="leave `until` out"):
        await vote(connection, "KR", mode=Mode.ROUTINE, until=ahead(days=1))


@pytest.mark.parametrize("reason", ["", "  \n", "x" * 2001, "nul\0"])
async def test_vote_without_a_usable_reason_is_refused(connection, reason):
    with pytest.raises(InvalidInput, match="say why"):
        await modes.vote(
            connection, caller("KR"), Ballot(Mode.CRISIS, ahead(days=1), reason), RULES
        )


async def test_votes_older_than_the_window_do_not_count(connection):
    for member in ("US", "JP"):
        await vote(connection, member, rules=RULES)
    narrow = VotingRules(quorum=3, window_days=0)
    assert (await vote(connection, "KR", rules=narrow)).mode is Mode.ROUTINE
    assert await modes.standing_votes(connection, narrow) == ()


async def test_vote_whose_end_has_passed_does_not_count(connection):
    past = datetime.now(UTC) - timedelta(days=2)
    await kept(connection, ModeStep.VOTED, Mode.CRISIS, past, past + timedelta(days=1))
    assert (await vote(connection, "US", "JP")).mode is Mode.ROUTINE


async def test_mode_ends_by_itself_and_history_knows_when(connection):
    began, ended = ahead(days=-3), ahead(days=-1)
    await kept(connection, ModeStep.CHANGED, Mode.CRISIS, began, ended)
    assert await modes.mode_in_force(connection) == modes.InForceMode(Mode.ROUTINE, None, ended)
    assert await modes.expire(connection)
    assert not await modes.expire(connection)
    assert await modes.mode_in_force(connection) == modes.InForceMode(Mode.ROUTINE, None, ended)
    expected = [(-4, Mode.ROUTINE), (-3, Mode.CRISIS), (-2, Mode.CRISIS), (-1, Mode.ROUTINE)]
    for days, mode in expected:
        at = began + timedelta(days=days + 3)
        assert (await modes.mode_in_force(connection, at)).mode is mode, days
    assert await steps(connection) == [
        (ModeStep.CHANGED, Mode.CRISIS),
        (ModeStep.EXPIRED, Mode.ROUTINE),
    ]


async def test_mode_that_is_yet_to_end_does_not_expire(connection):
    await vote(connection, "KR", "US", "JP")
    assert not await modes.expire(connection)
    found = await modes.mode_in_force(connection, ahead(days=6))
    assert found.mode is Mode.ROUTINE


async def test_next_vote_writes_an_expiry_down_first(connection):
    await kept(connection, ModeStep.CHANGED, Mode.CRISIS, ahead(days=-3), ahead(days=-1))
    await vote(connection, "KR", mode=Mode.PREPAREDNESS)
    assert [step for step, _ in await steps(connection)] == [
        ModeStep.CHANGED,
        ModeStep.EXPIRED,
        ModeStep.VOTED,
    ]


async def test_clock_that_stepped_back_neither_revives_a_mode_nor_reorders_events(connection):
    # As if the clock had been a day ahead when the mode was voted and when it ended.
    await kept(connection, ModeStep.CHANGED, Mode.CRISIS, ahead(hours=20), ahead(hours=22))
    await kept(connection, ModeStep.EXPIRED, Mode.ROUTINE, ahead(hours=22))
    assert (await modes.mode_in_force(connection)).mode is Mode.ROUTINE
    await vote(connection, "US", "JP", "IN")
    assert (await modes.mode_in_force(connection)).mode is Mode.CRISIS
    found = [each.at for each in await modes.history(connection)]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) == len(found)


async def test_change_voted_under_a_clock_ahead_is_in_force_at_once(connection):
    await kept(connection, ModeStep.VOTED, Mode.PREPAREDNESS, ahead(hours=5), ahead(days=2))
    await vote(connection, "US", "JP", "IN")
    assert (await modes.mode_in_force(connection)).mode is Mode.CRISIS


async def test_event_keeps_who_did_it(connection):
    await vote(connection, "KR")
    (event,) = await modes.history(connection)
    actor = event.actor
    assert (actor.client, actor.subject, actor.token_id) == ("KR-a", "somebody of KR", "token")
    assert actor.roles == {Role.REGULATOR}


@pytest.mark.parametrize("first", [0, 501])
async def test_history_is_read_in_pages(connection, first):
    with pytest.raises(InvalidInput, match="ask for 1 to 500"):
        await modes.history(connection, first=first)


@pytest.mark.parametrize(
    "statement", ["UPDATE mode_event SET reason = 'x'", "DELETE FROM mode_event"]
)
async def test_events_can_not_be_changed(connection, statement):
    await vote(connection, "KR")
    with pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        await connection.execute(statement)


@pytest.fixture
async def own_database(database_url):
    """The URL of a migrated database of the test's own."""
    async with migrated_database(database_url) as url:
        yield url


async def test_votes_in_a_race_make_one_change_and_tell_the_gateways_once(own_database):
    async with (
        writing_pool(own_database, max_size=5) as pool,
        await psycopg.AsyncConnection.connect(own_database, autocommit=True) as listener,
    ):
        await listener.execute(f"LISTEN {modes.CHANNEL}")

        async def one(member):
            async with pool.connection() as connection:
                return await vote(connection, member)

        found = await asyncio.gather(*map(one, ("KR", "US", "JP", "IN", "EU")))
        assert {each.mode for each in found} == {Mode.ROUTINE, Mode.CRISIS}
        async with pool.connection() as connection:
            log = await steps(connection)
        heard = [each.channel async for each in listener.notifies(timeout=0.5)]
    assert [step for step, _ in log].count(ModeStep.CHANGED) == 1
    assert len(log) == 6
    assert heard == [modes.CHANNEL]


async def test_mode_is_read_over_the_gateways_own_connections(own_database):
    async with reading_pool(own_database) as pool, pool.connection() as connection:
        assert (await modes.mode_in_force(connection)).mode is Mode.ROUTINE
        assert await modes.history(connection) == []
        assert await modes.standing_votes(connection, RULES) == ()
