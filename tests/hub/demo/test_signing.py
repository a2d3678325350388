"""The demo's agreements come into force as anyone's do, and only once."""

from psycopg import AsyncConnection

from hub.agreements import history
from hub.agreements.in_force import read_in_force
from hub.agreements.types import AgreementState, Step
from hub.demo.signing import sign_all
from hub.identity.own_issuer.clients import DEMO_CLIENTS, register
from hub.policy.engine import load_policies
from hub.settings import ROOT
from tests.hub.store.databases import migrated_database

POLICIES = ROOT / "policies"


async def test_folder_is_in_force_by_each_sides_own_hand_and_a_second_start_changes_nothing(
    database_url,
):
    async with (
        migrated_database(database_url) as url,
        await AsyncConnection.connect(url) as connection,
    ):
        for client in DEMO_CLIENTS:
            await register(connection, client)
        await sign_all(connection, POLICIES)
        versions = [each for (each,) in await history.read_all(connection)]
        assert {each.state for each in versions} == {AgreementState.ACTIVE}
        for version in versions:
            assert version.last(Step.RATIFIED).actor.member == version.owner
            assert version.last(Step.APPROVED).actor.client == "secretariat"
        in_force = await read_in_force(connection)
        assert in_force.policy_set.policies == load_policies(POLICIES).policies
        sets = await history.sets(connection)
        await sign_all(connection, POLICIES)
        assert await history.sets(connection) == sets
