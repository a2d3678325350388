import pytest

from federation.substances.normalise import fold
from federation.substances.register import Substance, SubstanceRegister
from federation.substances.vaccines import VaccineReader

LISTED = (
    "hepatitis a, inactivated, whole virus",
    "hepatitis b, purified antigen",
    "influenza, inactivated, split virus or surface antigen",
    "influenza, inactivated, whole virus",
    "influenza, live attenuated",
    "meningococcus a,c,y,w-135, tetravalent purified polysaccharides antigen conjugated",
    "meningococcus c, purified polysaccharides antigen conjugated",
    "papillomavirus (human types 16, 18)",
    "papillomavirus (human types 6, 11, 16, 18)",
    "pneumococcus, purified polysaccharides antigen",
    "pneumococcus, purified polysaccharides antigen conjugated",
    "typhoid-hepatitis a",
    "varicella, live attenuated",
)
READER = VaccineReader(
    SubstanceRegister(
        Substance(inn, None, None, (f"J07BX{number:02}",), {}) for number, inn in enumerate(LISTED)
    )
)


@pytest.mark.parametrize(
    ("text", "inn"),
    [
        *((inn, inn) for inn in LISTED if inn != "typhoid-hepatitis a"),
        ("VIRUS DE L'HÉPATITE A INACTIVÉ ADSORBÉ", "hepatitis a, inactivated, whole virus"),
        ("Hepatitis B, gereinigtes Antigen", "hepatitis b, purified antigen"),
        ("influenza vaccine (whole virion, inactivated)", "influenza, inactivated, whole virus"),
        (
            "インフルエンザHAワクチン（不活化、スプリット） split",
            "influenza, inactivated, split virus or surface antigen",
        ),
        (
            "Meningokokken C, Polysaccharid, konjugiert",
            "meningococcus c, purified polysaccharides antigen conjugated",
        ),
        (
            "meningococcal group A, C, W-135 and Y conjugate vaccine",
            "meningococcus a,c,y,w-135, tetravalent purified polysaccharides antigen conjugated",
        ),
        ("HPV: papillomavirus vaccine, types 18 and 16", "papillomavirus (human types 16, 18)"),
        ("수두 생바이러스 백신", "varicella, live attenuated"),
    ],
)
def test_vaccine_is_found_by_what_it_is_made_of(text, inn):
    reading = READER.read(fold(text))
    assert [substance.inn for substance in reading.substances] == [inn]
    assert reading.steps[-1].endswith(inn)


@pytest.mark.parametrize(
    "text",
    [
        "influenza vaccine",  # which one?
        "influenza vaccine, whole virion, live",  # listed nowhere
        "hepatitis b vaccine, live attenuated",  # not what is listed
        "hepatitis a and hepatitis b vaccine, inactivated",
        "hepatitis b immunoglobulin, purified",
        "influenza a virus hemagglutinin antigen, inactivated",
        "mrna encoding a hepatitis b antigen",
        "papillomavirus vaccine, types 16 and 33",
        "hepatitis b",  # a disease
        "ebola vaccine",  # nothing listed
        "haemophilus influenzae b antigen",
        "amlodipine",
        "",
    ],
)
def test_what_is_not_clearly_one_listed_vaccine_is_not_read(text):
    assert READER.read(fold(text)) is None
