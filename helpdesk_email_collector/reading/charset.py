"""Bytes to text: the declared charset, or the one that fits."""

import codecs
import re

# A sample is enough to recognise a charset, and the detection is not fast.
MAX_SAMPLE = 32 * 1024
# What programs write -> what they mean, mostly the larger set of the same family
# (as the WHATWG's Encoding Standard has it).
LARGER = {
    "ascii": "utf-8",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "tis-620": "cp874",
}
NAMES = {
    "x-gbk": "gb18030",
    "cp-850": "cp850",
    "iso-8859-8-i": "iso8859-8",
    "ks_c_5601-1987": "cp949",
    "unicode-1-1-utf-7": "utf-7",
    "x-sjis": "cp932",
}
# The charsets that mail is written in; the detection knows many more and errs more.
USUAL = [
    "cp1252",
    "cp1250",
    "cp1251",
    "koi8_r",
    "cp1253",
    "cp1254",
    "cp1255",
    "cp1256",
    "cp932",
    "euc_jp",
    "gb18030",
    "big5",
    "cp949",
    "cp874",
]
# Western Europe's letters and signs: a few of them between ASCII are cp1252.
WESTERN = set(
    "äöüßÄÖÜéèêëàâçîïôûùœæÉÈÀÇñóíúáÑÓÍÚÁ¿¡ºª«»‘’“”„‚–—…•€£§°·©®²³µ´¨ãõåøÅØìò\xa0".encode(
        "cp1252"
    )
)
ASCII = set(range(128))

_ONE_BYTE = ("cp125", "cp437", "cp85", "cp86", "iso8859", "koi8", "mac", "latin")
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


def decode_bytes(data, declared=None):
    """Return bytes as text; recognises the charset when the declared one cannot be.

    :param bytes data: what to decode
    :param str declared: the charset that the mail names, or None
    """
    codec = _get_codec(declared)
    candidates = [codec or "utf-8", "utf-8"]
    if candidates[0].startswith(_ONE_BYTE):
        # These can be anything. What is valid as UTF-8 is UTF-8, whatever its label.
        candidates.reverse()
    for candidate in candidates:
        try:
            return clean_body(data.decode(candidate))
        except (UnicodeError, ValueError):
            continue
    return clean_body(data.decode(_detect(data), "replace"))


def clean_body(text):
    """Return text with `\\n` line ends, without characters that no database takes."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    return _NO_TEXT.sub("", text)


def _get_codec(declared):
    """Return the codec for a charset's name, None when there is none for text."""
    name = (declared or "").strip("'\" \t").lower()
    if not name:
        return None
    try:
        codec = codecs.lookup(NAMES.get(name, name))
    except (LookupError, ValueError):
        return None
    # base64, zlib and others are codecs, too: unpacking is not reading
    if not getattr(codec, "_is_text_encoding", True) or codec.name == "idna":
        return None
    return LARGER.get(codec.name, codec.name)


def _detect(data):
    """Return the codec that fits bytes best that nobody declared, or wrongly."""
    sample = data[:MAX_SAMPLE]
    rare = set(sample) - ASCII
    if rare <= WESTERN and sum(map(sample.count, rare)) < len(sample) / 3:
        return "cp1252"
    # imported here: only one mail in a hundred needs it, and it takes its time
    from charset_normalizer import from_bytes

    best = from_bytes(sample, cp_isolation=USUAL).best()
    return best.encoding if best else "cp1252"
