from datetime import timedelta

import pytest
from cedarpy import Schema

from federation.records.declaration import ColumnFacts, Group
from federation.records.registry import RECORD_TYPES
from hub.policy.schema import AGE_DAYS, ALLIANCE, CedarType, attribute_of, is_stale


def test_the_committed_schema_is_what_the_records_declare(policies_folder):
    assert not is_stale(policies_folder / "alliance.cedarschema")


def test_a_missing_or_edited_schema_is_stale(tmp_path):
    edited = tmp_path / "alliance.cedarschema"
    assert is_stale(edited)
    edited.write_text(ALLIANCE.text + "\n", encoding="utf-8")
    assert is_stale(edited)


def test_cedar_reads_the_schema_and_writes_the_same_one():
    assert str(Schema.from_str(str(ALLIANCE.handle))) == str(ALLIANCE.handle)


def test_every_record_type_and_group_has_one_action_in_the_group_read():
    names = {action.name for action in ALLIANCE.actions}
    assert names == {
        f"{level}:{record.name}.{group}"
        for level in ("read", "round", "count")
        for record in RECORD_TYPES.values()
        for group in record.groups
    }
    assert ALLIANCE.text.count('in [Action::"read"]') == 3 * len(RECORD_TYPES)


def test_attributes_are_the_policy_attributes_in_camel_case_and_age_days():
    product = ALLIANCE.resources["Product"].attributes
    assert set(product) == {
        "origin",
        "feed",
        "listing",
        "species",
        "authorisationStatus",
        "substances",
        "essentialLists",
        "ageDays",
    }
    assert product["authorisationStatus"].sql == '{row}."authorisation_status"'
    assert "AUTHORISED" in product["authorisationStatus"].terms


def test_no_attribute_is_optional():
    assert "?" not in ALLIANCE.text


def facts(kind: type = str, *, many: bool = False, nullable: bool = False) -> ColumnFacts:
    return ColumnFacts(
        name="a_column", doc="", python_type=kind, is_list=many, is_nullable=nullable
    )


def test_a_field_that_may_be_null_is_refused_as_policy_attribute():
    with pytest.raises(TypeError, match="may be null"):
        attribute_of(facts(nullable=True))


def test_a_field_without_a_cedar_type_is_refused_as_policy_attribute():
    with pytest.raises(TypeError, match="Cedar lacks"):
        attribute_of(facts(dict))


def test_a_list_of_texts_is_a_set_of_strings():
    assert attribute_of(facts(many=True)).cedar_type is CedarType.STRINGS


def test_every_policy_attribute_of_the_records_is_public_or_not_shown_and_never_null():
    for record in RECORD_TYPES.values():
        for facts in record.policy_attributes:
            shown = record.fields.get(facts.name)
            assert shown.group is Group.PUBLIC if shown else facts in record.conditions
            assert not facts.is_nullable


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu"])
@pytest.mark.parametrize(
    ("age", "days"),
    [
        (timedelta(), 0),
        (timedelta(days=7), 7),
        (timedelta(days=7) - timedelta(milliseconds=1), 6),
        (timedelta(days=400), 400),
        (timedelta(days=-2), -2),
    ],
)
async def test_age_days_counts_whole_days_in_any_time_zone(connection, zone, age, days):
    await connection.execute("SELECT set_config('timezone', %s, true)", (zone,))
    statement = (
        f"SELECT {AGE_DAYS.sql.format(row='n')} "
        "FROM (SELECT statement_timestamp() - %s AS first_recorded_at) n"
    )
    found = await (await connection.execute(statement, (age,))).fetchone()
    assert found == (days,)
