"""Simple chemical names put into English: salts by their two ions, acids, sugars, oils, gases.

염화칼슘, 塩化カルシウム and Calciumchlorid are made of the words for calcium and chloride, so the
name is read by its parts. What the English name stands for is for the register to say.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from itertools import product

from federation.substances.ions import ACIDS, METALS, PARTNERS, STATES, Ion

_METALS = (
    *METALS,
    *PARTNERS,
    Ion("aluminium aluminum", "", "", "알루미늄", "アルミニウム"),
    Ion("ammonium", "", "", "암모늄", "アンモニウム"),
    Ion("barium", "", "", "바륨", "バリウム"),
    Ion("benzoyl", "benzoyle", "", "벤조일", "ベンゾイル"),
    Ion("bismuth", "", "bismut wismut", "비스무트", "ビスマス"),
    Ion("chromium chromic", "chrome", "chrom", "크롬", "クロム"),
    Ion("copper cupric", "cuivre", "kupfer", "구리 동", "銅"),
    Ion("ethyl", "ethyle", "", "에틸", "エチル"),
    Ion("glycol", "", "", "글리콜", "グリコール"),
    Ion("ferrous iron ferric", "fer ferreux", "eisen eisenii", "철 제일철", "鉄 第一鉄"),
    Ion("ferric iron", "ferrique", "eiseniii", "제이철", "第二鉄"),
    Ion("hydrogen", "hydrogene", "wasserstoff", "수소", "水素"),
    Ion("lithium", "", "", "리튬", "リチウム"),
    Ion("manganese manganous", "manganese", "mangan", "망간", "マンガン"),
    Ion("methyl", "methyle", "", "메틸", "メチル"),
    Ion("silver", "argent", "silber", "은", "銀"),
    Ion("strontium", "", "", "스트론튬", "ストロンチウム"),
    Ion("titanium", "titane", "titan", "티탄 티타늄", "チタン"),
)
_ANIONS = (
    *ACIDS,
    Ion("alginate", "", "alginat", "알긴산", "アルギン酸"),
    Ion("aminobenzoate", "", "aminobenzoat", "아미노벤조산", "アミノ安息香酸"),
    Ion("arsenite", "", "arsenit", "아비산", "亜ヒ酸"),
    Ion("bicarbonate", "hydrogenocarbonate", "hydrogencarbonat", "탄산수소 중탄산", "炭酸水素"),
    Ion("borate", "", "borat", "붕산", "ホウ酸"),
    Ion("chondroitin sulfate", "", "chondroitinsulfat", "콘드로이틴황산", "コンドロイチン硫酸"),
    Ion("dihydrogen phosphate", "", "dihydrogenphosphat", "인산이수소", "リン酸二水素"),
    Ion("dioxide", "dioxyde", "dioxid", "이산화", "二酸化"),
    Ion("edetate", "", "edetat", "에데트산", "エデト酸"),
    Ion("ferrocyanide", "", "", "페로시안화", "フェロシアン化"),
    Ion("fluoride", "fluorure", "fluorid", "플루오르화 불화", "フッ化"),
    Ion("glycerophosphate", "", "glycerophosphat", "글리세로인산", "グリセロリン酸"),
    Ion("hydrogen phosphate", "", "hydrogenphosphat", "인산수소", "リン酸水素"),
    Ion("hydroxide", "hydroxyde", "hydroxid", "수산화", "水酸化"),
    Ion("hydroxybenzoate paraben", "", "hydroxybenzoat", "파라옥시벤조산", "パラオキシ安息香酸"),
    Ion("hypochlorite", "", "hypochlorit", "차아염소산", "次亜塩素酸"),
    Ion("nitrite", "", "nitrit", "아질산", "亜硝酸"),
    Ion("nitrate", "", "", "질산", "硝酸"),
    Ion("oxide", "oxyde", "oxid", "산화", "酸化"),
    Ion("permanganate", "", "permanganat", "과망간산", "過マンガン酸"),
    Ion("peroxide", "peroxyde", "peroxid", "과산화", "過酸化"),
    Ion("phenylbutyrate", "", "phenylbutyrat", "페닐부티르산", "フェニル酪酸"),
    Ion("selenite", "", "selenit", "아셀렌산", "亜セレン酸"),
    Ion("silicate", "", "silicat silikat", "규산", "ケイ酸"),
    Ion("stearate", "", "", "스테아린산", ""),
    Ion("subgallate", "", "", "차몰식자산", "次没食子酸"),
    Ion("subnitrate", "", "", "차질산", "次硝酸"),
    Ion("sulfide", "sulfure", "sulfid", "황화", "硫化"),
    Ion("thiosulfate", "", "thiosulfat", "티오황산 치오황산", "チオ硫酸"),
)
_FILLERS = ("de", "d", "물", "염", "塩", "物", "gel", "겔", "ゲル", "에스테르", "エステル")
_ACIDS = ("산", "酸", "saure", "acide")
_IRREGULAR_ACIDS = {
    "borate": "boric",
    "hydrochloride": "hydrochloric",
    "phosphate": "phosphoric",
    "sulfate": "sulfuric",
    "tartrate": "tartaric",
}
_WORDS = """
    ammonia 암모니아수 アンモニア水
    arsenic-trioxide 삼산화비소 三酸化ヒ素
    borax 붕사 ホウ砂
    carbon-dioxide 이산화탄소 二酸化炭素
    castor-oil 피마자유 ヒマシ油
    charcoal 활성탄 薬用炭
    clove-oil 정향유 チョウジ油
    folic-acid 엽산 葉酸
    fructose 과당 果糖
    glucose 포도당 ブドウ糖
    honey 꿀 벌꿀 ハチミツ
    hydrogen-peroxide 과산화수소 過酸化水素 オキシドール
    iodine 요오드 아이오딘 ヨウ素
    lactose 유당 젖당 乳糖
    maltose 맥아당 麦芽糖
    nitrogen 질소 窒素
    nitrous-oxide 아산화질소 亜酸化窒素
    oxygen 산소 酸素
    olive-oil 올리브유 オリブ油
    peanut-oil 낙화생유 ラッカセイ油
    peppermint-oil 박하유 ハッカ油
    royal-jelly 로얄젤리 ローヤルゼリー
    safflower-oil 홍화유 サフラワー油
    sesame-oil 참기름 호마유 ゴマ油
    soybean-oil 대두유 콩기름 ダイズ油
    starch 전분 デンプン
    sucrose 백당 자당 정제백당 白糖 ショ糖
    sulfur 황 유황 イオウ 硫黄
    talc 활석 タルク
    vaseline 바셀린 ワセリン
    water 물 水
    yeast 효모 酵母
    zinc-oxide 아연화 亜鉛華
"""


def english_names(name_key: str) -> tuple[str, ...]:
    """Give the English names, as keys, that a simple chemical name may have; none if it is none."""
    return _english_names(name_key) if len(name_key) < _LONGEST else ()


_LONGEST = 48  # characters


@lru_cache(maxsize=4096)
def _english_names(name_key: str) -> tuple[str, ...]:
    found = _whole().fullmatch(name_key)
    if not found:
        return ()
    if found["word"]:
        return (_NATIVE_WORDS[found["word"]],)
    parts = [part for part in _part().finditer(name_key) if part.lastgroup in {"metal", "anion"}]
    metals = [_METAL_WORDS[part[0]] for part in parts if part.lastgroup == "metal"]
    anions = [_ANION_WORDS[part[0]] for part in parts if part.lastgroup == "anion"]
    if len(anions) == 1 and not metals and found[0].endswith(_ACIDS):
        return tuple(_acid_name(anion) + "acid" for anion in anions[0] if _is_of_acid(anion))
    if len(anions) != 1 or not metals:
        return ()
    return tuple(_combined(list(product(*metals)), anions[0]))


def _combined(metals: Iterable[tuple[str, ...]], anions: Iterable[str]) -> Iterator[str]:
    for anion in anions:
        for names in metals:
            yield "".join(names) + anion


def _is_of_acid(anion: str) -> bool:
    return anion.endswith("ate") or anion in _IRREGULAR_ACIDS


def _acid_name(anion: str) -> str:
    return _IRREGULAR_ACIDS.get(anion) or anion.removesuffix("ate") + "ic"


def _words(ions: Iterable[Ion]) -> dict[str, tuple[str, ...]]:
    words: dict[str, tuple[str, ...]] = {}
    for ion in ions:
        english = tuple("".join(name.split("-")) for name in ion.en.split())
        if ion.en.startswith(("hydrogen ", "dihydrogen ", "chondroitin ")):
            english = (ion.en.replace(" ", ""),)
        for word in f"{ion.en} {ion.fr} {ion.de} {ion.ko} {ion.ja}".split():
            words.setdefault(word, english)
    return words


def _native_words() -> dict[str, str]:
    rows = [line.split() for line in _WORDS.strip().splitlines()]
    return {word: row[0].replace("-", "") for row in rows for word in row[1:]}


def _any_of(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, filter(None, words)), key=len, reverse=True))


_METAL_WORDS = _words(_METALS)
_ANION_WORDS = _words(_ANIONS)
_NATIVE_WORDS = _native_words()
_STATES = [
    word for ion in STATES for word in f"{ion.en} {ion.fr} {ion.de} {ion.ko} {ion.ja}".split()
]
_TIMES = "일이삼사오육칠팔구반一二三四五六七八九半"
_KINDS = {
    "state": f"[{_TIMES}]?(?:{_any_of(_STATES)})",
    "anion": _any_of(_ANION_WORDS),
    "metal": _any_of(_METAL_WORDS),
    "filler": _any_of(_FILLERS),
}


# Compiled at the first name: they take long, and a gateway may never read one.
@cache
def _part() -> re.Pattern[str]:
    return re.compile("|".join(f"(?P<{kind}>{words})" for kind, words in _KINDS.items()))


@cache
def _whole() -> re.Pattern[str]:
    return re.compile(
        rf"(?:{_KINDS['state']})?(?P<word>{_any_of(_NATIVE_WORDS)})(?:{_KINDS['state']})?"
        rf"|(?:{'|'.join(_KINDS.values())})++"
    )
