"""What stands around a substance's name: doses, forms, grades, makers, marks of origin.

Lists and patterns are data about how the members write product names; `bare` takes them away. Every
word here must be one that no substance's name is told apart by.
"""

import re

_NUMBER = r"\d+(?: \d{3})*(?:[.,]\d+)*"
_SHARE = r"(?:w/w|w/v|v/v|v/w)"
_UNIT = (
    rf"(?:mg|mcg|ug|ng|kg|g|gms?|ml|dl|l|cc|cm2|miu|mu|iu|i\.u\.|ie|i\.e\.|ui|u\.i\.|u|units?|meq"
    rf"|mmol|mol|mci|mbq|gbq|kbq|ppm|lac|lakh|million|billion|spores?|(?:%|percent) ?{_SHARE}?"
    rf"|{_SHARE} ?%|{_SHARE}|pour cent|microgrammes?|milligrammes?|grammes?|unites?|einheiten"
    r"|밀리그램|밀리그람|그램|그람|마이크로그램|마이크로그람|밀리리터|리터|만단위|국제단위|단위|퍼센트"
    r"|万単位|国際単位|単位)"
)
_VESSEL = (
    r"(?:tab(?:let)?s?|cap(?:sule)?s?|vials?|amp(?:oule)?s?|dose|actuation|puff|spray|hours?|hr|h"
    r"|heures?|정|캡슐|병|앰플|포|매|관|바이알|회|팩|錠|管|瓶|袋|回|枚|筒|包)"
)
_DOSE = re.compile(
    rf"(?<![a-z\d-]){_NUMBER}(?:\s*/\s*{_NUMBER})*\s*{_UNIT}(?![a-z-])"
    rf"(?:\s*(?:/|per|pour|par|in)\s*(?:{_NUMBER})?\s*(?:{_UNIT}|{_VESSEL})(?![a-z])|中|중)*"
    r"|(?<![a-z\d])1 ?: ?\d+"
)

_WORD = re.compile(r"[a-z](?:[a-z.-]*[a-z])?\.?")
_GRADES = "usp bp ip ep jp nf nfi ph eur pheur jan grade dc cpf"
_FORMS = """
    tablet tablets tab tabs caplet caplets capsule capsules cap caps pill pills injection injections
    inj infusion solution solutions suspension emulsion syrup elixir linctus cream ointment gel
    lotion liniment paste foam shampoo soap drops drop powder powders dusting granules granule
    pellets spray sprays inhaler inhalation respules respirator rotacaps nebuliser nebulizer patch
    patches suppository suppositories pessary pessaries vial vials ampoule ampoules ampule kit
    lozenge lozenges film films strip strips sachet sachets enema jelly mouthwash gargle bolus bag
    bottle syringe pen cartridge
    oral orally topical ophthalmic otic nasal eye ear vaginal rectal buccal intravenous iv im sc
    intramuscular subcutaneous sublingual transdermal dermal injectable
    extended sustained modified delayed prolonged controlled immediate release released er sr xr cr
    mr dr xl dry enteric coated gastro resistant dispersible effervescent chewable disintegrating
    mouth ring tincture lacquer nail combipack
    dissolving soft softgel hard sterile sterilised concentrate concentrated liposomal prefilled pre
    filled lyophilized lyophilised paediatric pediatric adult infant infants metered irrigant
    irrigation preservative free single multi dose doses per for use only drug substance
    reconstitution diluent solvent
    comprime comprimes gelule gelules sirop creme pommade collyre buvable poudre perfusion pellicule
    schnellwirksam langwirksam mittlere wirkdauer
    secable tabletten filmtabletten kapseln injektionslosung infusionslosung losung salbe tropfen
    pulver
"""
_ORIGINS = "recombinant recombinante rdna r-dna origin active activated aktiviert"
_NOISE = frozenset(f"{_GRADES} {_FORMS} {_ORIGINS}".split())
_FORM_NUMBER = re.compile(r"\x00[\s\x00]*\d+(?![\d-])")  # "Tablets 200"

_MARKS = re.compile(
    r"「[^」]*」?"  # the maker
    r"|遺伝子組換え|[^\[\]()]{0,80}後続\d+|容器入り"
    r"|유전자\s*재조합|단클론항체|(?:수출|군납)(?:명|용)[^)\]]*|미분화|[a-z](?:액|실)(?=\s*\d)"
)
_ASIAN_FORMS = """
    od 口腔内崩壊 口腔 徐放 腸溶 配合 懸濁 点滴 静注 筋注 皮下注 注射 注 点眼 点鼻 眼 吸入 内用 内服
    外用 経口 用 錠 カプセル 細粒 顆粒 散 ドライシロップ シロップ 液 軟膏 クリーム ローション ゲル
    ゼリー テープ パッチ スプレー 坐剤 坐薬 キット シリンジ バッグ バイアル 原末 粉末 末 フィルム
    配合剤 製剤 剤 貼付 噴霧 分包 小児 透析 ロック チュアブル エアゾール 分散 注腸 経腸 パップ
    구강붕해 필름코팅 서방 장용 설하 건조 흡입 점안 점이 경구 현탁 프리필드 시린지 퀵펜 펜 바이알
    앰플 펠렛 정제 정 캡슐 캅셀 주사액 주사 주 시럽 안연고 연고 크림 겔 로션 패취 패치 과립 좌제
    분말 액 용 츄어블 지속 연질 분산 산제 점비 관장
"""
# Longest first and possessive, so that no run of form words makes the match go back on itself.
_ASIAN_FORM = "|".join(sorted(_ASIAN_FORMS.split(), key=len, reverse=True))
_FORMS_AT_END = re.compile(rf"(?:(?:{_ASIAN_FORM})\s*)++$")
_FROM_FORM_ON = re.compile(rf"(?<=[^\s\d])(?:{_ASIAN_FORM})(?=\s*[\da-z]).*")
_STRENGTH_AT_END = re.compile(
    r"(?<=[가-힣ァ-ー塩物])(?<!ビタミン)(?<!비타민)"
    r"(?:\s*(?:\d+%?|(?!na|ca|k)[a-z]{1,2}))+$"
)
_FORMS_AT_START = re.compile(r"^(?:注射用|経口用|外用|주사용|현탁용)\s*")


def bare(folded: str) -> str:
    """Take doses, forms, grades, makers and marks of origin away from a folded text.

    Salts stay, brackets stay. What is left may be empty.
    """
    text = _WORD.sub(lambda word: "\x00" if _is_noise(word[0]) else word[0], without_doses(folded))
    text = " ".join(_FORM_NUMBER.sub(" ", text).replace("\x00", " ").split())
    text = text.removeprefix("de ").removeprefix("d'")  # what a French form leaves behind
    if not text.isascii():
        text = _FORMS_AT_END.sub("", _FROM_FORM_ON.sub("", text.strip(" ._-")))
        text = _FORMS_AT_START.sub("", _STRENGTH_AT_END.sub("", text))
    return text.strip(" .,;:_-")


def without_doses(folded: str) -> str:
    """Take doses and marks away: no slash or comma of theirs is a separator then."""
    unmarked = folded if folded.isascii() else _MARKS.sub(" ", folded)
    return " ".join(_DOSE.sub(" ", unmarked).split())


def _is_noise(word: str) -> bool:
    """Tell noise from names; "b.p." is "bp", and "film-coated" is noise in all its parts."""
    plain = word.replace(".", "")
    return plain in _NOISE or all(part in _NOISE for part in plain.split("-"))
