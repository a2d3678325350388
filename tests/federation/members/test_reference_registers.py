"""The reference registers' feeds: every row an entry, in the register's own words."""

import io
import tomllib
import zipfile

import pytest

from federation.errors import SourceChanged, SourceFault
from federation.harmonize.run import harmonize
from federation.members.alliance import (
    drugbank_vocabulary,
    epha_de,
    eu_register,
    hemonc,
    mfds_ko_en,
    openfda_unii,
    pmda_ja_en,
    salt_words,
    who_atc,
    who_atc_combinations,
)
from federation.reading.native import Document

CONCEPTS = """"concept_name","vocabulary_id","concept_class_id","concept_code","invalid_reason"
"Eluvixtamab","HemOnc","Component","1",""
"Verzenio","HemOnc","Brand Name","783",""
"Cyclosporines","HemOnc","Component Class","1633","D"
"1939","HemOnc","Year","699",""
"Newly invented","HemOnc","Novelty","9",""
"""
SYNONYMS = """"synonym_name","synonym_concept_code","synonym_vocabulary_id"
"AMG 330","1","HemOnc"
"AMG-330","1","HemOnc"
"""

BYTES = {
    who_atc: "atc_code,atc_name,ddd,uom\nA01AA01,sodium fluoride,1.1,mg\n",
    who_atc_combinations: "atc_code,brand_name,dosage_form,ingredients,ddd_comb\n"
    "A08AA51,Qsiva,caps,phentermine 3.75 mg/ topiramate 23 mg,4 UD\n",
    drugbank_vocabulary: "DrugBank ID,Accession Numbers,Common name,CAS,UNII,Synonyms\n"
    "DB00002,BTD2,Cetuximab,205923-56-4,PQX0D8J21J,Cetuximabum | Cétuximab\n",
    eu_register: "Active substance\tBrand name\tEU number\tHuman or veterinary\tProcedure type\n"
    "abatacept\tOrencia\tEU/1/07/389\tHuman\tCentralised\n",
    openfda_unii: "substance_name,unii\nALBUTEROL SULFATE,021SEF3731\n",
    pmda_ja_en: "ja_name,en_name_jan,n_inserts\nアシクロビル,Aciclovir,27\n",
    mfds_ko_en: "ko_name,en_name,atc_stated,n_products\n가바펜틴,Gabapentin,N03AX12,55\n",
    salt_words: "word,class\nbesilate,counter_ion_or_hydrate\n",
}


def pull(module, *texts):
    documents = [Document(f"{place}.txt", text.encode()) for place, text in enumerate(texts)]
    return harmonize(module.FEED, module.FEED.read(documents), None)


def entries(harmonized):
    return harmonized.batches[0].frame.to_dicts()


def entry(module, *texts):
    (only,) = entries(pull(module, *texts))
    return only


def test_substance_classes_and_combinations_of_atc_are_told_from_substances():
    text = (
        "atc_code,atc_name\nA,ALIMENTARY TRACT\nA01AA01,sodium fluoride\n"
        "C09DB01,valsartan and amlodipine\nV03AB01,various\nN02BE51,paracetamol, combinations\n"
    ).replace("paracetamol, combinations", '"paracetamol, combinations"')
    kinds = {one["name"]: one["kind"] for one in entries(pull(who_atc, text))}
    assert kinds == {
        "ALIMENTARY TRACT": "SUBSTANCE_CLASS",
        "sodium fluoride": "SUBSTANCE",
        "valsartan and amlodipine": "COMBINATION",
        "various": "SUBSTANCE_CLASS",
        "paracetamol, combinations": "COMBINATION",
    }


def test_the_daily_doses_of_a_code_are_one_entry():
    text = "atc_code,atc_name,ddd\nA01AA01,sodium fluoride,1.1\nA01AA01,sodium fluoride,NA\n"
    harmonized = pull(who_atc, text)
    assert (harmonized.rows, harmonized.records, harmonized.merged) == (2, 1, 1)
    (one,) = entries(harmonized)
    assert (one["key"], one["atc_codes"]) == ("ALLIANCE.RegisterEntry.atc/A01AA01", ["A01AA01"])


def test_a_brand_in_two_strengths_is_two_combinations():
    second = "A08AA51,Qsiva,caps,phentermine 7.5 mg/topiramate 46 mg,2 UD\n"
    first, other = entries(pull(who_atc_combinations, BYTES[who_atc_combinations] + second))
    assert {first["kind"], other["kind"]} == {"COMBINATION"}
    assert first["national_id"] != other["national_id"]
    assert first["stated_name"] == "phentermine 3.75 mg/ topiramate 23 mg"


def test_synonyms_and_codes_of_drugbank_are_kept_as_stated():
    one = entry(drugbank_vocabulary, BYTES[drugbank_vocabulary])
    assert one["other_names"] == ["Cetuximabum", "Cétuximab"]
    assert (one["unii"], one["cas"], one["language"]) == ("PQX0D8J21J", "205923-56-4", "en")


def test_an_orphan_designation_is_a_substance_and_a_product_a_brand():
    orphan = "(+)-epicatechin\t-\tEU/3/20/2293\tHuman\tOrphan designation\n"
    referral = "abacavir\tSome Brand\t-\tHuman\tReferral\n"
    found = entries(pull(eu_register, BYTES[eu_register] + orphan + referral * 2))
    assert [(one["name"], one["kind"], one["stated_name"]) for one in found] == [
        ("Orencia", "BRAND", "abatacept"),
        ("(+)-epicatechin", "SUBSTANCE", "(+)-epicatechin"),
        ("Some Brand", "BRAND", "abacavir"),
    ]
    assert [one["national_id"] for one in found] == [
        "eu-register/EU/1/07/389",
        "eu-register/EU/3/20/2293",
        "eu-register/Some Brand/abacavir",
    ]


def test_german_names_come_by_code_of_any_level():
    names = '{"A": "Alimentäres System", "A11GA01": "Ascorbinsäure", "C09DB01": "A und B"}'
    found = entries(pull(epha_de, names))
    assert [one["kind"] for one in found] == ["SUBSTANCE_CLASS", "SUBSTANCE", "COMBINATION"]
    assert {one["language"] for one in found} == {"de"}


def test_a_list_of_german_names_is_refused():
    with pytest.raises(SourceChanged, match="no object of code and name"):
        pull(epha_de, "[]")


@pytest.mark.parametrize(
    ("module", "name", "stated", "language"),
    [(pmda_ja_en, "アシクロビル", "Aciclovir", "ja"), (mfds_ko_en, "가바펜틴", "Gabapentin", "ko")],
)
def test_a_pair_of_names_keeps_both_sides(module, name, stated, language):
    one = entry(module, BYTES[module])
    assert (one["name"], one["stated_name"], one["language"]) == (name, stated, language)


def test_a_korean_pair_stands_once_for_each_code_its_products_state():
    more = "가바펜틴,Gabapentin,,1\n"
    found = entries(pull(mfds_ko_en, BYTES[mfds_ko_en] + more))
    assert [one["atc_codes"] for one in found] == [["N03AX12"], []]


def test_the_code_of_a_salt_is_kept_and_a_salt_word_is_no_substance():
    assert entry(openfda_unii, BYTES[openfda_unii])["unii"] == "021SEF3731"
    assert entry(salt_words, BYTES[salt_words])["kind"] == "SALT_WORD"


def test_synonyms_join_their_concepts_in_files_as_in_the_zip():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("concepts.csv", CONCEPTS)
        archive.writestr("synonyms.csv", SYNONYMS)
    zipped = hemonc.FEED.read([Document("HemOnc", packed.getvalue())])
    harmonized = harmonize(hemonc.FEED, zipped, None)
    assert entries(harmonized) == entries(pull(hemonc, CONCEPTS, SYNONYMS))
    assert (harmonized.rows, harmonized.records, harmonized.merged) == (7, 5, 2)
    kinds = {one["name"]: (one["kind"], one["other_names"]) for one in entries(harmonized)}
    assert kinds == {
        "Eluvixtamab": ("SUBSTANCE", ["AMG 330", "AMG-330"]),
        "Verzenio": ("BRAND", []),
        "Cyclosporines": ("SUBSTANCE_CLASS", []),
        "1939": ("OTHER", []),
        "Newly invented": ("UNMAPPED", []),
    }
    assert harmonized.findings["code"].to_list() == ["WITHDRAWN_CONCEPT"]


def test_a_synonym_of_no_concept_is_quarantined():
    harmonized = pull(hemonc, CONCEPTS, SYNONYMS + '"lost","12345","HemOnc"\n')
    assert harmonized.quarantined.select("native_row", "reason").rows() == [(8, "UNKNOWN_CONCEPT")]
    assert harmonized.rows == harmonized.records + 1 + harmonized.merged


def test_one_file_of_hemonc_is_no_zip_and_is_refused():
    with pytest.raises(SourceFault, match="not a whole zip"):
        pull(hemonc, CONCEPTS)


@pytest.mark.parametrize("module", BYTES, ids=lambda module: module.FEED.id)
def test_a_renamed_column_is_named_and_a_preamble_and_another_column_do_not_matter(module):
    header, rows = BYTES[module].split("\n", 1)
    separator = "\t" if "\t" in header else ","
    first = header.split(separator)[0]
    with pytest.raises(SourceChanged, match=f"`{first}`"):
        pull(module, BYTES[module].replace(first, "Other", 1))
    more = f"Stored copy\n\n{header}{separator}More\n" + rows.replace("\n", f"{separator}x\n")
    known, found = entry(module, BYTES[module]), entry(module, more)
    assert {k: v for k, v in found.items() if k not in {"native", "native_row"}} == {
        k: v for k, v in known.items() if k not in {"native", "native_row"}
    }


SWAPPED = {
    who_atc: ("atc_code,atc_name", "atc_name,atc_code"),
    who_atc_combinations: ("atc_code,brand_name", "brand_name,atc_code"),
    drugbank_vocabulary: ("Common name,CAS", "CAS,Common name"),
    eu_register: ("Active substance\tBrand name", "Brand name\tActive substance"),
    openfda_unii: ("substance_name,unii", "unii,substance_name"),
    pmda_ja_en: ("ja_name,en_name_jan", "en_name_jan,ja_name"),
    mfds_ko_en: ("ko_name,en_name", "en_name,ko_name"),
    salt_words: ("word,class", "class,word"),
}


@pytest.mark.parametrize("module", SWAPPED, ids=lambda module: module.FEED.id)
def test_values_under_the_wrong_header_are_never_read(module):
    with pytest.raises(SourceChanged, match="changed places"):
        pull(module, BYTES[module].replace(*SWAPPED[module]))


REAL = {
    who_atc: (7_437, 6_897, 540),
    who_atc_combinations: (244, 239, 5),
    drugbank_vocabulary: (17_430, 17_430, 0),
    hemonc: (16_572, 7_069, 9_503),
    eu_register: (12_024, 11_837, 187),
    epha_de: (2_260, 2_260, 0),
    openfda_unii: (212, 212, 0),
    pmda_ja_en: (508, 508, 0),
    mfds_ko_en: (298, 298, 0),
    salt_words: (154, 154, 0),
}


@pytest.mark.real
@pytest.mark.parametrize("module", REAL, ids=lambda module: module.FEED.id)
def test_every_real_row_is_accounted_for(module, shared_data):
    named = tomllib.loads((shared_data / "manifest.toml").read_text())["feeds"][module.FEED.id]
    files = [Document(name, (shared_data / name).read_bytes()) for name in named]
    harmonized = harmonize(module.FEED, module.FEED.read(files), None)
    assert (harmonized.rows, harmonized.records, harmonized.merged) == REAL[module]
    assert harmonized.quarantined.is_empty()
    assert [one for one in harmonized.quality if one.defects or one.unmapped] == []
    kept = harmonized.batches[0].frame.write_json()
    assert "[contact removed]" not in kept
    assert "UNMAPPED" not in kept
