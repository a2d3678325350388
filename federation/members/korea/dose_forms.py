"""Dose forms and routes as Korean sources state them: by HIRA's forms, else by a name's ending.

HIRA's master has a column of forms, some of several in one (`시럽제,건조시럽`). The MFDS registers
fill none: a product's name ends in its form (`정`, `점안액`), behind which stand a strength and
remarks in brackets at most. `액` and `질정` say enough only with the product's class.
"""

from collections.abc import Iterable

import polars as pl

from federation.harmonize.mapping import routes, term, terms
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.dose_forms import DoseForm
from federation.vocabularies.routes import Route

QUASI_DRUGS_WITH_FORM = ("치약제", "외용소독제", "구중청량제(내복용제 및 양치제)")
"""Toothpastes, disinfectants and mouthwashes; other quasi-drugs are masks, pads and the like."""

HIRA_FORMS = Crosswalk(
    "kr.hira_ingredients.dose_form",
    DoseForm,
    1,
    {
        "정제,저작정;내복": DoseForm.TABLET,
        "서방형정제;내복": DoseForm.PROLONGED_RELEASE_TABLET,
        "장용정제;내복": DoseForm.GASTRO_RESISTANT_TABLET,
        "확산정, 속붕정, 구강붕해정;내복": DoseForm.TABLET,
        "설하정;내복": DoseForm.SUBLINGUAL_TABLET,
        "트로키제;내복": DoseForm.LOZENGE,
        "경질캡슐제;내복": DoseForm.CAPSULE_HARD,
        "연질캡슐제;내복": DoseForm.CAPSULE_SOFT,
        "서방캡슐제;내복": DoseForm.PROLONGED_RELEASE_CAPSULE,
        "장용캡슐제;내복": DoseForm.GASTRO_RESISTANT_CAPSULE,
        "산제;내복": DoseForm.ORAL_POWDER,
        "과립제,세립;내복": DoseForm.GRANULES,
        "서방형과립제;내복": DoseForm.PROLONGED_RELEASE_GRANULES,
        "장용과립제;내복": DoseForm.GASTRO_RESISTANT_GRANULES,
        "시럽제,건조시럽;내복": DoseForm.SYRUP,  # as it is taken
        "현탁액제,현탁액용정제,현탁액용산제;내복": DoseForm.ORAL_SUSPENSION,  # as it is taken
        "액제;내복": DoseForm.ORAL_LIQUID,
        "엘릭서제;내복": DoseForm.ORAL_SOLUTION,
        "틴크제;내복": DoseForm.ORAL_LIQUID,
        "주사제;주사": DoseForm.INJECTION,
        "관류액 등;주사": DoseForm.PERFUSION_SOLUTION,
        "관류액 등;외용": DoseForm.PERFUSION_SOLUTION,
        "점안제(점안액)": DoseForm.EYE_DROPS,
        "안연고제,점안겔제": DoseForm.EYE_SEMISOLID,
        "크림제,겔제,젤리;외용": DoseForm.SEMISOLID,
        "연고제;외용": DoseForm.OINTMENT,
        "페이스트제;외용": DoseForm.CUTANEOUS_PASTE,
        "로션제;외용": DoseForm.CUTANEOUS_LOTION,
        "리니멘트제;외용": DoseForm.CUTANEOUS_LIQUID,
        "카타플라스마제;외용": DoseForm.MEDICATED_PLASTER,
        "경고제,첩부제;외용": DoseForm.MEDICATED_PLASTER,
        "패취제;외용": DoseForm.TRANSDERMAL_PATCH,
    },
)
"""HIRA's forms, each with its route; what is not here may be of several sites or forms."""

NAME_FORMS = Crosswalk(
    "kr.names.dose_form",
    DoseForm,
    1,
    {
        "정": DoseForm.TABLET,
        "나정": DoseForm.TABLET,
        "필름코팅정": DoseForm.FILM_COATED_TABLET,
        "당의정": DoseForm.COATED_TABLET,
        "서방정": DoseForm.PROLONGED_RELEASE_TABLET,
        "지속정": DoseForm.PROLONGED_RELEASE_TABLET,
        "이알서방정": DoseForm.PROLONGED_RELEASE_TABLET,
        "장용정": DoseForm.GASTRO_RESISTANT_TABLET,
        "장용서방정": DoseForm.MODIFIED_RELEASE_TABLET,
        "츄정": DoseForm.CHEWABLE_TABLET,
        "츄어블정": DoseForm.CHEWABLE_TABLET,
        "저작정": DoseForm.CHEWABLE_TABLET,
        "구강붕해정": DoseForm.ORODISPERSIBLE_TABLET,
        "속붕정": DoseForm.ORODISPERSIBLE_TABLET,
        "오디정": DoseForm.ORODISPERSIBLE_TABLET,
        "확산정": DoseForm.DISPERSIBLE_TABLET,
        "분산정": DoseForm.DISPERSIBLE_TABLET,
        "현탁정": DoseForm.DISPERSIBLE_TABLET,
        "발포정": DoseForm.EFFERVESCENT_TABLET,
        "설하정": DoseForm.SUBLINGUAL_TABLET,
        "박칼정": DoseForm.BUCCAL_TABLET,
        "질정": DoseForm.UNMAPPED,  # a vaginal tablet, or a tablet whose name ends in 질
        **{f"질정;{group}": DoseForm.VAGINAL_TABLET for group in ("252", "255", "259", "265")},
        "트로키": DoseForm.LOZENGE,
        "캡슐": DoseForm.CAPSULE,
        "캅셀": DoseForm.CAPSULE,
        "경질캡슐": DoseForm.CAPSULE_HARD,
        "연질캡슐": DoseForm.CAPSULE_SOFT,
        "연질캅셀": DoseForm.CAPSULE_SOFT,
        "서방캡슐": DoseForm.PROLONGED_RELEASE_CAPSULE,
        "서방캅셀": DoseForm.PROLONGED_RELEASE_CAPSULE,
        "장용캡슐": DoseForm.GASTRO_RESISTANT_CAPSULE,
        "질연질캡슐": DoseForm.VAGINAL_CAPSULE_SOFT,
        "흡입용캡슐": DoseForm.INHALATION_POWDER_HARD_CAPSULE,
        "필름": DoseForm.UNMAPPED,  # in the mouth, or beneath the tongue
        "구강붕해필름": DoseForm.ORODISPERSIBLE_FILM,
        "산": DoseForm.ORAL_POWDER,
        "산제": DoseForm.ORAL_POWDER,
        "엑스산": DoseForm.ORAL_POWDER,
        "과립": DoseForm.GRANULES,
        "세립": DoseForm.GRANULES,
        "환": DoseForm.PILLULES,
        "연조엑스": DoseForm.UNMAPPED,  # a soft extract
        "스프레이": DoseForm.UNMAPPED,  # of the skin, the nose or the mouth
        "젤리": DoseForm.UNMAPPED,  # of the urethra or of the skin
        "파스타": DoseForm.UNMAPPED,  # of the mouth or of the skin
        "시럽": DoseForm.SYRUP,
        "건조시럽": DoseForm.POWDER_FOR_SYRUP,
        "드라이시럽": DoseForm.POWDER_FOR_SYRUP,
        "현탁액": DoseForm.ORAL_SUSPENSION,
        "내복액": DoseForm.ORAL_LIQUID,
        "내용액": DoseForm.ORAL_LIQUID,
        "엘릭서": DoseForm.ORAL_SOLUTION,
        "액": DoseForm.UNMAPPED,  # taken, injected or put on the skin
        **{f"액;{group}": DoseForm.ORAL_LIQUID for group in ("232", "233", "234", "239", "391")},
        **{f"액;{group}": DoseForm.CUTANEOUS_LIQUID for group in ("261", "264", "265", "266")},
        "액;267": DoseForm.CUTANEOUS_LIQUID,
        "액;331": DoseForm.SOLUTION_FOR_INFUSION,  # blood substitutes
        "액;외용소독제": DoseForm.CUTANEOUS_LIQUID,
        "액;치약제": DoseForm.UNMAPPED,
        "피디액": DoseForm.SOLUTION_FOR_PERITONEAL_DIALYSIS,
        "복막투석액": DoseForm.SOLUTION_FOR_PERITONEAL_DIALYSIS,
        "주": DoseForm.INJECTION,
        "주사": DoseForm.INJECTION,
        "주사액": DoseForm.INJECTION,
        "주사제": DoseForm.INJECTION,
        "프리필드시린지": DoseForm.INJECTION,
        "프리필드펜": DoseForm.INJECTION,
        "주사용수": DoseForm.SOLVENT_FOR_PARENTERAL_USE,
        "점안액": DoseForm.EYE_DROPS,
        "점안제": DoseForm.EYE_DROPS,
        "점안현탁액": DoseForm.EYE_DROPS_SUSPENSION,
        "점이현탁액": DoseForm.EAR_DROPS_SUSPENSION,
        "분무용현탁액": DoseForm.NEBULISER_SUSPENSION,
        "점안겔": DoseForm.EYE_GEL,
        "안연고": DoseForm.EYE_OINTMENT,
        "이용액": DoseForm.EAR_DROPS,
        "점이액": DoseForm.EAR_DROPS,
        "점비액": DoseForm.NASAL_LIQUID,
        "나잘스프레이": DoseForm.NASAL_SPRAY,
        "비강분무액": DoseForm.NASAL_SPRAY,
        "비액;132": DoseForm.NASAL_LIQUID,
        "흡입액": DoseForm.NEBULISER_SOLUTION,
        "에보할러": DoseForm.PRESSURISED_INHALATION,
        "디스커스": DoseForm.INHALATION_POWDER,
        "터부헬러": DoseForm.INHALATION_POWDER,
        "의료용산소": DoseForm.MEDICINAL_GAS,
        "산소": DoseForm.MEDICINAL_GAS,
        "아산화질소": DoseForm.MEDICINAL_GAS,
        "질소": DoseForm.MEDICINAL_GAS,
        "이산화탄소": DoseForm.MEDICINAL_GAS,
        "크림": DoseForm.CREAM,
        "질크림": DoseForm.VAGINAL_CREAM,
        "연고": DoseForm.OINTMENT,
        "구강연고": DoseForm.OROMUCOSAL_OINTMENT,
        "겔": DoseForm.GEL,
        "로션": DoseForm.CUTANEOUS_LOTION,
        "외용액": DoseForm.CUTANEOUS_LIQUID,
        "샴푸": DoseForm.SHAMPOO,
        "네일라카": DoseForm.MEDICATED_NAIL_LACQUER,
        "파스": DoseForm.MEDICATED_PLASTER,
        "파프": DoseForm.MEDICATED_PLASTER,
        "물파스": DoseForm.CUTANEOUS_LIQUID,
        "플라스타": DoseForm.MEDICATED_PLASTER,
        "프라스타": DoseForm.MEDICATED_PLASTER,
        "카타플라스마": DoseForm.MEDICATED_PLASTER,
        "패취": DoseForm.TRANSDERMAL_PATCH,
        "패치": DoseForm.TRANSDERMAL_PATCH,
        "스왑": DoseForm.IMPREGNATED_CUTANEOUS_SWAB,
        "스왑액": DoseForm.IMPREGNATED_CUTANEOUS_SWAB,
        "좌약": DoseForm.SUPPOSITORY,
        "좌제": DoseForm.SUPPOSITORY,
        "질좌제": DoseForm.PESSARY,
        "질좌약": DoseForm.PESSARY,
        "관장약": DoseForm.RECTAL_SOLUTION,
        "관장액": DoseForm.RECTAL_SOLUTION,
        "가글": DoseForm.GARGLE,
        "가글액": DoseForm.GARGLE,
        "가그린": DoseForm.GARGLE,
        "치약": DoseForm.TOOTHPASTE,
        "치약제": DoseForm.TOOTHPASTE,  # a class of quasi-drugs, whatever their names
    },
)
"""A name's ending, and the class where that decides: its number, or a quasi-drug's words."""

ROUTES = Crosswalk("kr.hira.route", Route, 1, {"내복": Route.ORAL, "주사": Route.PARENTERAL})
"""외용 and 기타 are of many sites: the form says which, if anything does."""


def _longest_first(words: Iterable[str]) -> str:
    return "|".join(sorted(set(words), key=len, reverse=True))


_WORDS = {term.split(";")[0] for term in NAME_FORMS.terms}
_ENDING = rf"({_longest_first(_WORDS)})$"
_ANYWHERE = _longest_first(
    {word for word in _WORDS if len(word) > 2} | {"캡슐", "크림", "시럽", "연고", "주사", "패취"}
)
_REMARK = r"[(\[{<][^()\[\]{}<>]*[)\]}>]"
_STRENGTH = (
    r"(?i)(?:[\s\d.,/:%×*~+-]|밀리그[램람]|마이크로그[램람]|[그킬로]+[램람]|밀리리터|리터|아이유|단위"
    r"|퍼센트|밀리|호|만|[a-zμ])+$"
)


def form_in_name(name: pl.Expr, group: pl.Expr) -> pl.Expr:
    """Give the word of a product's name that states its form; else its class, where that does."""
    plain = name.str.normalize("NFKC").str.replace(r"(?:_|수출명).*$", "")
    for _ in range(3):  # remarks hold remarks
        plain = plain.str.replace_all(_REMARK, " ")
    plain = plain.str.replace(r"[(\[{<].*$", "").str.replace(_STRENGTH, "")
    return pl.coalesce(
        plain.str.extract(_ENDING),
        plain.str.extract_all(_ANYWHERE).list.last(),
        pl.when(group.is_in([*NAME_FORMS.terms])).then(group),
    )


def named_form(stated: pl.Expr, group: pl.Expr) -> pl.Expr:
    """Give the dose form of a name's word, the product's class deciding where that is vague."""
    return term(pl.format("{};{}", stated, group.fill_null("")), NAME_FORMS, stated)


def hira_form(form: pl.Expr, route: pl.Expr) -> pl.Expr:
    """Give the dose form of HIRA's, which says enough with its route only."""
    return term(pl.format("{};{}", form, route.fill_null("")), HIRA_FORMS, form)


def hira_routes(form: pl.Expr, route: pl.Expr) -> pl.Expr:
    """Give the routes that HIRA's form implies, else those its route says."""
    return pl.coalesce(routes(hira_form(form, route)), terms(pl.concat_list(route), ROUTES))
