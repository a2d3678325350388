"""The bundled register held against the reference registers it must agree with."""

import csv

import pytest

from federation.substances.register import load_register

pytestmark = pytest.mark.real

NOT_IN_THE_VOCABULARY = {"benzathine benzylpenicillin", "mesna", "olmesartan medoxomil"}


@pytest.fixture(scope="module")
def vocabulary(shared_data):
    with (shared_data / "reference/drugbank_vocabulary.csv").open(encoding="utf-8") as lines:
        return {row["UNII"]: row for row in csv.DictReader(lines) if row["UNII"]}


@pytest.fixture(scope="module")
def atc_names(shared_data):
    with (shared_data / "eu/who_atc_ddd_2025-06-14.csv").open(encoding="utf-8") as lines:
        return {row["atc_code"]: row["atc_name"].lower() for row in csv.DictReader(lines)}


def test_unii_and_cas_belong_together_and_to_a_name_of_the_substance(vocabulary):
    for substance in load_register():
        if not substance.unii or substance.inn in NOT_IN_THE_VOCABULARY:
            continue
        row = vocabulary[substance.unii]
        assert row["CAS"] == (substance.cas or ""), substance.inn
        known = {row["Common name"].casefold(), *row["Synonyms"].casefold().split(" | ")}
        latin = {name.casefold() for name in substance.all_names()}
        assert known & latin, substance.inn


def test_each_atc_code_bears_the_inn(atc_names):
    for substance in load_register():
        for code in substance.atc:
            assert atc_names[code].startswith(substance.inn), (code, substance.inn)


def test_no_atc_code_that_bears_the_inn_alone_is_missing(atc_names):
    inns = {substance.inn: set(substance.atc) for substance in load_register()}
    for code, name in atc_names.items():
        if len(code) == 7 and name in inns:
            assert code in inns[name], (code, name)
