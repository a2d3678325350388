"""Legal forms of companies as the members' sources write them, and whose law knows each.

A form tells companies apart (Teva B.V. and Teva GmbH hold different authorisations) and speaks of
a country. It is read from the end of a Latin name, and anywhere in a Korean or Japanese one.
"""

from collections.abc import Mapping

CO = "CO"
"""`Company` alone: no form in most laws, so that it tells nothing apart."""

# Form → spellings in small letters without accents and stops, and the countries whose law has it;
# none where many have it.
_FORMS: Mapping[str, tuple[str, str]] = {
    CO: ("co|company|cie", ""),
    "LTD": ("ltd|limited|lt|ltd co", ""),
    "PVT LTD": ("pvt ltd|pvt limited|private limited|private ltd|p ltd", "IN PK LK BD NP"),
    "PTE LTD": ("pte ltd|pte limited", "SG"),
    "PTY LTD": ("pty ltd|pty limited|proprietary limited", "AU ZA BW NA"),
    "BHD": ("bhd|sdn bhd", "MY BN"),
    "PLC": ("plc|public limited company", ""),
    "DAC": ("dac|designated activity company", "IE"),
    "UC": ("unlimited company|uc", "IE"),
    "LLP": ("llp", ""),
    "INC": ("inc|incorporated", ""),
    "CORP": ("corp|corporation", ""),
    "LLC": ("llc", ""),
    "LP": ("lp", ""),
    "GMBH": ("gmbh|mbh|gesmbh|ges mbh|g m b h", "DE AT CH LI"),
    "GMBH & CO KG": (
        "gmbh and co kg|gmbh and co|gmbh co kg|gesmbh and co kg|mbh and co kg",
        "DE AT",
    ),
    "AG": ("ag|aktiengesellschaft", "DE AT CH LI"),
    "KG": ("kg", "DE AT"),
    "KGAA": ("kgaa|ag and co kgaa|gmbh and co kgaa", "DE"),
    "SE": ("se", ""),
    "BV": ("bv|b v", "NL BE"),
    "NV": ("nv|n v", "NL BE"),
    "CV": ("cv", "NL"),
    "SA": ("sa|s a", ""),
    "SAS": ("sas|sasu", ""),
    "SARL": ("sarl|s a r l", ""),
    "SNC": ("snc", ""),
    "SCS": ("scs", ""),
    "SPA": ("spa|s p a|societa per azioni", "IT CL DZ"),
    "SRL": ("srl|s r l|srl unipersonale", ""),
    "SL": ("sl|s l|slu|s l u", "ES"),
    "SAU": ("sau|s a u", "ES"),
    "LDA": ("lda|unipessoal lda", "PT"),
    "LTDA": ("ltda", ""),
    "SA DE CV": ("sa de cv|s a de c v|sapi de cv", "MX"),
    "AB": ("ab|ab publ|aktiebolag", "SE FI"),
    "AS": ("as|a s", ""),
    "APS": ("aps", "DK"),
    "OY": ("oy|oyj", "FI"),
    "KFT": ("kft", "HU"),
    "ZRT": ("zrt", "HU"),
    "NYRT": ("nyrt", "HU"),
    "SRO": ("sro|s r o|spol sro", "CZ SK"),
    "DOO": ("doo|d o o", ""),
    "DD": ("dd|d d", ""),
    "SP Z OO": ("sp z oo|spzoo|sp zoo|spolka z oo", "PL"),
    "OOD": ("ood|eood", "BG"),
    "AD": ("ad|ead", "BG"),
    "UAB": ("uab", "LT"),
    "SIA": ("sia", "LV"),
    "OU": ("ou", "EE"),
}

# As they stand in a name after NFKC, which turns ㈜ into (주).
_EAST_ASIAN_FORMS: Mapping[str, tuple[str, str]] = {
    "주식회사": ("주식회사|(주)", "KR"),
    "유한회사": ("유한회사|(유)|유한책임회사", "KR"),
    "株式会社": ("株式会社|(株)", "JP"),
    "有限会社": ("有限会社|(有)", "JP"),
    "合同会社": ("合同会社|(同)", "JP"),
    "有限公司": ("股份有限公司|有限责任公司|有限公司", "CN TW"),
}

_ALL = {**_FORMS, **_EAST_ASIAN_FORMS}

FORM_BY_WORDS: Mapping[tuple[str, ...], str] = {
    tuple(spelling.split()): form
    for form, (spellings, _) in _FORMS.items()
    for spelling in spellings.split("|")
}
"""Latin spellings by their words."""

FORM_BY_SIGN: Mapping[str, str] = {
    spelling: form
    for form, (spellings, _) in _EAST_ASIAN_FORMS.items()
    for spelling in spellings.split("|")
}
"""East Asian spellings; a longer one stands before one that it ends with."""

COUNTRIES_OF_FORM: Mapping[str, frozenset[str]] = {
    form: frozenset(countries.split()) for form, (_, countries) in _ALL.items()
}
"""ISO 3166-1 alpha-2 codes of the countries whose law knows the form; none: many do."""
