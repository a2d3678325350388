"""Dose forms and routes as Japanese lists state them: by the product's name, its list and its code.

No list has a column of dose forms. A name holds its form (`錠`, `点眼液`), the list says how it is
used (`内用薬`), the eighth character of a price-list or YJ code is the form's letter, and its first
two digits, the class, tell a plaster from a transdermal patch. Start at `dose_form`.
"""

from collections.abc import Iterable
from string import ascii_uppercase

import polars as pl

from federation.harmonize.mapping import routes, term, terms
from federation.vocabularies.crosswalk import Crosswalk
from federation.vocabularies.dose_forms import DoseForm
from federation.vocabularies.routes import Route

_ORAL, _INJECTED, _EXTERNAL, _DENTAL = "内用薬", "注射薬", "外用薬", "歯科用薬剤"

_LOCAL_CLASSES = ("12", "26")
"""Local anaesthetics, and medicines of the outer skin: their plasters act where they stick."""

_SYSTEMIC_CLASSES = ("11", "21", "22", "24", "25", "44", "82")
"""Medicines of the nerves, heart, lungs, hormones and the like: their patches act within."""

_PATCHES = ("テープ", "パッチ", "貼付剤")

_FOR_INJECTION = ("注射用", "静注用", "筋注用", "皮下注用")
"""To be dissolved where the code's letter says powder; else a kit, or a liquid all the same."""

_SEVERAL_SITES = {
    "点眼・点鼻": (Route.OCULAR, Route.NASAL),
    "点眼点鼻": (Route.OCULAR, Route.NASAL),
    "点眼・点耳・点鼻": (Route.OCULAR, Route.AURICULAR, Route.NASAL),
    "点眼点耳点鼻": (Route.OCULAR, Route.AURICULAR, Route.NASAL),
}
"""Drops for more than one site are of no one dose form."""

FORMS = Crosswalk(
    "jp.names.dose_form",
    DoseForm,
    1,
    {
        **{
            f"{patch};{_EXTERNAL};{group}": DoseForm.MEDICATED_PLASTER
            for group in _LOCAL_CLASSES
            for patch in _PATCHES
        },
        **{
            f"{patch};{_EXTERNAL};{group}": DoseForm.TRANSDERMAL_PATCH
            for group in _SYSTEMIC_CLASSES
            for patch in _PATCHES
        },
        f"錠;{_ORAL}": DoseForm.TABLET,
        f"OD錠;{_ORAL}": DoseForm.ORODISPERSIBLE_TABLET,
        f"口腔内崩壊錠;{_ORAL}": DoseForm.ORODISPERSIBLE_TABLET,
        f"RPD錠;{_ORAL}": DoseForm.ORODISPERSIBLE_TABLET,
        f"D錠;{_ORAL}": DoseForm.TABLET,
        f"徐放錠;{_ORAL}": DoseForm.PROLONGED_RELEASE_TABLET,
        f"CR錠;{_ORAL}": DoseForm.PROLONGED_RELEASE_TABLET,
        f"SR錠;{_ORAL}": DoseForm.PROLONGED_RELEASE_TABLET,
        f"LA錠;{_ORAL}": DoseForm.PROLONGED_RELEASE_TABLET,
        f"ER錠;{_ORAL}": DoseForm.PROLONGED_RELEASE_TABLET,
        f"腸溶錠;{_ORAL}": DoseForm.GASTRO_RESISTANT_TABLET,
        f"糖衣錠;{_ORAL}": DoseForm.COATED_TABLET,
        f"フィルムコーティング錠;{_ORAL}": DoseForm.FILM_COATED_TABLET,
        f"チュアブル;{_ORAL}": DoseForm.CHEWABLE_TABLET,
        f"チュアブル錠;{_ORAL}": DoseForm.CHEWABLE_TABLET,
        f"咀嚼錠;{_ORAL}": DoseForm.CHEWABLE_TABLET,
        f"発泡錠;{_ORAL}": DoseForm.EFFERVESCENT_TABLET,
        f"分散錠;{_ORAL}": DoseForm.DISPERSIBLE_TABLET,
        f"懸濁用錠;{_ORAL}": DoseForm.DISPERSIBLE_TABLET,
        f"舌下錠;{_ORAL}": DoseForm.SUBLINGUAL_TABLET,
        f"バッカル錠;{_ORAL}": DoseForm.BUCCAL_TABLET,
        f"カプセル;{_ORAL}": DoseForm.CAPSULE,
        f"徐放カプセル;{_ORAL}": DoseForm.PROLONGED_RELEASE_CAPSULE,
        f"腸溶カプセル;{_ORAL}": DoseForm.GASTRO_RESISTANT_CAPSULE,
        f"軟カプセル;{_ORAL}": DoseForm.CAPSULE_SOFT,
        f"散;{_ORAL}": DoseForm.ORAL_POWDER,
        f"末;{_ORAL}": DoseForm.ORAL_POWDER,
        f"細粒;{_ORAL}": DoseForm.GRANULES,
        f"顆粒;{_ORAL}": DoseForm.GRANULES,
        f"徐放顆粒;{_ORAL}": DoseForm.PROLONGED_RELEASE_GRANULES,
        f"腸溶顆粒;{_ORAL}": DoseForm.GASTRO_RESISTANT_GRANULES,
        f"DS;{_ORAL}": DoseForm.POWDER_FOR_SYRUP,
        f"ドライシロップ;{_ORAL}": DoseForm.POWDER_FOR_SYRUP,
        f"シロップ用;{_ORAL}": DoseForm.POWDER_FOR_SYRUP,
        f"シロップ;{_ORAL}": DoseForm.SYRUP,
        f"液;{_ORAL}": DoseForm.ORAL_LIQUID,
        f"内用液;{_ORAL}": DoseForm.ORAL_LIQUID,
        f"内服液;{_ORAL}": DoseForm.ORAL_LIQUID,
        f"経口液;{_ORAL}": DoseForm.ORAL_LIQUID,
        f"配合経腸用液;{_ORAL}": DoseForm.ORAL_LIQUID,
        f"懸濁液;{_ORAL}": DoseForm.ORAL_SUSPENSION,
        f"エリキシル;{_ORAL}": DoseForm.ORAL_SOLUTION,
        f"ゼリー;{_ORAL}": DoseForm.ORAL_GEL,
        f"ODフィルム;{_ORAL}": DoseForm.ORODISPERSIBLE_FILM,
        f"丸;{_ORAL}": DoseForm.PILLULES,
        f"丸料;{_ORAL}": DoseForm.UNMAPPED,  # an extract of what was once a pill
        f"トローチ;{_ORAL}": DoseForm.LOZENGE,
        # The letters of codes, where the name states no form.
        **dict.fromkeys((f"{letter};{_ORAL}" for letter in "FGHKL"), DoseForm.TABLET),
        **dict.fromkeys((f"{letter};{_ORAL}" for letter in "MNP"), DoseForm.CAPSULE),
        **dict.fromkeys((f"{letter};{_ORAL}" for letter in "AB"), DoseForm.ORAL_POWDER),
        **dict.fromkeys((f"{letter};{_ORAL}" for letter in "CD"), DoseForm.GRANULES),
        f"Q;{_ORAL}": DoseForm.SYRUP,
        f"S;{_ORAL}": DoseForm.ORAL_LIQUID,
        **{
            f"{word};{_INJECTED};{letter}": DoseForm.POWDER_FOR_INJECTION
            for word in _FOR_INJECTION
            for letter in "DEF"
        },
        **{f"{word};{_INJECTED}": DoseForm.UNMAPPED for word in _FOR_INJECTION},
        **dict.fromkeys(
            (f"{letter};{_INJECTED}" for letter in "DEF"), DoseForm.POWDER_FOR_INJECTION
        ),
        f"注射液;{_INJECTED}": DoseForm.INJECTION,
        f"液;{_INJECTED}": DoseForm.INJECTION,
        f"血液凝固;{_INJECTED}": DoseForm.UNMAPPED,  # a factor, dry or in solution
        f"注射用水;{_INJECTED}": DoseForm.SOLVENT_FOR_PARENTERAL_USE,
        f"輸液;{_INJECTED}": DoseForm.SOLUTION_FOR_INFUSION,
        f"透析液;{_INJECTED}": DoseForm.PERFUSION_SOLUTION,
        f"透析剤;{_INJECTED}": DoseForm.SOLUTION_FOR_HAEMODIALYSIS,
        f"腹膜透析液;{_INJECTED}": DoseForm.SOLUTION_FOR_PERITONEAL_DIALYSIS,
        f"ろ過用補充液;{_INJECTED}": DoseForm.SOLUTION_FOR_HAEMOFILTRATION,
        f"心筋保護液;{_INJECTED}": DoseForm.SOLUTION_FOR_CARDIOPLEGIA,
        f"インプラント;{_INJECTED}": DoseForm.IMPLANT,
        f"デポー;{_INJECTED}": DoseForm.INJECTION,
        f"デポ;{_INJECTED}": DoseForm.UNMAPPED,  # an implant, or a depot to inject
        f"X;{_INJECTED}": DoseForm.UNMAPPED,
        _INJECTED: DoseForm.INJECTION,
        f"軟膏;{_EXTERNAL}": DoseForm.OINTMENT,
        f"眼軟膏;{_EXTERNAL}": DoseForm.EYE_OINTMENT,
        f"口腔用軟膏;{_EXTERNAL}": DoseForm.OROMUCOSAL_OINTMENT,
        f"注入軟膏;{_EXTERNAL}": DoseForm.RECTAL_OINTMENT,
        f"クリーム;{_EXTERNAL}": DoseForm.CREAM,
        f"腟用クリーム;{_EXTERNAL}": DoseForm.VAGINAL_CREAM,
        f"ゲル;{_EXTERNAL}": DoseForm.GEL,
        f"腟用ゲル;{_EXTERNAL}": DoseForm.VAGINAL_GEL,
        f"ゼリー;{_EXTERNAL}": DoseForm.UNMAPPED,  # a local anaesthetic of several sites
        f"ローション;{_EXTERNAL}": DoseForm.CUTANEOUS_LOTION,
        f"外用液;{_EXTERNAL}": DoseForm.CUTANEOUS_LIQUID,
        f"消毒液;{_EXTERNAL}": DoseForm.CUTANEOUS_LIQUID,
        f"外用消毒液;{_EXTERNAL}": DoseForm.CUTANEOUS_LIQUID,
        f"液;{_EXTERNAL};26": DoseForm.CUTANEOUS_LIQUID,
        f"消アル;{_EXTERNAL};26": DoseForm.CUTANEOUS_LIQUID,
        f"チンキ;{_EXTERNAL};26": DoseForm.CUTANEOUS_LIQUID,
        f"エタノール;{_EXTERNAL};26": DoseForm.CUTANEOUS_LIQUID,
        f"プロパノール;{_EXTERNAL};26": DoseForm.CUTANEOUS_LIQUID,
        f"スプレー;{_EXTERNAL};26": DoseForm.CUTANEOUS_SPRAY,
        f"外用ポンプスプレー;{_EXTERNAL}": DoseForm.CUTANEOUS_SPRAY,
        f"外用スプレー;{_EXTERNAL}": DoseForm.CUTANEOUS_SPRAY,
        f"外用エアゾール;{_EXTERNAL}": DoseForm.CUTANEOUS_SPRAY,
        f"外用散;{_EXTERNAL}": DoseForm.CUTANEOUS_POWDER,
        f"フォーム;{_EXTERNAL}": DoseForm.CUTANEOUS_FOAM,
        f"ゼルフォーム;{_EXTERNAL}": DoseForm.UNMAPPED,  # a sponge
        f"シャンプー;{_EXTERNAL}": DoseForm.SHAMPOO,
        f"ネイルラッカー;{_EXTERNAL}": DoseForm.MEDICATED_NAIL_LACQUER,
        f"パップ;{_EXTERNAL}": DoseForm.MEDICATED_PLASTER,
        f"シップ;{_EXTERNAL}": DoseForm.MEDICATED_PLASTER,
        f"プラスター;{_EXTERNAL}": DoseForm.MEDICATED_PLASTER,
        f"TTS;{_EXTERNAL}": DoseForm.TRANSDERMAL_PATCH,
        f"消毒用綿棒;{_EXTERNAL}": DoseForm.IMPREGNATED_CUTANEOUS_SWAB,
        f"坐剤;{_EXTERNAL}": DoseForm.SUPPOSITORY,
        f"坐薬;{_EXTERNAL}": DoseForm.SUPPOSITORY,
        f"サポ;{_EXTERNAL}": DoseForm.SUPPOSITORY,
        f"浣腸;{_EXTERNAL}": DoseForm.RECTAL_SOLUTION,
        f"浣腸液;{_EXTERNAL}": DoseForm.RECTAL_SOLUTION,
        f"注腸;{_EXTERNAL}": DoseForm.UNMAPPED,  # a solution or a suspension
        f"注腸フォーム;{_EXTERNAL}": DoseForm.RECTAL_FOAM,
        f"腟錠;{_EXTERNAL}": DoseForm.VAGINAL_TABLET,
        f"腟カプセル;{_EXTERNAL}": DoseForm.VAGINAL_CAPSULE,
        f"腟用カプセル;{_EXTERNAL}": DoseForm.VAGINAL_CAPSULE,
        f"腟用錠;{_EXTERNAL}": DoseForm.VAGINAL_TABLET,
        f"腟坐剤;{_EXTERNAL}": DoseForm.PESSARY,
        f"点眼液;{_EXTERNAL}": DoseForm.EYE_DROPS,
        f"点眼;{_EXTERNAL}": DoseForm.EYE_DROPS,
        f"懸濁性点眼液;{_EXTERNAL}": DoseForm.EYE_DROPS_SUSPENSION,
        **{f"{word};{_EXTERNAL}": DoseForm.UNMAPPED for word in _SEVERAL_SITES},
        f"点耳液;{_EXTERNAL}": DoseForm.EAR_DROPS,
        f"耳科用液;{_EXTERNAL}": DoseForm.EAR_DROPS,
        f"点鼻液;{_EXTERNAL}": DoseForm.NASAL_LIQUID,
        f"点鼻;{_EXTERNAL}": DoseForm.NASAL_LIQUID,
        f"点鼻スプレー;{_EXTERNAL}": DoseForm.NASAL_SPRAY,
        f"点鼻粉末;{_EXTERNAL}": DoseForm.NASAL_POWDER,
        f"吸入液;{_EXTERNAL}": DoseForm.NEBULISER_SOLUTION,
        f"吸入懸濁用;{_EXTERNAL}": DoseForm.UNMAPPED,
        f"吸入用カプセル;{_EXTERNAL}": DoseForm.INHALATION_POWDER_HARD_CAPSULE,
        f"吸入麻酔液;{_EXTERNAL}": DoseForm.INHALATION_VAPOUR_LIQUID,
        f"エアゾール;{_EXTERNAL}": DoseForm.PRESSURISED_INHALATION,
        f"エアー;{_EXTERNAL}": DoseForm.PRESSURISED_INHALATION,
        f"エロゾル;{_EXTERNAL}": DoseForm.PRESSURISED_INHALATION,
        f"インヘラー;{_EXTERNAL}": DoseForm.PRESSURISED_INHALATION,
        f"レスピマット;{_EXTERNAL}": DoseForm.INHALATION_SOLUTION,
        f"吸入粉末剤;{_EXTERNAL}": DoseForm.INHALATION_POWDER,
        f"タービュヘイラー;{_EXTERNAL}": DoseForm.INHALATION_POWDER,
        f"ディスカス;{_EXTERNAL}": DoseForm.INHALATION_POWDER,
        f"エリプタ;{_EXTERNAL}": DoseForm.INHALATION_POWDER,
        f"うがい液;{_EXTERNAL}": DoseForm.GARGLE,
        f"含嗽液;{_EXTERNAL}": DoseForm.GARGLE,
        f"ガーグル液;{_EXTERNAL}": DoseForm.GARGLE,
        f"口腔用液;{_EXTERNAL}": DoseForm.OROMUCOSAL_SOLUTION,
        f"含嗽用液;{_EXTERNAL}": DoseForm.GARGLE,
        f"ガーグル;{_EXTERNAL}": DoseForm.GARGLE,
        f"トローチ;{_EXTERNAL}": DoseForm.LOZENGE,
        f"灌流液;{_EXTERNAL}": DoseForm.IRRIGATION_SOLUTION,
        f"洗浄液;{_EXTERNAL}": DoseForm.IRRIGATION_SOLUTION,
        f"J;{_EXTERNAL}": DoseForm.SUPPOSITORY,
        f"口腔用軟膏;{_DENTAL}": DoseForm.OROMUCOSAL_OINTMENT,
        f"うがい液;{_DENTAL}": DoseForm.GARGLE,
        f"注射液;{_DENTAL}": DoseForm.INJECTION,
        f"カートリッジ;{_DENTAL}": DoseForm.INJECTION,
    },
)
"""A name's word or a code's letter, the list, and the class where that decides."""

ROUTES = Crosswalk(
    "jp.lists.route",
    Route,
    1,
    {
        _ORAL: Route.ORAL,
        _INJECTED: Route.PARENTERAL,
        "静注": Route.INTRAVENOUS,
        "皮下注": Route.SUBCUTANEOUS,
        "筋注": Route.INTRAMUSCULAR,
        "懸筋注": Route.INTRAMUSCULAR,
        "髄注": Route.INTRATHECAL,
        "関節注": Route.INTRAARTICULAR,
        "硝子体内注射": Route.INTRAVITREAL,
        "動注": Route.INTRAARTERIAL,
        "皮内": Route.INTRADERMAL,
        **_SEVERAL_SITES,
        "吸入": Route.INHALATION,
        "点眼": Route.OCULAR,
        "点鼻": Route.NASAL,
        "点耳": Route.AURICULAR,
        "注腸": Route.RECTAL,
    },
)


def _longest_first(words: Iterable[str]) -> str:
    return "|".join(sorted(set(words), key=len, reverse=True))


_FORM_WORDS = _longest_first(
    word
    for word, *where in (key.split(";") for key in FORMS.terms)
    if where and word not in ascii_uppercase
)
_ROUTE_WORDS = _longest_first(ROUTES.terms.keys() - {_ORAL, _INJECTED})
_REMARKS = r"「[^」]*」|\([^()]*\)"  # the maker, and what tells apart


def form_text(group: pl.Expr, name: pl.Expr) -> pl.Expr:
    """Give what states the form in native words: the name's last such word, and the list."""
    return pl.concat_str(_last(name, _FORM_WORDS), group, separator=";", ignore_nulls=True)


def dose_form(group: pl.Expr, name: pl.Expr, code: pl.Expr) -> pl.Expr:
    """Give the dose form of a product in a list, by its name, class and form letter."""
    stated, letter = form_text(group, name), code.str.slice(7, 1)
    return term(
        pl.format("{};{}", stated, code.str.slice(0, 2)),
        FORMS,
        pl.format("{};{}", stated, letter),
        stated,
        pl.format("{};{}", letter, group),
        group,
    )


def route_texts(group: pl.Expr, name: pl.Expr) -> pl.Expr:
    """Give what states the route in native words: the name's last such word, and the list."""
    return pl.concat_list(_last(name, _ROUTE_WORDS), group).list.drop_nulls()


def routes_of(group: pl.Expr, name: pl.Expr, code: pl.Expr) -> pl.Expr:
    """Give the routes that the name states, else the form implies, else the list states."""
    named = terms(pl.concat_list(_last(name, _ROUTE_WORDS)), ROUTES)
    return pl.coalesce(
        named, routes(dose_form(group, name, code)), terms(pl.concat_list(group), ROUTES)
    )


def _last(name: pl.Expr, words: str) -> pl.Expr:
    plain = name.str.normalize("NFKC").str.replace_all(_REMARKS, "")
    return plain.str.extract_all(words).list.last()
