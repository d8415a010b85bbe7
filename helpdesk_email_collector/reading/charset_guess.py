"""Guessing an undeclared charset: the one that gives the most plausible text.

File names and subjects are too short for libraries that count letters
(`charset-normalizer`, `chardet`): about half of their guesses are wrong. Here every
charset used in mail is tried, and the resulting text is scored: letters of one script
within a word, capitals at the beginning, characters in common use.
"""

import codecs
import functools
import itertools
import re
import unicodedata

MAX_SAMPLE = 1_000
MAX_SIGNS = 150  # that are not ASCII
MAX_INVALID = 0.03  # of the characters, by which a text may be damaged
CERTAIN, MARGIN, MIN_SIGNS = 0.7, 0.25, 6
HINTED = 0.2  # what another part of the mail is written in is likely to be right

# Frequent characters of languages that could be confused with others.
CHINESE = set(
    "的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于着下自之年过发后作里用道行所然家种事"
    "成方多经么去法学如都同现当没动面起看定天分还进好小部其些主样理心本前开但因只从想实日军者意无力它与长把机民第公此已工使情"
    "明性知全三又关点正业外将两高间由问很最重并物手应向头文体相见被利什二等产或新己制身果加月话合回特代内信表化老给位次度门"
    "任常先海通原东提立及员解水名真处走各入几口认条平系气题活更打变总何电数安报才结受目太量再感建务做接必场件计管期市直资命"
    "指区保至队形社便空决治展司科书非听白界达光放强即像难且权思王完设式色路记品住告类求据程北死张交规万取拉格望觉术领共确传"
    "师观清今切院让识带导争运请帮您谢修坏印打故障登录密码统错误票单款付票据订购货快递寄网络邮箱附联系客户服务技术支持图片截屏"
    "合同扫描价格询费用退换维需户址号码份证银款季周今明早晚午收到复核查看照"
)
CHINESE_TRADITIONAL = set(
    "的一是不了在人有我他這個們中來上大為和國地到以說時要就出會可也你對生能而子那得於著下自之年過發後作裡用道行所然家種事"
    "成方多經麼去法學如都同現當沒動面起看定天分還進好小部其些主樣理心本前開但因只從想實日軍者意無力它與長把機民第公此已工使情"
    "明性知全三又關點正業外將兩高間由問很最重並物手應向頭文體相見被利什二等產或新己制身果加月話合回特代內信表化老給位次度門"
    "任常先海通原東提立及員解水名真處走各入幾口認條平系氣題活更打變總何電數安報才結受目太量再感建務做接必場件計管期市直資命"
    "指區保至隊形社便空決治展司科書非聽白界達光放強即像難且權思王完設式色路記品住告類求據程北死張交規萬取拉格望覺術領共確傳"
    "師觀清今切院讓識帶導爭運請幫您謝修壞印表故障登錄密碼統錯誤票單款付據訂購貨快遞寄網絡郵箱附聯繫客戶服務技術支持圖片"
    "合約掃描價格詢費用退換維需址號份證銀季週今早晚午收復核查看照"
)
JAPANESE = set(
    "日一人年大十二本中長出三時行見月分後前生五間上東四今金九入学高円子外八六下来気小七山話女北午百書先名川千水半男西電"
    "校語土木聞食車何南万毎白天母火右読友左休父雨願致申御社様世話確認報告請求見積故障依頼件添付送資料会議連絡先担当部課"
    "株式会社田中山本佐藤鈴木高橋動作問合返信変更設定利用可能現在対応状況内容情報方法名称価格注文番号発注納品契約説明図面"
    "写真画像表示印刷機器障害復旧修理交換使用者管理画面接続通信開始終了予定案内全新旧正式工場所在地国税込払"
)
KOREAN = set(
    "이다에의는로하을가고지서한은기으년대사시를리도인스일요니습해주세안녕감합데보자정아전부어오그수제공라과장나여들원상러"
    "만없있었했것게내우조비트구동때문의성실계건영신용업무화면드마바파프린터타치연락처담당류금액견적견산세첨일메답변확"
    "인요청문제발생설치수리고장접속불가능빠른회신번호품목출력입련관직원본국외학교생년월분초명께됩됐되않"
)
FULL_WIDTH = set(
    "，。！？：；（）《》“”、「」『』・ー～…—　％＋－０１２３４５６７８９【】"
)
# Minimum score in one-byte charsets, to exclude coincidences.
SIGNS = set("«»„“”‘’‚–—…№€£§°©·•®™ ")
CYRILLIC = "оеаинтсрвлкмдпуяызбьгчйхжшюцщэфъёіїєґў"
GREEK = "ατοιενρσκηπςυμλίόάγέδήωχθύφβξζψώϊϋ"
HEBREW = "יוהלרבתמאשנעםדקחפסכגטצןזךףץ"
ARABIC = "اليمونرتبةعدسفهكقأحجشطصىخإذضزغثءآظؤئ"
THAI = "านรอกเงมยลวดทสตะปบคหแจพชขใไโซธญถณผศฐ"
# The letters beside ASCII of languages that share a charset.
LATIN = {
    "cp1252": (
        "äöüßé",
        "éèêëàâçîïôûùœ",
        "ñóíúáéü¿¡ºª",
        "ãõçáéíóúâêôà",
        "àèéìòù",
        "åäöæøé",
        "ëïéèöü",
        "äöüßéèêëàâçîïôûùœñóíúáæøåãõ¿¡ºª",
    ),
    "cp1250": (
        "ąćęłńóśźż",
        "áčďéěíňóřšťúůýž",
        "áäčďéíľňóôšťúýž",
        "áéíóöőúüű",
        "čćđšž",
        "ăâîşţ",
        "áčďéěíňóřšťúůýžąćęłńśźżöőüűäôľđăâî",
    ),
    "cp1254": ("ğışçöüâ", "ğışçöüâéî"),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž"),
}
LATIN["iso8859-2"] = LATIN["cp1250"]
LATIN["cp850"] = LATIN["cp1252"]
# Charsets of the same letters as one that is judged here.
ALIKE = {
    "iso8859-15": "cp1252",
    "mac_roman": "cp1252",
    "mac-roman": "cp1252",
    "iso8859-6": "cp1256",
    "iso8859-8": "cp1255",
    "iso8859-11": "cp874",
    "iso8859-13": "cp1257",
    "iso8859-4": "cp1257",
    "mac-cyrillic": "cp1251",
    "mac-latin2": "cp1250",
    "cp852": "cp1250",
    "cp437": "cp850",
}
HIGH = bytes(range(128, 256))
LETTERS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CONTROLS = re.compile(r"[\x7f-\x9f]")
LIKELY, POSSIBLE, ODD, WRONG = 1.0, 0.6, 0.05, -0.6


def guess_charset(data, hints=()):
    """Return the codec that fits best, None if none does.

    :param bytes data: with no declared charset, or a wrong one
    :param hints: codecs that the rest of the mail uses
    :rtype: str
    """
    best, score = None, 0.0
    for codec, found in _score(_sample(data)).items():
        found += HINTED * (codec in hints)
        if (
            found > score + 1e-9
        ):  # of two with the same score, the more common one comes first
            best, score = codec, found
    return best


def is_mislabelled(data, codec):
    """Return whether bytes are clearly text of another charset than the declared one.

    Nearly all bytes are valid in one-byte charsets, and most in those of East Asia.

    :param bytes data: of which nothing, or only little, is invalid in the charset
    :param str codec: of the declared charset
    :rtype: bool
    """
    sample = _sample(data)
    signs = len(sample) - len(sample.translate(None, HIGH))
    letters = len(sample) - len(sample.translate(None, LETTERS))
    if (
        signs < MIN_SIGNS or signs * 2 < letters
    ):  # no Western text has so few ASCII letters
        return False
    declared = _score_declared(sample, codec)
    if declared is None or declared > 1 - MARGIN:  # nothing can be so much better
        return False
    scores = _score(sample)
    best = max(scores, key=scores.get)
    return (
        best not in LATIN
        and scores[best] > CERTAIN
        and scores[best] - declared > MARGIN
    )


def is_written(data, codec):
    """Return whether text looks written in a charset, or nothing is known of that.

    :param bytes data: the text
    :param str codec: of the charset
    :rtype: bool
    """
    if data.isascii():
        return True
    score = _score_declared(_sample(data), codec)
    return score is None or score > POSSIBLE


def _score_declared(sample, codec):
    """Return how well a text fits its declared charset, like `_score`; None for a
    charset that is not known here, and for lines of ornaments."""
    known = {name: weighs for name, _handicap, weighs in CANDIDATES}
    weighs = known.get(ALIKE.get(codec, codec))
    if not weighs:
        return None
    text = codecs.getincrementaldecoder(codec)("replace").decode(sample)
    signs = _signs(text)
    if sum(sign.isalpha() for sign, _before, _after in signs) * 4 < len(signs):
        return None
    return max(_judge(signs, weigh) for weigh in weighs)


@functools.lru_cache(100)
def _score(sample):
    """Return a score for each codec that can decode the bytes at all."""
    scores = {}
    for codec, handicap, weighs in CANDIDATES:
        if (text := _decode(sample, codec)) is not None:
            signs = _signs(text)
            scores[codec] = max(_judge(signs, weigh) for weigh in weighs) - handicap
    return scores


def _sample(data):
    """Return a part of the bytes that contains what has to be judged."""
    if len(data) <= MAX_SAMPLE:
        return data
    first = next((at for at, byte in enumerate(data) if byte > 127), 0)
    # lines are complete, while any other cut may be within a character
    begin = data.rfind(b"\n", 0, first) + 1
    begin = begin if first - begin < MAX_SAMPLE else first
    return data[begin : begin + MAX_SAMPLE]


def _decode(sample, codec):
    """Return the text, None if too little of it is valid."""
    decoder = codecs.getincrementaldecoder(codec)("replace")
    text = decoder.decode(sample)  # the last character may be cut
    invalid = text.count("\ufffd") + len(_CONTROLS.findall(text))
    return text if invalid <= MAX_INVALID * len(text) else None


def _signs(text):
    """Return the characters to be judged, each with its neighbours."""
    before, found = " ", []
    for position, sign in enumerate(text):
        if not sign.isascii():
            found.append((sign, before, text[position + 1 : position + 2] or " "))
            if len(found) >= MAX_SIGNS:
                break
        before = sign
    return found


def _judge(signs, weigh):
    """Return how plausible a text is, from about -1 to 1."""
    return sum(itertools.starmap(weigh, signs)) / max(1, len(signs))


@functools.cache
def _script(sign):
    """Return the script of a letter by its Unicode name, "" for other characters."""
    return unicodedata.name(sign, "").partition(" ")[0] if sign.isalpha() else ""


def _is_letter(sign):
    return sign.isascii() and sign.isalpha()


def _weigh_latin(letters, weight, sign, before, after):
    if sign in SIGNS:
        return LIKELY - 0.1
    if sign.lower() not in letters:
        return ODD if sign.isalpha() else WRONG
    if (sign.isupper() and before.islower()) or before.isdigit() or after.isdigit():
        return WRONG
    # words contain more ASCII letters than others
    others = [near for near in (before, after) if near.isalpha() and not near.isascii()]
    return weight - 0.3 * len(others)


def _weigh_letters(script, frequent, sign, before, after):
    """Score a letter of a script other than Latin: words do not mix scripts."""
    if sign in SIGNS:
        return POSSIBLE
    found = _script(sign)
    if found != script and not unicodedata.combining(sign):
        return WRONG
    if _is_letter(before) or _is_letter(after) or (sign.isupper() and before.islower()):
        return WRONG
    if sign.islower() and after.isupper():  # the small letters of one are capitals
        return WRONG
    place = frequent.find(sign.lower())
    weight = LIKELY - 0.015 * place if place >= 0 else POSSIBLE * 0.5
    # a word of one letter is as rare as one in capitals
    alone = not (before.isalpha() or after.isalpha())
    return weight * (0.85 if alone or (sign.isupper() and before.isupper()) else 1)


def _weigh_thai(sign, before, _after):
    if not "\u0e01" <= sign <= "\u0e5b":
        return WRONG
    # vowels and tones stand above or below a consonant
    mark = unicodedata.category(sign) == "Mn"
    above = unicodedata.category(before) == "Mn"
    if mark and not (above or "\u0e01" <= before <= "\u0e2e"):
        return WRONG
    return LIKELY - 0.2 if mark or sign in THAI else ODD


def _weigh_chinese(frequent, codec, first, last, sign, before, after):
    if sign in FULL_WIDTH:
        return POSSIBLE
    if not "\u4e00" <= sign <= "\u9fff":
        return WRONG
    # the charset puts common characters first
    known = POSSIBLE if first <= _lead(sign, codec) <= last else ODD
    return (LIKELY if sign in frequent else known) - _beside_small(before, after)


def _weigh_japanese(sign, before, after):
    if sign in FULL_WIDTH:
        return POSSIBLE
    if "\u3041" <= sign <= "\u30fe":
        beside = any("\u3041" <= near <= "\u9fff" for near in (before, after))
        return LIKELY if beside else POSSIBLE
    if not "\u4e00" <= sign <= "\u9fff":
        return WRONG
    known = POSSIBLE if 0xB0 <= _lead(sign, "euc_jp") <= 0xCF else ODD
    return (LIKELY if sign in JAPANESE else known) - _beside_small(before, after)


def _weigh_korean(sign, before, after):
    if sign in FULL_WIDTH:
        return POSSIBLE
    if not "\uac00" <= sign <= "\ud7a3":
        return WRONG
    known = POSSIBLE if _lead(sign, "euc_kr") else WRONG
    return (LIKELY if sign in KOREAN else known) - _beside_small(before, after)


def _beside_small(before, after):
    """Return the deduction for an ideograph within a word of lower-case letters."""
    return 0.3 * sum(near.islower() and near.isascii() for near in (before, after))


@functools.cache
def _lead(sign, codec):
    """Return the first byte of a character, 0 if the charset does not contain it."""
    data = sign.encode(codec, "ignore")
    return data[0] if len(data) == 2 else 0


def _latin(codec):
    *alphabets, together = LATIN[codec]
    weighs = [functools.partial(_weigh_latin, set(one), LIKELY) for one in alphabets]
    return [*weighs, functools.partial(_weigh_latin, set(together), LIKELY - 0.1)]


def _letters(script, frequent):
    return [functools.partial(_weigh_letters, script, frequent)]


def _chinese(frequent, codec, first, last):
    return [functools.partial(_weigh_chinese, frequent, codec, first, last)]


# The charsets of mail: codec, how much less usual it is, how to weigh its characters.
# Of two that fit alike the first is meant.
CANDIDATES = [
    ("cp1252", 0, _latin("cp1252")),
    ("cp1250", 0.02, _latin("cp1250")),
    ("cp1254", 0.02, _latin("cp1254")),
    ("iso8859-2", 0.03, _latin("iso8859-2")),
    ("cp1257", 0.1, _latin("cp1257")),
    ("cp850", 0.1, _latin("cp850")),
    ("cp1251", 0, _letters("CYRILLIC", CYRILLIC)),
    ("koi8-r", 0, _letters("CYRILLIC", CYRILLIC)),
    ("koi8-u", 0.01, _letters("CYRILLIC", CYRILLIC)),
    ("iso8859-5", 0.05, _letters("CYRILLIC", CYRILLIC)),
    ("cp866", 0.15, _letters("CYRILLIC", CYRILLIC)),
    ("cp1253", 0, _letters("GREEK", GREEK)),
    ("iso8859-7", 0.02, _letters("GREEK", GREEK)),
    ("cp1255", 0, _letters("HEBREW", HEBREW)),
    ("cp1256", 0, _letters("ARABIC", ARABIC)),
    ("cp874", 0.05, [_weigh_thai]),
    ("cp932", 0, [_weigh_japanese]),
    ("euc_jp", 0, [_weigh_japanese]),
    ("gb18030", 0, _chinese(CHINESE, "gb2312", 0xB0, 0xD7)),
    ("big5hkscs", 0, _chinese(CHINESE_TRADITIONAL, "big5", 0xA4, 0xC6)),
    ("cp949", 0, [_weigh_korean]),
]
