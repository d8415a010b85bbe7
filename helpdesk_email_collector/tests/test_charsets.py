import base64

from odoo.tests import tagged

from ..reading.charset import Charsets, decode_bytes, find_codec
from ..reading.charset_guess import guess_charset
from ..reading.fields import decode_value
from ..reading.parts import clean_filename
from .common import CollectorCommon
from .hostile_mails import mail, multipart, text_part
from .reading_common import ReadingCommon

GERMAN = "Grüße aus München – schöne Überraschung für Köln"
JAPANESE = "お世話になっております。プリンタが動きません。"
# Signs that only Microsoft's programs put into seven-bit mail, and half-width ones.
MICROSOFT = b"\x1b$B-!-j\x1b(I\x4c\x5f\x1b$BI=\x1b(B ok"
MICROSOFT_TEXT = "①㈱ﾌﾟ表 ok"
RUSSIAN = "Не работает принтер, помогите, пожалуйста"
CHINESE = "您好，打印机坏了，请帮忙。"
TAIWANESE = "您好，印表機壞了，請幫忙。"
KOREAN = "안녕하세요. 프린터가 고장났습니다."
# What is written where, in the charsets that its mail is in; short and long.
WRITTEN = {
    "koi8-r": (RUSSIAN, "Добрый день", "отчет.pdf", "Счёт за октябрь"),
    "cp1251": (RUSSIAN, "Добрый день", "отчет.pdf", "Счёт за октябрь"),
    "iso8859-5": (RUSSIAN, "Добрый день", "отчет.pdf"),
    "koi8-u": ("Не працює принтер, допоможіть",),
    "cp932": (JAPANESE, "見積書.pdf", "請求書", "故障報告書", "写真.jpg"),
    "euc_jp": (JAPANESE, "見積書.pdf", "請求書", "故障報告書", "写真.jpg"),
    "gb18030": (CHINESE, "故障报告.pdf", "发票", "王伟", "合同扫描件.docx"),
    "big5": (TAIWANESE, "故障報告.pdf", "發票", "王大明", "合約掃描.docx"),
    "cp949": (KOREAN, "보고서.pdf", "견적서", "세금계산서.xlsx"),
    "cp1253": ("Ο εκτυπωτής δεν λειτουργεί", "τιμολόγιο.pdf"),
    "cp1254": ("Yazıcı çalışmıyor, lütfen yardım edin", "Teşekkürler"),
    "cp1255": ("המדפסת לא עובדת", "חשבונית.pdf"),
    "cp1256": ("الطابعة لا تعمل", "فاتورة.pdf"),
    "cp1250": ("Zażółć gęślą jaźń", "Příliš žluťoučký kůň", "A nyomtató nem működik"),
    "iso8859-2": ("Drukarka nie działa, proszę o pomoc",),
    "cp874": ("เครื่องพิมพ์เสีย", "สวัสดีครับ ช่วยด้วย"),
    "cp1252": (
        GERMAN,
        "Rechnung März.pdf",
        "Dépannage de l’imprimante",
        "¿Cuándo vendrá el técnico?",
        "“100 €”",
        "Olá, obrigado pela atenção",
        "Følgende fejl på skærmen",
    ),
    "utf-8": (GERMAN, JAPANESE, RUSSIAN, CHINESE, "😀 ok"),
}


def in_parts(text, codec, kind, charset):
    """Return a text as encoded words of a few bytes each, cut anywhere."""
    data, words = text.encode(codec), []
    for start in range(0, len(data), 7):
        piece = data[start : start + 7]
        if kind == "q":
            words.append("".join(f"={byte:02X}" for byte in piece))
        else:
            words.append(base64.b64encode(piece).decode())
    return "\r\n ".join(f"=?{charset}?{kind}?{word}?=" for word in words).encode()


@tagged("post_install", "-at_install")
class TestCharsets(ReadingCommon):
    """E09: text is readable, whatever the mail says that it is written in."""

    def _text(self, data, declared=None):
        head = "Content-Type: text/plain"
        head += f"; charset={declared}" if declared else ""
        return self._see(mail("x", head.encode() + b"\r\n\r\n" + data)).shown

    def test_nobody_says(self):
        """E09: without a label the text is recognised, in body, subject and name."""
        for charset, texts in WRITTEN.items():
            for text in texts:
                with self.subTest(charset, text=text):
                    data = text.encode(charset)
                    self.assertEqual(self._text(data), text)
                    self.assertEqual(decode_value("Subject", data), text)
                    part = (
                        b'Content-Type: application/pdf; name="' + data + b'"\r\n'
                        b'Content-Disposition: attachment; filename="' + data + b'"\r\n'
                    )
                    seen = self._see(mail("x", multipart(text_part(), part + b"\r\nx")))
                    self.assertEqual(list(seen.files), [clean_filename(text)])

    def test_wrong_label(self):
        """E09: a label that cannot be is not believed."""
        for text, charset, declared in (
            (RUSSIAN, "cp1251", "us-ascii"),
            (RUSSIAN, "koi8-r", "iso-8859-1"),
            (RUSSIAN, "cp1251", "windows-1252"),
            (RUSSIAN, "koi8-r", "utf-8"),
            (CHINESE, "gb18030", "iso-8859-1"),
            (JAPANESE, "cp932", "utf-8"),
            (JAPANESE, "utf-8", "iso-2022-jp"),
            (CHINESE, "utf-8", "gb2312"),
            (JAPANESE, "utf-8", "shift_jis"),
            (RUSSIAN, "utf-8", "gbk"),
            (GERMAN, "utf-8", "shift_jis"),
            ("发票", "utf-8", "gb2312"),
            (RUSSIAN, "utf-8", "utf-16"),
            (CHINESE, "gb18030", "big5"),
            (CHINESE, "gb18030", "euc-kr"),
            (CHINESE, "gb18030", "windows-1251"),
            (TAIWANESE, "big5", "gb2312"),
            (TAIWANESE, "big5", "shift_jis"),
            (JAPANESE, "cp932", "gbk"),
            (JAPANESE, "euc_jp", "shift_jis"),
            (JAPANESE, "euc_jp", "iso-8859-15"),
            (KOREAN, "cp949", "gb2312"),
            (KOREAN, "cp949", "shift_jis"),
            (RUSSIAN, "koi8-r", "gb2312"),
            (RUSSIAN, "koi8-r", "windows-1250"),
            (RUSSIAN, "cp1251", "windows-1256"),
            (GERMAN, "cp1252", "utf-8"),
            (GERMAN, "cp1252", "iso-8859-1"),
            (GERMAN, "cp1252", "iso-2022-jp"),
            (GERMAN, "cp1252", "x-unknown"),
            (GERMAN, "utf-8", "windows-1252"),
            (GERMAN, "utf-16", "utf-8"),
            ("喆镕", "gb18030", "gb2312"),
            ("①髙", "cp932", "shift_jis"),
            ("뷁 한글", "cp949", "euc-kr"),
        ):
            with self.subTest(text, charset=charset, declared=declared):
                self.assertEqual(self._text(text.encode(charset), declared), text)

    def test_right_label(self):
        """E09: what is rare, but what it says, is believed: names, capitals, lists."""
        for text, charset in (
            ("王伟，李娜，张敏，刘静，欧阳喆镕", "gb18030"),
            ("通知", "gb18030"),  # is valid as UTF-8, too
            ("您好", "utf-16-le"),
            ("龔珮瑜、闕睿瑩、鄺翊嫻", "big5"),
            ("齋藤髙志、渡邊﨑子", "cp932"),
            ("サーバ／ルータ／ｽｲｯﾁ", "cp932"),
            ("뷁 쀍 믜 햏", "cp949"),
            ("НЕ РАБОТАЕТ ПРИНТЕР", "koi8-r"),
            ("НЕ РАБОТАЕТ ПРИНТЕР", "cp1251"),
            ("ѓђћќџ јљњ", "cp1251"),
            ("ΤΙΜΟΛΟΓΙΟ", "cp1253"),
            ("ŻÓŁĆ ŹDŹBŁO ŁÓDŹ ŚĆ", "iso8859-2"),
            ("ÆØÅ ÄÖÜ ÉÈÊ ÇÑ", "cp1252"),
            ("────────────", "cp949"),
            ("½¾¼ ½¾¼ ½¾¼", "cp1252"),
        ):
            with self.subTest(text, charset=charset):
                self.assertEqual(self._text(text.encode(charset), charset), text)

    def test_labels(self):
        """E09: what programs call a charset."""
        for name, codec in (
            ("windows1252", "cp1252"),
            ("cp-1251", "cp1251"),
            ("x-cp1250", "cp1250"),
            ("ISO 8859-15", "iso8859-15"),
            ("iso8859_1", "cp1252"),
            ("ISO-8859-2 charset", "iso8859-2"),
            ("utf-8;format=flowed", "utf-8"),
            ("'UTF-8'", "utf-8"),
            ("UTF8", "utf-8"),
            ("GB_2312-80", "gb18030"),
            ("ks_c_5601-1987", "cp949"),
            ("windows-31j", "cp932"),
            ("big5-hkscs", "big5hkscs"),
            ("koi8-ru", "koi8-u"),
            ("x-mac-cyrillic", "mac-cyrillic"),
            ("x-mac-ce", "mac-latin2"),
            ("hex", None),
            ("zlib", None),
            ("idna", None),
            ("x-user-defined", None),
            ("", None),
            ("\0", None),
        ):
            self.assertEqual(find_codec(name), codec, name)

    def test_korean_of_seven_bits(self):
        """E09: ISO-2022-KR, with a label or none."""
        text = "프린터가 고장났습니다"
        for declared in (None, "iso-2022-kr", "us-ascii", "utf-8", "x-unknown"):
            self.assertEqual(self._text(text.encode("iso2022_kr"), declared), text)

    def test_japanese_of_seven_bits(self):
        """E09: ISO-2022-JP with any label or none, and what Microsoft adds to it."""
        data = JAPANESE.encode("iso2022_jp")
        for declared in (
            None,
            "iso-2022-jp",
            "ISO-2022-JP-MS",
            "iso-2022-jp-2",
            "cp50220",
            "CP50221",
            "csISO2022JP",
            "us-ascii",
            "utf-8",
            "iso-8859-1",
            "x-unknown",
        ):
            with self.subTest(declared):
                self.assertEqual(self._text(data, declared), JAPANESE)
                self.assertEqual(self._text(MICROSOFT, declared), MICROSOFT_TEXT)
                if declared:
                    word = base64.b64encode(MICROSOFT).decode()
                    subject = f"=?{declared}?B?{word}?=".encode()
                    self.assertEqual(decode_value("Subject", subject), MICROSOFT_TEXT)
        self.assertEqual(decode_value("Subject", data), JAPANESE)
        self.assertEqual(self._text(b"\x1b$B%W%j%\r\nok"), "プリ\ufffd ok")
        self.assertEqual(self._text(b"\x1b$B%W\x1b$(D0!\x1b(B!"), "プ丂!")

    def test_one_broken_byte(self):
        """E09: one character is odd, the others are readable."""
        data = GERMAN.encode()
        broken = GERMAN.replace("ü", "\ufffd", 1)
        for declared in ("utf-8", "iso-8859-1", "us-ascii", None):
            for byte in (b"\xc3", b"\xfc", b"\xff"):
                found = self._text(data.replace(b"\xc3\xbc", byte, 1), declared)
                self.assertEqual(found, broken, declared)
        cut = CHINESE.encode("gb18030")[:-1]
        self.assertEqual(self._text(cut, "gb2312"), CHINESE[:-1] + "\ufffd")
        for text, end in (
            ("Preis 20 ", b"\xe2\x82"),
            ("Gru", b"\xc3"),
            ("😀", b"\xf0"),
        ):
            found = self._text(text.encode() + end, "utf-8")
            self.assertEqual(found, f"{text}\ufffd")
        for declared in ("utf-8", None):
            self.assertEqual(self._text(b"caf\xe9", declared), "café")
            self.assertEqual(self._text(b"Gr\xfc\xdfe", declared), "Grüße")

    def test_broken_subject(self):
        """E09: the same in a subject, encoded or not."""
        data = GERMAN.encode().replace(b"\xc3\xbc", b"\xc3", 1)
        word = b"=?utf-8?b?" + base64.b64encode(data) + b"?="
        for value in (data, word):
            found = decode_value("Subject", value)
            self.assertEqual(found, GERMAN.replace("ü", "\ufffd", 1))

    def test_words_cut_anywhere(self):
        """E09: characters that are cut between two encoded words are whole again."""
        for charset, text in (
            ("utf-8", "Grüße 😀 und ähnliche"),
            ("utf-8", RUSSIAN),
            ("gb2312", "故障报告喆"),
            ("shift_jis", "プリンタ故障①"),
            ("big5", "印表機壞了"),
            ("koi8-r", RUSSIAN),
        ):
            codec = {"gb2312": "gb18030", "shift_jis": "cp932"}.get(charset, charset)
            for kind in "qb":
                with self.subTest(charset, kind=kind):
                    words = in_parts(text, codec, kind, charset)
                    self.assertEqual(decode_value("Subject", words), text)

    def test_words_of_any_form(self):
        """E09: encoded words as programs write them, and what is none."""
        for value, text in (
            (b"=?iso-8859-1?q?20_=80?=", "20 €"),
            (b"=?us-ascii?q?Gr=FC=DFe?=", "Grüße"),
            (b"=?x-unknown?q?Gr=FC=DFe?=", "Grüße"),
            (b"=?utf-8?q?Gr=FC=DFe?=", "Grüße"),
            (b"=?utf-8?q?Gr\xfc\xdfe?=", "Grüße"),
            (b"=?utf-8?q?Gr\xc3\xbc\xc3\x9fe?=", "Grüße"),
            (b"=?iso-8859-1?q?Gr\xc3\xbc\xc3\x9fe?=", "Grüße"),
            (b"=?utf-8*de?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
            (b"=?UTF-8?Q?a b =C3=BC?=", "a b ü"),
            (b"=?utf-8?q?Wie geht's??=", "Wie geht's?"),
            (b"=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
            (b"=?utf-8?q?a?==?utf-8?q?b?=", "ab"),
            (b"=?utf-8?q?a_?= =?iso-8859-1?q?=FC?= c", "a ü c"),
            (b"x=?utf-8?q?=C3=BC?=y", "xüy"),
            (b"=?utf-8?b?w7w?=", "ü"),
            (b"=?utf-8?b?w7w=\r\n ?=", "ü"),
            (b"=?utf-8?b?w7w?= =?utf-8?b?w7w=?=", "üü"),
            (b"=?utf-8?b?w?= =?utf-8?b?7w=?=", "ü"),
            (b"=?utf-8?b?%%?=", ""),
            (b"=?utf-8?q??=", ""),
            (b"=?utf-8?x?a?=", "=?utf-8?x?a?="),
            (b"=?utf-8?q?a", "=?utf-8?q?a"),
            (b"=?utf-8?q?a =?utf-8?q?b?=", "=?utf-8?q?a b"),
            (b"What?= is =?", "What?= is =?"),
            (b"Gr\xfc\xdfe =?utf-8?q?=C3=BC?= Gr\xfc\xdfe", "Grüße ü Grüße"),
            (b"=?utf-8?q?a=0D=0ABcc:_x=00?=", "a Bcc: x"),
        ):
            self.assertEqual(decode_value("Subject", value), text, value)

    def test_names_of_files(self):
        """E09: a name in any form; the rest of the mail helps to read it."""
        for head, name in (
            (b"filename*=gb2312''%B9%CA%D5%CF.pdf", "故障.pdf"),
            (b"filename*=x-unknown''%B9%CA%D5%CF.pdf", "故障.pdf"),
            (b"filename*=''f%FCr.pdf", "für.pdf"),
            (b"filename*=utf-8''%B9%CA%D5%CF.pdf", "故障.pdf"),
            ("filename*=utf-8''für.pdf".encode(), "für.pdf"),
            (b'filename="=?utf-8?q?a=22=3Bb=C3=BC.pdf?="', 'a";bü.pdf'),
            (b'filename="\x95\x5c.xls"', "表.xls"),
            (b'filename="=?iso-2022-jp-ms?B?GyRCLSEbKEI=?=.pdf"', "①.pdf"),
            (b'filename="\x1b$B-!\x1b(B.pdf"', "①.pdf"),
            (b"filename=\xe6\x95\x85\xe9\x9a\x9c.pdf", "故障.pdf"),
            (b'filename="=?utf-8?q?f=C3?=\r\n =?utf-8?q?=BCr.pdf?="', "für.pdf"),
        ):
            part = b"Content-Type: application/pdf\r\nContent-Disposition: attachment; "
            seen = self._see(
                mail("x", multipart(text_part(), part + head + b"\r\n\r\nx"))
            )
            self.assertEqual(list(seen.files), [name], head)

    def test_the_rest_of_the_mail_helps(self):
        """E09: two signs are few; another part says what they are written in."""
        for charset, text, declared in (
            ("gb18030", "王宇", "gb2312"),
            ("euc_jp", "王宇", "euc-jp"),
            ("cp932", "高崎", "iso-2022-jp"),
            ("koi8-r", "ДА", "koi8-r"),
            ("cp1250", "Račun", "windows-1250"),
        ):
            name = text.encode(charset)
            part = b'Content-Type: application/pdf; name="' + name + b'.pdf"\r\n\r\nx'
            first = f"Content-Type: text/plain; charset={declared}\r\n\r\nok"
            seen = self._see(mail("x", multipart(first, part)))
            self.assertEqual(list(seen.files), [f"{text}.pdf"])

    def test_long_and_odd_subjects(self):
        """E09: signs of several parts and both directions stay, however long it is."""
        text = "שלום 👩‍👩‍👧 🇩🇪 é" + " sehr lang" * 300
        words = b"\r\n ".join(
            b"=?utf-8?b?" + base64.b64encode(text[at : at + 15].encode()) + b"?="
            for at in range(0, len(text), 15)
        )
        self.assertEqual(decode_value("Subject", words), text)
        cut = decode_value("Subject", words * 5)
        self.assertTrue((text * 5).startswith(cut))
        self.assertGreater(len(cut), 3_000)
        self.assertEqual(decode_value("Subject", ("ü" * 9_000).encode()).strip("ü"), "")

    def test_guessing_is_quick(self):
        """rel-C1: a mail with very many texts that nobody labels takes no time."""
        odd = bytes(range(128, 256)) * 20
        fields = b"".join(b"X-%d: " % n + odd + b"\r\n" for n in range(1_000))
        self._see(fields + b"From: a@b.example\r\n\r\nHello")
        parts = [
            b"Content-Type: text/plain\r\n\r\n" + bytes([n % 99 + 128]) * 99 + odd
            for n in range(1_000)
        ]
        self._see(mail("x", multipart(*parts)))
        charsets = Charsets()
        for number in range(1_000):
            decode_bytes(b"%d" % number + odd, None, charsets)
        self.assertLess(charsets.guesses, 100)
        self.assertIsNone(guess_charset(b""))


@tagged("post_install", "-at_install")
class TestCharsetsOfTickets(CollectorCommon):
    """E09: the same on a ticket."""

    def test_ticket(self):
        """E09: subject, text and file of a mail in raw GB18030."""
        name = "故障报告.pdf".encode("gb18030")
        part = (
            b'Content-Type: application/pdf; name="' + name + b'"\r\n'
            b"Content-Disposition: attachment\r\n\r\nx"
        )
        text = b"Content-Type: text/plain\r\n\r\n" + CHINESE.encode("gb18030")
        raw = mail("x", multipart(text, part))
        raw = raw.replace(b"Subject: x", b"Subject: " + "打印机".encode("gb18030"))
        ticket = self._receive(raw).ticket_id
        self.assertEqual(ticket.name, "打印机")
        self.assertIn(CHINESE, ticket.description)
        self.assertEqual(ticket.message_ids.attachment_ids.name, "故障报告.pdf")
