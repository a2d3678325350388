import pytest

from federation.members.usa.labels import arranged, is_of_another_drug, named_substances


@pytest.mark.parametrize(
    ("generic_name", "substances"),
    [
        ("Midazolam Hydrochloride Injection", ["Midazolam Hydrochloride"]),
        ("Testosterone Gel; Gel, Metered", ["Testosterone"]),
        ("Riboflavin 5-phosphate  Ophthalmic Solution", ["Riboflavin 5-phosphate"]),
        ("Omeprazole Delayed Release Capsule", ["Omeprazole"]),
        ("Streptozocin Powder, For Solution", ["Streptozocin"]),
        ("Drospirenone; Ethinyl Estradiol Tablet", ["Drospirenone", "Ethinyl Estradiol"]),
        ("Estrogens, Conjugated Tablet", ["Estrogens, Conjugated"]),
        ("", []),
    ],
)
def test_a_generic_name_names_its_substances_before_its_dose_form(generic_name, substances):
    assert named_substances(generic_name) == substances


@pytest.mark.parametrize(
    ("substances", "generic_name", "expected"),
    [
        (["HYDRALAZINE HYDROCHLORIDE"], "Furosemide Injection", True),
        (["BUPIVACAINE HYDROCHLORIDE"], "Lidocaine Hydrochloride Injection", True),
        (["MIDAZOLAM HYDROCHLORIDE"], "Midazolam Injection", False),
        (["ALANINE", "GLYCINE"], "Amino Acid Injection", False),
        ([], "Furosemide Injection", False),
    ],
)
def test_the_first_word_of_the_only_substance_tells_whose_label_it_is(
    substances, generic_name, expected
):
    assert is_of_another_drug({"substance_name": substances}, generic_name) is expected


def test_a_label_of_another_drug_is_moved_out_of_the_way_and_kept():
    label = {"substance_name": ["HYDRALAZINE"], "manufacturer_name": ["Other Pharma"]}
    record = {"generic_name": "Furosemide Injection", "company_name": "Own", "openfda": label}
    told = arranged(record)
    assert told["openfda"] is None
    assert told["other_label"] == label
    assert (told["companies[]"], told["ingredients[]"]) == (["Own"], ["Furosemide"])


def test_companies_are_listed_once_each():
    label = {"manufacturer_name": ["Own", "Labeler"]}
    assert arranged({"company_name": "Own", "openfda": label})["companies[]"] == ["Own", "Labeler"]
