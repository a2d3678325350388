"""Counter-ions, esters and states of a substance, in the members' languages: data only.

One row an ion, one column a language, variants apart by blanks. Names are as `normalise.key` leaves
them: no accents, no blanks. How a language builds a salt's name from them is `salts`' matter.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Ion:
    """One counter-ion, ester group or state.

    Attributes:
        en: English words, as suffixes ("besilate").
        fr: French nouns, where they differ from the English ones ("chlorhydrate").
        de: German suffixes ("hydrochlorid").
        ko: Korean acids (염산), or loan words that stand as they are (포스페이트).
        ja: Japanese acids (塩酸), or loan words.
    """

    en: str
    fr: str = ""
    de: str = ""
    ko: str = ""
    ja: str = ""


ACIDS = (
    Ion("hydrochloride hcl", "chlorhydrate", "hydrochlorid", "염산 하이드로클로라이드", "塩酸"),
    Ion("hydrobromide hbr", "bromhydrate", "hydrobromid", "브롬화수소산", "臭化水素酸"),
    Ion("hydroiodide", "iodhydrate", "hydroiodid", "요오드화수소산", "ヨウ化水素酸"),
    Ion("chloride", "chlorure", "chlorid", "염화 클로라이드", "塩化"),
    Ion("bromide", "bromure", "bromid", "브롬화 브로마이드 브롬", "臭化"),
    Ion("iodide", "iodure", "iodid", "요오드화 아이오다이드", "ヨウ化"),
    Ion("sulfate sulphate bisulfate bisulphate", "", "sulfat", "황산 설페이트", "硫酸"),
    Ion("hydrogensulfate hydrogensulphate", "hydrogenosulfate", "hydrogensulfat", "황산수소"),
    Ion("nitrate", "", "nitrat", "질산 나이트레이트", "硝酸"),
    Ion("carbonate", "", "carbonat", "탄산", "炭酸"),
    Ion("phosphate", "", "phosphat dihydrogenphosphat", "인산 포스페이트", "リン酸"),
    Ion("acetate", "", "acetat", "아세트산 초산 아세테이트", "酢酸"),
    Ion("citrate", "", "citrat", "시트르산 구연산 시트레이트", "クエン酸"),
    Ion(
        "tartrate bitartrate hydrogentartrate ltartrate",
        "hydrogenotartrate",
        "tartrat hydrogentartrat",
        "타르타르산 주석산 타르트레이트 l타르타르산 중주석산",
        "酒石酸",
    ),
    Ion(
        "maleate hydrogenmaleate",
        "",
        "maleat hydrogenmaleat",
        "말레산 말레인산 말레이트",
        "マレイン酸",
    ),
    Ion("malate", "", "malat", "말산", "リンゴ酸"),
    Ion("fumarate hydrogenfumarate", "", "fumarat", "푸마르산 푸마레이트", "フマル酸"),
    Ion(
        "succinate hydrogensuccinate",
        "hydrogenosuccinate",
        "succinat hydrogensuccinat",
        "숙신산 호박산 숙시네이트",
        "コハク酸",
    ),
    Ion("oxalate", "", "oxalat", "옥살산 수산", "シュウ酸"),
    Ion("lactate", "", "lactat", "락트산 젖산", "乳酸"),
    Ion("gluconate", "", "gluconat", "글루콘산", "グルコン酸"),
    Ion("glutamate", "", "glutamat", "글루탐산", "グルタミン酸"),
    Ion("aspartate", "", "aspartat", "아스파르트산", "アスパラギン酸"),
    Ion("saccharate", "", "saccharat"),
    Ion("adipate", "", "adipat", "아디프산", "アジピン酸"),
    Ion("benzoate", "", "benzoat", "벤조산 안식향산", "安息香酸"),
    Ion("salicylate", "", "salicylat", "살리실산", "サリチル酸"),
    Ion("hippurate", "", "hippurat", "마뇨산", "馬尿酸"),
    Ion("mandelate", "", "mandelat", "만델산"),
    Ion("nicotinate", "", "nicotinat", "니코틴산", "ニコチン酸"),
    Ion("orotate", "", "orotat", "오로트산", "オロト酸"),
    Ion("tannate", "", "tannat", "탄닌산", "タンニン酸"),
    Ion("pamoate embonate", "", "pamoat embonat", "파모산 엠본산", "パモ酸"),
    Ion(
        "mesilate mesylate methanesulfonate",
        "",
        "mesilat",
        "메실산 메탄설폰산 메실레이트",
        "メシル酸",
    ),
    Ion("besilate besylate benzenesulfonate", "", "besilat", "베실산 베실레이트", "ベシル酸"),
    Ion("tosilate tosylate", "", "tosilat", "토실산 토실레이트", "トシル酸"),
    Ion("camsilate camsylate", "camphosulfonate", "camsilat", "캄실산 캄실레이트", "カンシル酸"),
    Ion("edisilate edisylate", "", "edisilat", "에디실산", "エジシル酸"),
    Ion("esilate esylate", "", "esilat", "에실산", "エシル酸"),
    Ion("napsilate napsylate", "", "napsilat", "납실산", "ナプシル酸"),
    Ion(
        "isetionate isethionate",
        "isetionate isethionate",
        "isetionat",
        "이세티온산",
        "イセチオン酸",
    ),
    Ion("metilsulfate methylsulfate methylsulphate", "", "metilsulfat", "메틸황산", "メチル硫酸"),
    Ion("trifluoroacetate", "", "trifluoracetat"),
    Ion("mucate"),
    Ion("hyclate hyclat", "", "hyclat", "하이클레이트"),
    Ion("resinate polistirex"),
    Ion("pyroglutamate lpyroglutamicacid pidolate"),
    Ion("carbamate", "", "carbamat", "카르밤산", "カルバミン酸"),
    Ion("glucuronate", "", "glucuronat", "글루쿠론산", "グルクロン酸"),
    Ion("cyclamate", "", "cyclamat", "시클람산"),
    Ion("trifenatate", "", "trifenatat", "트리페나테이트", "トリフェニル酢酸"),
    # Esters.
    Ion("propionate", "", "propionat", "프로피온산 프로피오네이트", "プロピオン酸"),
    Ion("butyrate", "", "butyrat", "부티르산 부티레이트", "酪酸"),
    Ion("valerate", "", "valerat", "발레르산 발레레이트 길초산", "吉草酸"),
    Ion("caproate hexanoate", "", "caproat", "카프로산 카프로에이트", "カプロン酸"),
    Ion("enantate enanthate heptanoate", "", "enantat", "에난트산 에난테이트", "エナント酸"),
    Ion("decanoate", "", "decanoat", "데칸산 데카노에이트", "デカン酸"),
    Ion("undecanoate undecylate", "", "undecanoat", "운데칸산 운데카노에이트", "ウンデカン酸"),
    Ion("cipionate cypionate", "", "cipionat", "시피온산 시피오네이트", "シピオン酸"),
    Ion("pivalate", "", "pivalat", "피발산", "ピバル酸"),
    Ion("palmitate", "", "palmitat", "팔미트산 팔미테이트", "パルミチン酸"),
    Ion("stearate", "", "stearat", "스테아르산 스테아린산 스테아레이트", "ステアリン酸"),
    Ion("estolate", "", "estolat", "에스톨레이트"),
    Ion("ethylsuccinate", "", "ethylsuccinat", "에틸숙신산", "エチルコハク酸"),
    Ion("lactobionate", "", "lactobionat", "락토비온산", "ラクトビオン酸"),
    Ion("furoate", "", "furoat", "푸로에이트", "フランカルボン酸"),
    Ion("xinafoate", "", "xinafoat", "지나포산 지나포에이트", "キシナホ酸"),
    Ion("octanoate", "", "octanoat", "옥탄산", "オクタン酸"),
    Ion("lauroxil"),
    Ion("farnesil"),
    Ion("fosfatex"),
    Ion("tebutate"),
    Ion("acetonide", "", "acetonid", "아세토니드", "アセトニド"),
    Ion("hexacetonide", "", "hexacetonid", "헥사세토니드"),
    # Prodrug groups.
    Ion("axetil", "", "", "악세틸", "アキセチル"),
    Ion("proxetil", "", "", "프록세틸", "プロキセチル"),
    Ion("pivoxil", "", "", "피복실", "ピボキシル"),
    Ion("cilexetil", "", "", "실렉세틸", "シレキセチル"),
    Ion("mofetil", "", "", "모페틸", "モフェチル"),
)

METALS = (
    Ion("sodium natrium na", "sodique desodium", "natrium", "나트륨 소듐", "ナトリウム"),
    Ion("potassium kalium k", "potassique depotassium", "kalium", "칼륨 포타슘", "カリウム"),
    Ion("calcium ca", "calcique decalcium", "calcium", "칼슘", "カルシウム"),
    Ion("magnesium", "magnesique demagnesium", "magnesium", "마그네슘", "マグネシウム"),
    Ion("strontium", "", "strontium", "스트론튬", "ストロンチウム"),
    Ion("ammonium", "dammonium", "ammonium", "암모늄", "アンモニウム"),
    Ion("zinc", "zincique dezinc", "zink", "아연", "亜鉛"),
)

PARTNERS = (
    # Amines, then solvents.
    Ion("meglumine", "demeglumine", "meglumin", "메글루민", "メグルミン"),
    Ion(
        "trometamol tromethamine trometamine",
        "detrometamol",
        "trometamol",
        "트로메타몰 트로메타민",
        "トロメタモール トロメタミン",
    ),
    Ion("arginine larginine", "", "arginin", "아르기닌", "アルギニン"),
    Ion("lysine llysine", "delysine", "lysin", "리신 리진", "リシン リジン"),
    Ion("diethylamine diethylammonium", "dediethylamine", "diethylamin", "디에틸아민"),
    Ion("epolamine", "depolamine", "epolamin", "에폴라민"),
    Ion("erbumine tertbutylamine", "", "erbumin", "에르부민 t부틸아민", "エルブミン"),
    Ion("olamine ethanolamine", "", "olamin", "올라민", "オラミン"),
    Ion("diolamine"),
    Ion("choline", "", "cholin", "콜린"),
    Ion("ethanolate", "", "ethanolat", "에탄올레이트 에탄올화물", "エタノール付加物"),
    Ion("propanediol", "", "", "프로판디올", "プロピレングリコール"),
)

STATES = (
    Ion("hydrate hydrated", "hydrate hydratee", "hydrat", "수화물 하이드레이트", "水和物"),
    Ion("anhydrous anhydrate", "anhydre", "wasserfrei", "무수 무수물", "無水 無水物"),
    Ion("crystalline crystallized crystallised", "cristallise cristallisee", "", "", "結晶"),
    Ion("micronized micronised", "micronise micronisee", "mikronisiert", "미분화"),
    Ion("dried", "seche", "getrocknet", "건조", "乾燥"),
    Ion("dilute diluted", "", "verdunnt", "묽은"),
    Ion("precipitated", "", "", "침강", "沈降"),
    Ion("purified", "purifie purifiee", "gereinigt", "정제", "精製"),
    Ion("glacial hydrous crude", "cristallisable", "", "결정", "氷"),
    Ion("salt", "", "", "", ""),
    Ion("base freebase anhydrousbasis basis", "", "base"),
)

OWN_SUBSTANCES = frozenset(
    {
        ("adenosine", "phosphate"),
        ("fluticasone", "furoate"),
        ("glycopyrronium bromide", "tosilate"),
        ("glyceryl", "nitrate"),
        ("chlorphenesin", "carbamate"),
        ("hydrocortisone", "aceponate"),
        ("hydrocortisone", "buteprate"),
        ("hydrocortisone", "butyrate"),
        ("isosorbide", "nitrate"),
        ("laninamivir", "octanoate"),
        ("salicylic acid", "acetate"),
        ("sulbactam", "pivoxil"),
        ("thiamine", "phosphate"),
    }
)
"""INN and ion that make another substance, listed beside the INN: not a salt or ester of it."""
