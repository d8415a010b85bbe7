from odoo.tests import tagged

from .common import CollectorCommon, plain_mail
from .hostile_mails import html_mail, mail
from .reading_common import ReadingCommon

# Who, when, to whom, what: as mail programs label it in each language.
LABELS = {
    "en": ("From", "Sent", "To", "Subject"),
    "de": ("Von", "Gesendet", "An", "Betreff"),
    "fr": ("De", "Envoyé", "À", "Objet"),
    "es": ("De", "Enviado el", "Para", "Asunto"),
    "it": ("Da", "Inviato", "A", "Oggetto"),
    "nl": ("Van", "Verzonden", "Aan", "Onderwerp"),
    "pt": ("De", "Enviado", "Para", "Assunto"),
    "sv": ("Från", "Skickat", "Till", "Ämne"),
    "da": ("Fra", "Sendt", "Til", "Emne"),
    "fi": ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
    "pl": ("Od", "Wysłano", "Do", "Temat"),
    "cs": ("Od", "Odesláno", "Komu", "Předmět"),
    "hu": ("Feladó", "Elküldve", "Címzett", "Tárgy"),
    "ro": ("De la", "Trimis", "Către", "Subiect"),
    "tr": ("Kimden", "Gönderildi", "Kime", "Konu"),
    "el": ("Από", "Στάλθηκε", "Προς", "Θέμα"),
    "ru": ("От", "Отправлено", "Кому", "Тема"),
    "bg": ("От", "Изпратено", "До", "Относно"),
    "hr": ("Od", "Poslano", "Prima", "Predmet"),
    "hr, Outlook": ("Šalje", "Poslano", "Prima", "Predmet"),
    "sl": ("Od", "Poslano", "Za", "Zadeva"),
    "et": ("Saatja", "Saadetud", "Adressaat", "Teema"),
    "lt": ("Nuo", "Išsiųsta", "Kam", "Tema"),
    "ca": ("De", "Enviat el", "Per a", "Tema"),
    "lv": ("No", "Nosūtīts", "Kam", "Tēma"),
    "ar": ("من", "تم الإرسال", "إلى", "الموضوع"),
    "vi": ("Từ", "Đã gửi", "Đến", "Chủ đề"),
    "th": ("จาก", "ส่งเมื่อ", "ถึง", "เรื่อง"),
    "id": ("Dari", "Dikirim", "Kepada", "Subjek"),
    "vi, of a phone": ("Từ", "Ngày", "Đến", "Chủ đề"),
    "vi, web mail": ("Người gửi", "Ngày gửi", "Người nhận", "Tiêu đề"),
    "th, Apple": ("จาก", "วันที่", "ถึง", "เรื่อง"),
    "th, Outlook": ("จาก", "ส่งแล้ว", "ถึง", "ชื่อเรื่อง"),
    "ar, Apple": ("من", "التاريخ", "إلى", "الموضوع"),
    "he, Outlook": ("\u200f\u200fמאת", "\u200fנשלח", "\u200fאל", "\u200fנושא"),
    "fa": ("از", "ارسال شده", "به", "موضوع"),
    "hi": ("प्रेषक", "भेजा गया", "प्रति", "विषय"),
    "sr": ("Od", "Poslato", "Za", "Tema"),
    "is": ("Frá", "Sent", "Til", "Efni"),
    "eu": ("Nork", "Bidaltze-data", "Nori", "Gaia"),
    "zh": ("发件人", "发送时间", "收件人", "主题"),
    "ja": ("差出人", "送信日時", "宛先", "件名"),
    "ko": ("보낸 사람", "보낸 날짜", "받는 사람", "제목"),
}
SEPARATORS = (
    "-----Original Message-----",
    "---------- Original Message ----------",
    "-----Ursprüngliche Nachricht-----",
    "-------- Original-Nachricht --------",
    "------ Originalnachricht ------",
    "-----Message d'origine-----",
    "-------- Message d’origine --------",
    "-----Mensaje original-----",
    "-----Messaggio originale-----",
    "-----Oorspronkelijk bericht-----",
    "------------------ 原始邮件 ------------------",
    "-------- Початкове повідомлення --------",
    "-------- Tin nhắn gốc --------",
    "-------- ข้อความต้นฉบับ --------",
    "-------- الرسالة الأصلية --------",
    "-------- پیام اصلی --------",
    "-------- Izvorna poruka --------",
    "-------- Izvirno sporočilo --------",
    "-------- Оригинално съобщение --------",
    "-------- Оригинална порука --------",
    "-------- Originalus laiškas --------",
    "-------- Algne kiri --------",
    "-------- Sākotnējais ziņojums --------",
    "-------- Pesan asli --------",
    "-----Anna Huber schrieb: -----",
)
ATTRIBUTIONS = (
    "On Fri, Nov 27, 2026 at 9:00 AM Support <s@h.example> wrote:",
    "On 27/11/2026 09:00, Support wrote:",
    "Am Fr., 27. Nov. 2026 um 09:00 Uhr schrieb Support <s@h.example>:",
    "Am 27.11.26 um 09:00 schrieb Support:",
    "Support <s@h.example> schrieb am 27.11.2026 um 09:00:",
    "Le ven. 27 nov. 2026 à 09:00, Support <s@h.example> a écrit :",
    "Le 27/11/2026 à 09:00, Support a écrit :",
    "El vie, 27 nov 2026 a las 9:00, Support (<s@h.example>) escribió:",
    "El 27/11/26 a las 9:00, Support escribió:",
    "W dniu 27.11.2026 o 09:00, Support pisze:",
    "2026年11月27日(金) 9:00 Support <s@h.example>:",
    "Support <s@h.example> 于2026年11月27日周五 09:00写道：",
    "---- On Fri, 27 Nov 2026 09:00:00 +0100 Support <s@h.example> wrote ----",
    "Vào 27 thg 11, 2026 vào lúc 09:00 Support đã viết:",
    "Вы писали 27 ноября 2026 г., 9:00:00:",
    "Pada 27 Nov 2026, pukul 09.00, Support menulis:",
    "V pet., 27. nov. 2026 ob 09:00 je Support napisala:",
    "27. 11. 2026. u 09:00, Support je napisao/la:",
    "El 27 nov 2026, a les 9:00, Support va escriure:",
    "2026-11-27 09:00, Support rašė:",
    "На 27.11.2026 г. в 9:00 Support написа:",
    "27 лист. 2026 р. о 09:00 Support пише:",
    "ในวันที่ 27 พ.ย. 2026 เวลา 09:00 Support เขียนว่า:",
    (
        "\u202bבתאריך 27 בנוב׳ 2026 ב-9:00 מאת \u202aSupport\u202c <\u202as@h.example"
        "\u202c\u200f>:\u202c"
    ),
)
NEW = '<p class="MsoNormal">NEW text<o:p></o:p></p><p class="MsoNormal">NEW end</p>'


def block(language, *, colon=":", end="\n", bold="{}"):
    """Return the labels above what a program quotes."""
    values = ("Support", "Friday, 27 November 2026 09:00", "Anna", "Q")
    lines = zip(LABELS[language], values, strict=True)
    return end.join(f"{bold.format(name + colon)} {value}" for name, value in lines)


def rich(language, **parts):
    """Return the same in html."""
    return block(language, **{"end": "<br>", "bold": "<b>{}</b>", **parts})


def escaped(text):
    """Return text for html."""
    return text.replace("<", "&lt;").replace(">", "&gt;")


@tagged("post_install", "-at_install")
class TestHistory(ReadingCommon):
    """rel-C9: history is folded, the rest is shown, and nothing is lost."""

    def _check(self, content, kind="html", subject="Re: x"):
        """Check that all that is NEW is shown and all that is OLD folded, and there."""
        head = f"Content-Type: text/{kind}; charset=utf-8\r\n\r\n"
        seen = self._see(mail(subject, head + content))
        self.assertNotIn("OLD", seen.shown, content)
        self.assertNotIn("NEW", seen.folded, content)
        for word in ("NEW", "OLD"):
            found = f"{seen.shown} {seen.folded}".count(word)
            self.assertEqual(found, content.count(word), content)
        return seen

    # -- blocks of labels ------------------------------------------------------

    def test_outlook(self):
        """rel-C9: Outlook's labels in any language, in every form of html."""
        for language in LABELS:
            for colon in (":", " :", "\xa0:"):
                with self.subTest(language, colon=colon):
                    labels = rich(language, colon=colon)
                    self._check(
                        f'<div class="WordSection1">{NEW}<div><div style="border:none;'
                        'border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm">'
                        f'<p class="MsoNormal">{labels}</p></div></div><p>OLD text</p>'
                        "<table><tr><td>OLD cell</td></tr></table></div><p>OLD end</p>"
                    )
                    self._check(f"NEW text<br><br>NEW end<br><hr>{labels}<br><br>OLD")

    def test_outlook_in_pieces(self):
        """rel-C9: the labels in paragraphs or a table of their own."""
        for language in ("en", "de", "fr", "es"):
            lines = rich(language, end="|").split("|")
            self._check(f"{NEW}<p>{'</p><p>'.join(lines)}</p><p>OLD</p>")
            cells = [line.replace("</b>", "</b></td><td>") for line in lines]
            rows = "</td></tr><tr><td>".join(cells)
            self._check(f"{NEW}<table><tr><td>{rows}</td></tr></table><p>OLD</p>")
            one = " ".join(lines)
            self._check(f"{NEW}<p>{one}</p><p>OLD</p>")

    def test_labels_in_plain_text(self):
        """rel-C9: the same in plain text, with and without a line above."""
        for language in LABELS:
            for above in ("", "_" * 32 + "\n", *SEPARATORS[:3]):
                with self.subTest(language, above=above):
                    above = above and f"{above.strip()}\n"
                    text = f"NEW text\n\nNEW end\n\n{above}{block(language)}\n\nOLD\n"
                    self._check(text, "plain")
            self._check(f"NEW\n\n{block(language, bold='*{}*')}\n\nOLD\n", "plain")

    def test_other_blocks(self):
        """rel-C9: other orders and lengths of the same."""
        for text in (
            "Gesendet: Freitag um 09:00 Uhr\nVon: a@b.example\nAn: B\nBetreff: Q\nOLD",
            "From: A\nSent: Friday, November 27, 2026 9:00 AM\nTo: B\n\nOLD",
            "From: A\nSent: Friday\nTo: A <a@x.example>; B\n<b@x.example>; C\n"
            + "<c@x.example>;\nD <d@x.example>\nCc: E\nSubject: Q\n\nOLD",
            "Von: A\nAn: B\nDatum: 27.11.2026 09:00\nBetreff: Q\n\nOLD",
            "De : A\nEnvoyé : jeudi\nÀ : B\nObjet : Q\nImportance : Haute\n\nOLD",
        ):
            self._check(f"NEW text\n\n{text}", "plain")
            self._check(f"<p>NEW</p><div>{escaped(text)}</div>".replace("\n", "<br>"))

    def test_groupwise(self):
        """rel-C9: the arrows around the head of GroupWise."""
        head = ">>> Support <s@h.example> 27.11.2026 09:00 >>>"
        self._check(f"NEW\n\n{head}\nOLD\nOLD\n", "plain")
        self._check(f"NEW<br><br>{escaped(head)}<br>OLD<br>OLD")
        self._check(f"{head}\nNEW\n", "plain")

    def test_separators(self):
        """rel-C9: "-----Original Message-----" and its like, in text and html."""
        for separator in SEPARATORS:
            with self.subTest(separator):
                self._check(f"NEW\n\n{separator}\nOLD one\nOLD two", "plain")
                self._check(f"<p>NEW</p><p>{separator}</p><p>OLD</p>")
                self._check(f"NEW<br>{separator}<br>OLD<br>OLD")
                self._check(f"<pre>NEW\n\n{separator}\nOLD\n\nOLD</pre>")

    # -- "… wrote:" ------------------------------------------------------------

    def test_attributions_in_plain_text(self):
        """rel-C9: who wrote what follows is folded with it; answers stay."""
        for line in ATTRIBUTIONS:
            with self.subTest(line):
                self._check(f"NEW\n\n{line}\n> OLD one\n> OLD two\n", "plain")
                self._check(f"NEW\n\n{line}\nOLD one\nOLD two\n", "plain")
                self._check(f"{line}\n> OLD\n>> OLD\n\nNEW below\n", "plain")
                found = self._check(
                    f"NEW\n{line}\n> OLD\nNEW answer\n> OLD\nNEW end\n", "plain"
                )
                self.assertNotIn("Support", found.shown)
        wrapped = "On Fri, Nov 27, 2026 at 9:00 AM Support\n<s@h.example>\nwrote:"
        found = self._check(f"NEW\n\n{wrapped}\n\n> OLD\n", "plain")
        self.assertNotIn("Support", found.shown)

    def test_number_right_above(self):
        """rel-C9: what the writer says above it is not the first line of it."""
        for words in ("NEW 4711.", "NEW 4711", "NEW at 9:00.", "NEW on 3.12.2026:"):
            for line in ATTRIBUTIONS:
                self._check(f"{words}\n{line}\n> OLD one\n> OLD two\n", "plain")
                self._check(
                    f"<p>{words}</p><div>{escaped(line)}<br></div>"
                    "<blockquote><p>OLD</p></blockquote>"
                )

    def test_programs(self):
        """rel-C9: Gmail, Apple Mail, Thunderbird and others, in html."""
        cite = '<blockquote type="cite">{}</blockquote>'
        for line in map(escaped, ATTRIBUTIONS):
            gmail = '<blockquote class="gmail_quote">OLD</blockquote>'
            above = f'<div class="gmail_attr">{line}<br></div>'
            cited = f'<div class="moz-cite-prefix">{line}<br></div>'
            for name, page in {
                "gmail": f'NEW<div class="gmail_quote">{above}{gmail}</div>',
                "gmail, old": f'NEW<div class="gmail_extra"><br>'
                f'<div class="gmail_quote">{line}<br>{gmail}</div></div>',
                "gmail, answers within": f'NEW<div class="gmail_quote">{above}{gmail}'
                f"<div>NEW</div>{gmail}NEW</div>",
                "apple": "<div>NEW</div><div>"
                + cite.format(f"<div>{line}</div><br><div>OLD</div>")
                + "</div>",
                "apple, mobile": "NEW<br>"
                + cite.format(f"{line}<br><br>")
                + cite.format("OLD"),
                "thunderbird": f"<p>NEW</p>{cited}"
                '<blockquote type="cite" cite="mid:a@b"><p>OLD</p></blockquote>',
                "below": cited
                + cite.format("OLD")
                + "<p>NEW</p>"
                + cite.format("OLD")
                + "<p>NEW end</p>",
                "roundcube": f'NEW<p id="reply-intro">{line}</p>' + cite.format("OLD"),
                "proton": f'NEW<div class="protonmail_quote">{line}<br>'
                '<blockquote class="protonmail_quote">OLD</blockquote></div>',
                "yahoo": f'<p>NEW</p><div class="yahoo_quoted"><div>{line}</div>OLD'
                "<blockquote>OLD</blockquote>OLD</div>",
                "any": f"<p>NEW</p><p>{line}</p><blockquote>OLD</blockquote><p>NEW</p>",
                "none": f"<p>NEW</p><p>{line}</p><p>OLD</p><p>OLD</p>",
            }.items():
                with self.subTest(name, line=line):
                    self.assertNotIn("Support", self._check(page).shown)

    def test_outlook_mobile_and_web(self):
        """rel-C9: Outlook on the web and on phones, and Hotmail."""
        for language in ("en", "de", "fr", "es"):
            labels = rich(language)
            self._check(
                '<div>NEW</div><div id="ms-outlook-mobile-signature">NEW Outlook</div>'
                '<div id="appendonsend"></div><hr><div id="divRplyFwdMsg"><font>'
                f"{labels}</font></div><div>OLD</div><div>OLD</div>OLD"
            )
            self._check(
                '<div>NEW</div><div id="mail-editor-reference-message-container"><hr>'
                f"<div>{labels}</div><div>OLD</div></div>"
            )
            self._check(
                '<div>NEW</div><blockquote style="border-left:solid blue 1.5pt">'
                f"<p>{labels}</p>OLD</blockquote><p>NEW below</p>"
            )
        self._check('<div>NEW</div><hr id="stopSpelling">OLD<br>OLD<p>OLD</p>')

    # -- what is no history ----------------------------------------------------

    def test_quotation_for_its_looks(self):
        """rel-C9: a blockquote that sets the customer's own text apart is shown."""
        for opening in (
            "<blockquote>",
            '<blockquote style="margin:0 0 0 40px;border:none;padding:0px">',
            '<blockquote class="gmail_quote" style="margin:0 0 0 40px">',
            '<blockquote style="border-left:1px solid #ccc" cite="https://x.example">',
            "<blockquote><p>",
        ):
            page = f"<p>NEW says:</p>{opening}NEW Error 0x80070005</blockquote>"
            self._check(page)
            seen = self._check(f"{page}<p>NEW</p>")
            self.assertIn("margin", seen.body)
            self._check(
                f"{page}<p>{escaped(ATTRIBUTIONS[0])}</p><blockquote>OLD</blockquote>"
            )

    def test_answers_within(self):
        """rel-C9: who says that the answers are below wants them to be read."""
        for said in (
            "Siehe meine Antworten unten in rot.",
            "Meine Kommentare inline",
            "Please see my comments below",
            "My answers are in red",
            "Voir mes réponses ci-dessous",
            "Mis respuestas abajo, en rojo",
            "Siehe unten",
        ):
            page = f"<p>NEW {said}</p><p>{rich('en')}</p><p>NEW q</p><p>NEW a</p>"
            self._check(page)
            self._check(f"NEW {said}\n\n{block('de')}\n\nNEW q\nNEW a", "plain")

    def test_nothing_else(self):
        """rel-C9: what would be all of a mail is shown."""
        for text in (
            f"{block('de')}\n\nNEW",
            "> NEW a\n> NEW b",
            ">NEW",
            "-- \nNEW",
            "-----Original Message-----\nNEW",
            "\n\n",
        ):
            self._check(text, "plain")
        for page in (
            f"<p>{rich('de')}</p><p>NEW</p>",
            '<blockquote type="cite">NEW</blockquote>',
            '<div class="gmail_signature">NEW</div>',
            '<div class="yahoo_quoted">NEW</div>',
            "<pre>&gt; NEW\n&gt; NEW\n-- \nNEW</pre>",
            "<div>--<br>NEW</div>",
        ):
            self._check(page)

    def test_forwarded(self):
        """rel-C9: what somebody forwards is what the mail is about."""
        announced = "---------- Forwarded message ---------\nFrom: A\nDate: Fri\n"
        for text in (
            f"NEW fyi\n\n{announced}Subject: Q\nTo: B\n\nNEW content\n",
            "NEW fyi\n\nAnfang der weitergeleiteten Nachricht:\n\n> Von: A\n> NEW\n",
            "NEW\n\n-------- Message transféré --------\nDe : A\nObjet : Q\n\nNEW\n",
        ):
            self._check(text, "plain")
            self._check(escaped(text).replace("\n", "<br>"))
        for subject in ("Fwd: x", "WG: x", "TR : x", "RV: x", "FW: AW: x"):
            self._check(f"NEW\n\n{block('de')}\n\nNEW\n> NEW", "plain", subject)
            self._check(f"<p>NEW</p><p>{rich('de')}</p>NEW", subject=subject)
            cite = '<p>NEW</p><blockquote type="cite">NEW</blockquote>'
            self._check(cite, subject=subject)
        for subject in ("AW: WG: x", "Re: Fwd: x"):
            self._check(f"<p>NEW</p><p>{rich('de')}</p>OLD", subject=subject)

    def test_what_only_looks_like_history(self):
        """rel-C9: labels, dates and dashes in a customer's own words."""
        for text in (
            "NEW\nVon: Hamburg\nAn: Berlin\nBetreff: Umzug\nDatum: 3.5.2026\n\nNEW",
            "NEW Reise\nVon: Berlin\nAn: Hamburg\nDatum: 3.5.2026\nPersonen: 3\nNEW",
            "NEW\nAm 3.5. schrieb Herr Müller:\nNEW das und das\nNEW was nun?",
            "NEW 1\n--\nNEW 2\n-----\nNEW 3\n=====\nNEW 4 ist so",
            "From: Ida <ida@x.example>\nSubject: Foo\n\nMessage Body:\nNEW",
            "NEW To: do\nNEW Date: fixed",
        ):
            self._check(text + "\nNEW\n" * 50, "plain")
            page = escaped(text).replace("\n", "<br>")
            self._check(page + "<p>NEW</p>" * 50)

    def test_words_in_the_line_above_a_quotation(self):
        """rel-C9: what stands in one line with `… wrote:` is the writer's own."""
        for line in (
            "NEW. Am 27.11.2026 um 09:00 schrieb Support <s@h.example>:",
            "NEW! - Am Freitag, August 26, 2022 13:23 CEST, schrieb S <s@h.example>:",
            "NEW. On Fri, Nov 27, 2026 at 9:00 AM Support <s@h.example> wrote:",
            "NEW. Le ven. 27 nov. 2026 à 09:00, Support <s@h.example> a écrit :",
        ):
            self._check(f"NEW\n\n{line}\n> OLD\n> OLD", "plain")
            page = f"<p>NEW</p>{escaped(line)}<blockquote type='cite'>OLD</blockquote>"
            self._check(page)

    def test_line_that_a_file_of_mails_escaped(self):
        """rel-C9: `>From …` alone is a sentence, among quoted lines it is quoted."""
        self._check("NEW\n\n>From NEW on Monday\nNEW", "plain")
        self._check("NEW\n\n> OLD\n>From OLD\n> OLD\nNEW", "plain")

    def test_signatures(self):
        """rel-C9: a signature is folded, a text below two dashes is not."""
        for page in (
            '<div>NEW</div><div class="gmail_signature">OLD</div>',
            '<div>NEW</div><pre class="moz-signature">-- \nOLD</pre>',
            '<div>NEW</div><div id="Signature">OLD</div>',
            "<div>NEW</div><div>-- <br>OLD<br>OLD</div>",
            "NEW<br>-- <br>OLD",
        ):
            self._check(page)
        self._check("NEW\n-- \nOLD\nOLD", "plain")
        self._check("NEW\n--\nNEW\n--\nOLD", "plain")
        self._check(f"NEW\n-- \nOLD\n\n{block('de')}\n\nOLD", "plain")
        long = "<br>NEW" * 60
        self._check(f'<p>NEW</p><div class="gmail_signature">{long}</div>')

    def test_pictures(self):
        """rel-C9: a picture below a quotation is shown."""
        quote = '<p>NEW</p><blockquote type="cite">OLD</blockquote>'
        picture = '<img src="cid:a" width="300">'
        for page in (picture, f"<p>{picture}</p>", f"<p><b>{picture}</b></p>"):
            seen = self._check(quote + page)
            self.assertNotRegex(seen.body, "data-o-mail-quote[^>]*><[^/]*img")
            self.assertIn(picture, seen.body)
            self.assertNotIn(f"{picture[:-1]} data-o", seen.body)

    def test_nothing_is_lost(self):
        """rel-C9: all of the text is there, in its order, with its blanks."""
        text = (
            "NEW\n\n  one\n\ttwo\n\nOn 1.1.2026 10:00 a@b.example wrote:\n> OLD <b>\n"
        )
        seen = self._check(text, "plain")
        whole = f"{seen.shown} {seen.folded}"
        self.assertEqual(whole.split(), text.split())
        self.assertIn("  one\n\ttwo", seen.body)

    def test_many_answers(self):
        """rel-C1, rel-C9: very many quotations hide no answer."""
        self._check("NEW a\n> OLD q\n" * 900, "plain")
        lines = "NEW a\n> q\n" * 5_000
        seen = self._see(mail("x", f"Content-Type: text/plain\r\n\r\n{lines}"))
        self.assertEqual(seen.shown.count("NEW"), 5_000)
        page = '<p>NEW</p><blockquote type="cite">OLD</blockquote>' * 2_000
        self._check(page)

    def test_hostile(self):
        """rel-C1: what is made to be looked through for ever takes no time."""
        for page in (
            "<div>" + "<div>-- <br>x</div>" * 2_600,
            "<p>" + "a\n&gt; b\n" * 40_000,
            "<pre>" + "a\n&gt; b\n" * 40_000,
            "<pre>x\n" + "On 1.1.2026 10:00 x@y.example wrote:\n&gt; b\n" * 10_000,
            "From: a<br>" * 7_000,
            "<pre>x" + "\n" * 200_000,
            "<p>x</p>" + "<p>Von: a<br>Gesendet: b<br>An: c</p>" * 1_900,
            "<div class=gmail_quote>" * 79 + "x<blockquote>y</blockquote>" * 3_000,
            "x<blockquote type=cite>y</blockquote>" + "<p><img src=cid:x></p>" * 3_900,
        ):
            self._see(html_mail("x", page))
        for text in (
            "From: a\n" * 50_000,
            "Am 1.1.2026\n" * 30_000,
            "--\na\n" * 70_000,
            "-----\n\n" * 50_000,
            ("-" * 390 + "a-\n") * 1_000,
            "x\n"
            + "On 1.1.2026 10:00 x@y.example wrote:\n> b\n" * 9_000
            + "\n" * 10**5,
            ("On " + "1 " * 3_000 + "wrote:\n") * 60,
        ):
            self._see(mail("x", f"Content-Type: text/plain\r\n\r\n{text}"))


@tagged("post_install", "-at_install")
class TestHistoryOfTickets(CollectorCommon):
    """rel-C9: the same on a ticket."""

    def test_ticket(self):
        """rel-C9: history is folded in the message, whole in what is stored."""
        text = f"New\n\n-----Ursprüngliche Nachricht-----\n{block('de')}\n\nOld\n"
        for raw in (
            plain_mail("Re: x", body=text),
            html_mail("Re: y", text.replace("\n", "<br>")),
        ):
            message = self._receive(raw).ticket_id.message_ids[-1]
            self.assertRegex(message.body, '(?s)New.*data-o-mail-quote="1".*Old')
