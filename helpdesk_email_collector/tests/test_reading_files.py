import base64
import binascii

from odoo.tests import tagged

from .common import CollectorCommon, plain_mail
from .hostile_mails import (
    TINY_PNG,
    file_part,
    html_mail,
    mail,
    multipart,
    text_part,
)
from .reading_common import ReadingCommon

DATA = b"\0\x01\x02\xff\xfe\r\n.\r\n"


def alternative(*parts):
    """Return a mail with the same in several forms."""
    return mail("x", multipart(*parts, kind="alternative"))


@tagged("post_install", "-at_install")
class TestReadingFiles(ReadingCommon):
    """E09: every part of a mail that is no text is a file, and every text is shown."""

    def test_types_that_nobody_knows(self):
        """E09: a file of any type is a file, byte for byte."""
        for kind in (
            "font/woff2",
            "model/stl",
            "chemical/x-pdb",
            "drawing/dwg",
            "haptics/x",
            "x-foo/bar",
            "X-Foo/Bar",
            "message/external-body",
            "binary/octet-stream",
            "foo",
            "video",
            "application/",
            "/pdf",
            "a/b/c",
            "application\\pdf",
            "application/octet-stream name=x",
            "*/*",
            "multipart/mixed",
            "",
            ";",
        ):
            with self.subTest(kind):
                part = file_part("f.dat", DATA, kind)
                seen = self._see(mail("x", multipart(text_part("Mine"), part)))
                self.assertEqual(seen.files, {"f.dat": DATA})
                self.assertEqual(seen.shown, "Mine")

    def test_file_within_the_text(self):
        """E09: as uuencode writes it; what only looks like one stays text."""
        lines = [DATA[at : at + 4] for at in range(0, len(DATA), 4)]
        packed = "".join(binascii.b2a_uu(one).decode() for one in lines)
        whole = f"begin 644 scan 1.dat\n{packed}`\nend\n"
        seen = self._see(mail("x", f"\r\nAbove\n{whole}Below\n".encode()))
        self.assertEqual(seen.files, {"scan 1.dat": DATA})
        self.assertEqual(seen.shown, "Above Below")
        # the blank of the last line is lost
        seen = self._see(mail("x", f"\r\nAbove\n{whole.replace('`', '')}".encode()))
        self.assertEqual(seen.files, {"scan 1.dat": DATA})
        for text in (
            f"begin 644 a.dat\n{packed}and so on",
            "begin 644 a.dat\nend",
            "We begin 644 tests\nend",
            "begin 644 a.dat\nHello, this is a person.\nend",
        ):
            seen = self._see(mail("x", f"\r\n{text}\n".encode()))
            self.assertFalse(seen.files, text)
            self.assertIn("begin 644", seen.shown)

    def test_footer_below_base64(self):
        """E09: what a scanner of viruses puts below is no part of the file."""
        for data in (b"Hello, it is cold.", b"Hello, it is cold", b"Hello, it is col"):
            for footer in ("\r\n-- \r\nScanned by X.", "\r\nNo virus found: ok\r\n"):
                packed = base64.encodebytes(data).decode().replace("\n", "\r\n")
                head = "Content-Transfer-Encoding: base64\r\n"
                part = f"{head}Content-Type: x/y; name=f.dat\r\n\r\n{packed}{footer}"
                text = f"{head}Content-Type: text/plain\r\n\r\n{packed}{footer}"
                seen = self._see(mail("x", multipart(text, part)))
                self.assertEqual(seen.files, {"f.dat": data})
                self.assertEqual(seen.shown, data.decode())

    def test_base64_that_is_cut_or_joined(self):
        """E09: what is there is read, and each piece of what programs put together."""
        head = "Content-Transfer-Encoding: base64\r\nContent-Type: text/plain\r\n\r\n"
        packed = base64.b64encode(b"Hello, it is cold here.").decode()
        for length in range(len(packed) - 9, len(packed)):
            seen = self._see(mail("x", head + packed[:length]))
            self.assertTrue(seen.shown.startswith("Hello, it is "), packed[:length])
        for first in (b"Hello", b"Hello.", b"Hello, "):
            pieces = [base64.b64encode(one).decode() for one in (first, b" You there")]
            seen = self._see(mail("x", head + "\r\n".join(pieces)))
            self.assertEqual(
                seen.shown, " ".join(f"{first.decode()} You there".split())
            )

    def test_lines_that_go_on(self):
        """E09: blanks behind the sign of it, a comment behind the encoding."""
        for name in (
            "quoted-printable",
            "Quoted-Printable (by X)",
            '"quoted-printable"',
        ):
            head = f"Content-Transfer-Encoding: {name}\r\nContent-Type: text/plain"
            seen = self._see(
                mail("x", f"{head}\r\n\r\nOne =  \r\nline=\r\n, caf=C3=A9")
            )
            self.assertEqual(seen.shown, "One line, café")

    def test_names_in_two_forms(self):
        """E09: beside the name in ASCII the real one; a quotation mark that is lost."""
        real = "filename*=utf-8''%C3%9Cbersicht.pdf"
        for parameters, name in (
            (f'filename="Ubersicht.pdf"; {real}', "Übersicht.pdf"),
            (f'{real}; filename="Ubersicht.pdf"', "Übersicht.pdf"),
            ('filename="Plan.pdf', "Plan.pdf"),
            (
                'filename*0="=?utf-8?Q?=C3=9Cber"; filename*1="sicht.pdf?="',
                "Übersicht.pdf",
            ),
            ('filename="2\\" pipe.pdf"', '2" pipe.pdf'),
        ):
            part = f"Content-Type: x/y\r\nContent-Disposition: attachment; {parameters}"
            seen = self._see(mail("x", multipart(text_part(), f"{part}\r\n\r\nx")))
            self.assertEqual(list(seen.files), [name])

    def test_text_of_a_form(self):
        """E09: what somebody entered in a field is text, and no field any more."""
        seen = self._see(
            html_mail("x", "<form><textarea>My <b>text</b></textarea></form>Below")
        )
        self.assertIn("My", seen.shown)
        self.assertIn("text", seen.shown)
        self.assertIn("Below", seen.shown)
        self.assertNotIn("<textarea", seen.body)

    def test_what_stands_above_the_head(self):
        """E09: empty lines, a mark of UTF-8; a text stays one."""
        raw = mail("Pump", text_part("Mine"))
        for above in (b"\r\n", b"\n\n", b"\xef\xbb\xbf", b" \r\n\r\n"):
            seen = self._see(above + raw)
            self.assertEqual((seen.subject, seen.shown), ("Pump", "Mine"), above)
            self.assertIn("anna@huber.example", seen.sender)
        # a server adds its own fields above all of it
        seen = self._see(b"Delivered-To: a@help.example\r\n\xef\xbb\xbf" + raw)
        self.assertIn("anna@huber.example", seen.sender)
        seen = self._see(b"\r\nHello: it is cold.\r\n")
        self.assertEqual((seen.subject, seen.shown), ("", "Hello: it is cold."))

    def test_text_without_a_name_that_is_to_be_saved(self):
        """E09: the text of some gateways; with a name or beside a text it is a file."""
        head = "Content-Type: text/plain\r\nContent-Disposition: attachment"
        seen = self._see(mail("x", multipart(f"{head}\r\n\r\nMine")))
        self.assertEqual(seen.shown, "Mine")
        seen = self._see(mail("x", multipart(f"{head}; filename=a.log\r\n\r\nLog")))
        self.assertEqual((seen.shown, seen.files), ("", {"a.log": b"Log"}))
        seen = self._see(mail("x", multipart(text_part("Mine"), f"{head}\r\n\r\nLog")))
        self.assertEqual((seen.shown, seen.files), ("Mine", {"text.txt": b"Log"}))

    def test_types_without_a_name(self):
        """E09: a file has a name by its type, and is never shown as text."""
        head = "Content-Transfer-Encoding: base64\r\n\r\nAAECAw=="
        for kind, name in (
            ("font/woff2", "attachment-1.woff2"),
            ("drawing/dwg", "attachment-1.bin"),
            ("foo", "attachment-1.bin"),
            ("application\\pdf", "attachment-1.bin"),
        ):
            with self.subTest(kind):
                part = f"Content-Type: {kind}\r\n{head}"
                seen = self._see(mail("x", multipart(text_part("Mine"), part)))
                self.assertEqual(seen.files, {name: b"\0\x01\x02\x03"})
                self.assertEqual(seen.shown, "Mine")

    def test_type_without_a_semicolon(self):
        """E09: what stands behind the type does not hide the type."""
        for kind in ("text/html charset=utf-8", "text/html, charset=utf-8"):
            seen = self._see(mail("x", f"Content-Type: {kind}\r\n\r\n<b>Hi</b> there"))
            self.assertEqual(seen.shown, "Hi there")

    def test_html_that_shows_nothing(self):
        """E09: the plain text is shown when the html beside it is empty."""
        for page in (
            "<table border=1><tr><td></td><td>&nbsp;</td></tr></table>",
            "<img src='https://t.example/open.gif'>",
            "<img src='https://t.example/o' width='1' height='1'>",
            "<img src='https://t.example/o' style='width:1px;height:1px'>",
            "<img src='https://t.example/o' width=90 style='display: none'>",
            "<style>p { color: red }</style><title>Title</title><hr>",
            "<div>&#8203;&zwnj;&shy;</div><br>",
            "<!-- nothing -->",
        ):
            with self.subTest(page):
                html = f"Content-Type: text/html\r\n\r\n<body>{page}</body>"
                seen = self._see(alternative(text_part("In plain words"), html))
                self.assertEqual(seen.shown, "In plain words")

    def test_html_that_shows_pictures_alone(self):
        """E09: the plain text and the picture are both there."""
        page = "Content-Type: text/html\r\n\r\n<img src='cid:p@x'>"
        picture = file_part("p.png", TINY_PNG, "image/png", "Content-ID: <p@x>")
        related = multipart(page, picture, kind="related", boundary="r")
        seen = self._see(alternative(text_part("In plain words"), related))
        self.assertEqual(seen.shown, "In plain words")
        self.assertIn('src="cid:p@x"', seen.body)

    def test_html_that_shows_something(self):
        """E09: a table with text, however far below, is what is shown."""
        page = "<table><tr><td></td></tr></table>" + "<p></p>" * 10_000 + "In colour"
        html = f"Content-Type: text/html\r\n\r\n{page}"
        seen = self._see(alternative(text_part("In plain words"), html))
        self.assertEqual(seen.shown, "In colour")

    def test_text_with_a_name(self):
        """E09: where nothing else is said, a text with a name is shown, and kept."""
        inline = (
            'Content-Type: text/plain; name="a.txt"\r\n'
            "Content-Disposition: inline\r\n\r\nMine"
        )
        attached = file_part("a.txt", b"Mine", "text/plain")
        for label, content, shown in (
            ("alone", inline, "Mine"),
            ("alone and attached", attached, "Mine"),
            ("in a multipart", multipart(inline), "Mine"),
            ("attached to a multipart", multipart(attached), ""),
            ("beside a text", multipart(text_part("Look"), inline), "Look"),
        ):
            with self.subTest(label):
                seen = self._see(mail("x", content))
                self.assertEqual(seen.shown, shown)
                self.assertEqual(seen.files, {"a.txt": b"Mine"})

    def test_rich_text_alone(self):
        """E09: rich text is read where nothing else is said, and kept as a file."""
        rich = r"{\rtf1\ansi{\fonttbl{\f0 Arial;}}\f0 Gr\'fc\'dfe \b there\b0}"
        for kind in ("text/rtf", "text/richtext", "application/rtf"):
            part = f"Content-Type: {kind}\r\n\r\n{rich}"
            with self.subTest(kind):
                for content in (part, multipart(part)):
                    seen = self._see(mail("x", content))
                    self.assertEqual(seen.shown, "Grüße there")
                    self.assertEqual(list(seen.files.values()), [rich.encode()])
                seen = self._see(mail("x", multipart(text_part("Plain"), part)))
                self.assertEqual(seen.shown, "Plain")

    def test_flowed_text(self):
        """E09: line ends that a program put into paragraphs are none (RFC 3676)."""
        head = "Content-Type: text/plain; charset=utf-8; format=flowed"
        text = (
            "A long \r\nline.\r\nNext.\r\n> Old \r\n> words \r\nMine.\r\n"
            "-- \r\nAnna\r\n"
        )
        seen = self._see(mail("x", f"{head}\r\n\r\n{text}"))
        self.assertIn("A long line.\nNext.", seen.body)
        self.assertEqual(seen.folded, "> Old words -- Anna")
        self.assertEqual(seen.shown, "A long line. Next. Mine.")
        seen = self._see(mail("x", f"{head}; delsp=yes\r\n\r\n長い \r\n文\r\n"))
        self.assertEqual(seen.shown, "長い文")
        fixed = head.partition("; format")[0]
        seen = self._see(mail("x", f"{fixed}\r\n\r\n{text}"))
        self.assertIn("A long \nline.", seen.body)

    def test_head_without_end(self):
        """E09: sender, subject and text are found behind a head of any length."""
        body = plain_mail("Late", body="The text")
        for name, filler in {
            "many": b"X-Filler: abcdefghijklm\r\n" * 20_000,
            "folded": b"X-Filler: a\r\n" + b" folded line\r\n" * 30_000,
            "long": b"X-Filler: " + b"a" * 400_000 + b"\r\n",
            "spaces": b"X-Filler:\r\n" + b" \t" * 200_000 + b"\r\n",
        }.items():
            with self.subTest(name):
                seen = self._see(filler + body)
                self.assertEqual((seen.subject, seen.shown), ("Late", "The text"))
                self.assertIn("<anna@huber.example>", seen.sender)


@tagged("post_install", "-at_install")
class TestFilesOfTickets(CollectorCommon):
    """E09: the same, as far as a ticket."""

    def test_types_that_nobody_knows(self):
        """E09: a mail with a font, a model and a drawing becomes a ticket with them."""
        kinds = ("font/ttf", "model/stl", "chemical/x-pdb", "drawing/dwg", "no type")
        parts = [
            file_part(f"f{number}.dat", DATA, kind)
            for number, kind in enumerate(kinds, start=1)
        ]
        row = self._receive(mail("Files", multipart(text_part(), *parts)))
        self.assertEqual((row.state, row.error), ("done", False))
        files = row.ticket_id.message_ids.attachment_ids
        self.assertEqual(
            {file.name: file.raw for file in files},
            {f"f{number}.dat": DATA for number in range(1, 6)},
        )

    def test_head_without_end_twice(self):
        """E09: the second delivery is known by its Message-ID, however far behind."""
        filler = b"X-Filler: abcdefghijklm\r\n" * 20_000
        raw = filler + plain_mail("Late", message_id="<late@huber.example>")
        first = self._receive(raw)
        second = self._receive(b"Received: again\r\n" + raw)
        self.assertEqual(first.ticket_id.name, "Late")
        self.assertEqual(first.ticket_id.partner_id, self.anna)
        self.assertEqual(second.state, "ignored")
        self.assertFalse(second.ticket_id - first.ticket_id)
