import time

import pytest

from federation.errors import DeclarationFault, SourceChanged
from federation.members.alliance.compilation import load_reference
from federation.substances.resolver import Resolver

ATC = """atc_code,atc_name,ddd
C08CA01,amlodipine,5
C09DB01,valsartan and amlodipine,
C09CA03,valsartan,80
H03AA01,levothyroxine sodium,0.15
A11GA01,ascorbic acid (vit C),0.2
N04AB02,orphenadrine (chloride),0.2
"""
DRUGBANK = """DrugBank ID,Common name,CAS,UNII,Synonyms
DB00001,Amlodipine,88150-42-9,1J444QC288,Amlodipin | Amlodipino
DB00002,Levothyroxine,51-48-9,Q51BO43MG4,Thyroxine | T4
DB00003,Amlodipine besilate,,864V2Q084H,
DB00004,Simethicone,,,Simeticone | Simeticonum
DB00005,(-)-Valsartan,,,
"""
JAPANESE = """ja_name,en_name_jan,n_inserts
アムロジピンマレイン酸塩,Amlodipine Maleate,9
"""
EU = """Active substance\tBrand name\tEU number\tHuman or veterinary\tProcedure type
amlodipine / valsartan\tTwobrand\tEU/1/23/456\tHuman\tCentralised
amlodipine, valsartan\tReferredbrand\t-\tHuman\tReferral
"""
UNII = """substance_name,unii
AMLODIPINE BESYLATE,864V2Q084H
LEVOTHYROXINE SODIUM,Q51BO43MG4
NO SUCH THING,0000000000
"""
FEEDS = {
    "ref.who_atc": ATC,
    "ref.drugbank_vocabulary": DRUGBANK,
    "ref.pmda_ja_en": JAPANESE,
    "ref.eu_register": EU,
    "ref.openfda_unii": UNII,
    "ref.epha_de": '{"A11GA01": "Vitamin Ce", "C09DB01": "Valsartan und Amlodipin"}',
}


@pytest.fixture
def folder(tmp_path):
    lines = ["[feeds]", '"kr.mfds_permits" = ["not-there.json"]']
    for feed, content in FEEDS.items():
        (tmp_path / feed).write_text(content, encoding="utf-8")
        lines.append(f'"{feed}" = ["{feed}"]')
    (tmp_path / "manifest.toml").write_text("\n".join(lines), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "inn"),
    [
        ("Amlodipin", "amlodipine"),
        ("amlodipine besilate", "amlodipine"),
        ("アムロジピンマレイン酸塩", "amlodipine"),
        ("アムロジピン", "amlodipine"),
        ("thyroxine", "levothyroxine sodium"),
        ("ascorbic acid", "ascorbic acid"),
        ("vitamin ce", "ascorbic acid"),
        ("orphenadrine", "orphenadrine"),
        ("simethicone", "simeticone"),
    ],
)
def test_names_of_all_feeds_lead_to_the_name_that_atc_lists(folder, name, inn):
    assert load_reference(folder).named(name).inn == inn


def test_combinations_and_turned_halves_are_no_substances(folder):
    register = load_reference(folder)
    assert register.named("valsartan and amlodipine") is None
    assert register.named("valsartan").unii is None


def test_the_unii_is_of_the_substance_and_not_of_its_salt(folder):
    assert load_reference(folder).with_inn("amlodipine").unii == "1J444QC288"


def test_the_unii_of_a_salt_is_evidence_for_its_substance(folder):
    resolver = Resolver(load_reference(folder))
    assert resolver.resolve("no name known", "US", ["864V2Q084H"]).inn == "amlodipine"
    assert resolver.resolve("Valsartan", "US", ["864V2Q084H"]).inn is None
    assert resolver.resolve("Valsartan", "US", ["0000000000"]).inn == "valsartan"


def test_a_brand_of_the_eu_register_resolves_and_one_of_a_referral_does_not(folder):
    resolver = Resolver(load_reference(folder))
    assert resolver.resolve("Twobrand", "EU").inn == "amlodipine+valsartan"
    assert resolver.resolve("Twobrand", "EU").method == "brand"
    assert resolver.resolve("Referredbrand", "EU").inn is None


def test_native_names_are_left_out_on_request(folder):
    register = load_reference(folder, {"amlodipine", "ascorbic acid"}.__contains__)
    assert register.named("アムロジピンマレイン酸塩") is register.named("vitamin ce") is None
    assert register.named("amlodipin").inn == "amlodipine"


def test_a_folder_without_manifest_or_file_is_refused_with_the_mend(folder, tmp_path):
    with pytest.raises(DeclarationFault, match="name a folder that holds one"):
        load_reference(tmp_path / "nowhere")
    (folder / "ref.who_atc").unlink()
    with pytest.raises(DeclarationFault, match="which is not there: correct it"):
        load_reference(folder)


def test_a_renamed_column_is_named(folder):
    (folder / "ref.who_atc").write_text(ATC.replace("atc_name", "name"), encoding="utf-8")
    with pytest.raises(SourceChanged, match="atc_name"):
        load_reference(folder)


@pytest.mark.real
def test_the_real_registers_load_in_seconds(shared_data):
    started = time.process_time()
    register = load_reference(shared_data)
    assert time.process_time() - started < 10
    assert len(register) > 15_000
    assert register.named("salbutamol") is register.named("albuterol")
    assert register.named("candesartan cilexetil").inn == "candesartan"
    assert register.named("olmesartan medoxomil") is not register.named("olmesartan")
    assert register.with_inn("amlodipine").unii == "1J444QC288"
