"""Vaccines by what they are made of: the pathogen, its types, and what was done to it.

ATC names them so ("hepatitis b, purified antigen"), members describe them, each in its own words.
The text is held against every vaccine that ATC lists alone; one alone must fit. Left to others are
two pathogens, what vaccines are not (immunoglobulins, tests), antigens of one strain, and what is
told by its sequence, which has an INN of its own.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from federation.substances.readings import Reading
from federation.substances.register import Substance, SubstanceRegister

_CONFIDENCE = 0.95
_ATC = "J07"
_PATHOGENS = {
    "anthrax": r"anthra[xc]|milzbrand|탄저|炭疽",
    "cholera": r"choler|콜레라|コレラ",
    "covid-19": r"covid|sars-?cov|코로나|コロナウイルス",
    "dengue": r"dengue|뎅기|デング",
    "diphtheria": r"di[fp]h?t[eh]+ri|디프테리아|ジフテリア",
    "ebola": r"ebola|에볼라|エボラ",
    "encephalitis, tick borne": r"tick.?borne|tiques|fsme",
    "haemophilus": r"ha?emophilus|헤모필루스|インフルエンザ菌",
    "hepatitis a": r"hepatit(?:is|e)[ -](?:virus )?a\b|hepatitis-a|a형간염|a型肝炎",
    "hepatitis b": r"hepatit(?:is|e)[ -](?:virus )?b\b|hepatitis-b|b형간염|b型肝炎",
    "influenza": r"(?<!para)(?<!haemophilus )(?<!hemophilus )influenza|grippe|인플루엔자"
    r"|インフルエンザ(?!菌)",
    "leptospira": r"leptospir",
    "malaria": r"malaria|paludisme|plasmodium|말라리아|マラリア",
    "measles": r"measles|rougeole|masern|홍역|麻しん|麻疹",
    "meningococcus": r"mening[oi][ck]o[ck]|meningitidis|수막구균|髄膜炎菌",
    "mumps": r"mumps|oreillons|유행성이하선염|おたふくかぜ|ムンプス",
    "papillomavirus": r"papillom|파필로마|パピローマ",
    "pertussis": r"pertussis|coqueluche|keuchhusten|백일해|百日せき|百日咳",
    "plague": r"plague|yersinia pestis",
    "pneumococcus": r"pneumo[ck]o[ck]|폐렴구균|肺炎球菌",
    "poliomyelitis": r"polio|폴리오|소아마비|ポリオ",
    "rabies": r"rabies|rabique|\brage\b|tollwut|공수병|광견병|狂犬病",
    "respiratory syncytial virus": r"respiratory syncytial|respiratoire syncytial|\brsv\b",
    "rota": r"rota ?virus|로타|ロタ",
    "rubella": r"rubell|rubeol|roteln|풍진|風しん|風疹",
    "smallpox": r"smallpox|monkeypox|variole|pocken|vaccinia|두창|痘そう",
    "tetanus": r"tetan|파상풍|破傷風",
    "typhoid": r"typhoid|typhus abdominal|salmonella typhi|장티푸스",
    "varicella": r"vari[cz]ell|수두|水痘",
    "yellow fever": r"yellow fever|fievre jaune|gelbfieber|황열|黄熱",
    "zoster": r"zoster|zona\b|대상포진|帯状疱疹",
}
_TREATMENTS = {
    "live": r"\blive\b|attenuat|attenue|vivant|lebend|abgeschwacht|약독|弱毒|生ワクチン",
    "inactivated": r"inactivat|inactive|inaktiviert|불활화|不活化",
    "whole": r"whole|entier|ganz|전바이러스|全粒子",
    "split": r"split|surface|fragment|sub-?unit|sous-unit|spalt|oberflach",
    "antigen": r"purifi|gereinigt|antigen|recombin|rekombin|rdna|정제|유전자재조합|遺伝子組換え",
    "polysaccharide": r"polysa[ck]+harid|polyosid|다당|多糖|ポリサッカライド",
    "conjugated": r"conjug|konjug|단백접합|結合型",
    "reassorted": r"reassort|pentavalent|serotyp",
    "toxoid": r"toxoid|anatoxin|톡소이드|トキソイド",
    "rna": r"\bm?rna\b|\barnm\b",
    "vector": r"vector|vektor|vecteur|adeno",
    "particles": r"particles|partikel|particules",
    "protein": r"protein|spike",
}
_PATHOGEN_WORDS = {name: re.compile(words) for name, words in _PATHOGENS.items()}
_ANY_PATHOGEN = re.compile("|".join(_PATHOGENS.values()))
_TREATMENT_WORDS = {name: re.compile(words) for name, words in _TREATMENTS.items()}
_TYPED = {
    "papillomavirus": re.compile(r"\b\d{1,2}\b"),
    "meningococcus": re.compile(r"\b[abcwy](?=(?:-?135)?\b)"),
}
_VACCINE = re.compile(r"va[ck][ck]in|impfstoff|virus|백신|ワクチン")
_NO_VACCINE = re.compile(
    r"globulin|antitoxin|antikorper|antibod|anticorps|serum|allerg|diagnos|\btest\b|homo?eopath"
    r"|nosode|ha?emagglutinin|encod|kodier|codant|항독소|抗毒素|抗体"
)
_NOT_LIVE = frozenset({"inactivated", "antigen", "toxoid", "rna"})


@dataclass(frozen=True)
class _Traits:
    """What a text says of a vaccine."""

    pathogens: frozenset[str]
    types: frozenset[str]
    treatments: frozenset[str]


class VaccineReader:
    """The vaccines of a register, found by description."""

    def __init__(self, register: SubstanceRegister) -> None:
        listed: dict[str, dict[Substance, _Traits]] = defaultdict(dict)
        for substance in register:
            if any(code.startswith(_ATC) for code in substance.atc):
                traits = _traits(substance.inn)
                if len(traits.pathogens) == 1:
                    listed[next(iter(traits.pathogens))][substance] = traits
        self._listed: Mapping[str, Mapping[Substance, _Traits]] = listed

    def read(self, folded: str) -> Reading | None:
        """Read a folded text; None unless it describes one vaccine."""
        if not _ANY_PATHOGEN.search(folded) or _NO_VACCINE.search(folded):
            return None
        traits = _traits(folded)
        if len(traits.pathogens) != 1 or not (traits.treatments or _VACCINE.search(folded)):
            return None
        (pathogen,) = traits.pathogens
        fitting = _fitting(traits, self._listed.get(pathogen, {}))
        if len(fitting) != 1:
            return None
        (substance,) = one = frozenset(fitting)
        told = ", ".join((pathogen, *sorted(traits.types), *sorted(traits.treatments)))
        return Reading(one, one, 1, "synonym", _CONFIDENCE, (f"{told} is {substance.inn}",))


def _fitting(said: _Traits, listed: Mapping[Substance, _Traits]) -> list[Substance]:
    """Keep what has all that is said and tells vaccines of this pathogen apart."""
    telling = frozenset().union(*(each.treatments for each in listed.values()))
    told = said.treatments & telling
    fitting = {
        substance: each.treatments
        for substance, each in listed.items()
        if each.types == said.types
        and each.treatments >= told
        and {_is_live(each), _is_live(said)} != {True, False}
    }
    exact = [substance for substance, treatments in fitting.items() if treatments == told]
    return exact if len(fitting) > 1 else list(fitting)


def _is_live(traits: _Traits) -> bool | None:
    """Tell whether a vaccine is live; None when that is not said."""
    if "live" in traits.treatments:
        return True
    return False if traits.treatments & _NOT_LIVE else None


def _traits(folded: str) -> _Traits:
    pathogens = _met(_PATHOGEN_WORDS, folded)
    types = {
        found[0]
        for pathogen, pattern in _TYPED.items()
        if pathogen in pathogens
        for found in pattern.finditer(folded)
    }
    return _Traits(pathogens, frozenset(types), _met(_TREATMENT_WORDS, folded))


def _met(words: Mapping[str, re.Pattern[str]], folded: str) -> frozenset[str]:
    return frozenset(name for name, pattern in words.items() if pattern.search(folded))
