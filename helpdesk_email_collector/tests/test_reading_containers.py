import struct
from datetime import datetime
from functools import partial

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from odoo.tests import BaseCase, tagged

from odoo.addons.helpdesk_contact.tests.common import count_steps

from ..reading.content import read_content
from .hostile_mails import file_part, mail, multipart, text_part


def winmail(name, data, rtf=None, kind=None):
    """Return a winmail.dat with one file, and text or rich text (MS-OXTNEF); `kind` is
    its class of message."""

    def block(level, identity, content):
        check = struct.pack("<H", sum(content) % 65536)
        head = struct.pack("<BII", level, identity, len(content))
        return head + content + check

    body = block(1, 0x0002800C, b"The text of Outlook\0")
    if rtf is not None:
        # one property: PidTagRtfCompressed, binary
        value = struct.pack("<IIII", 1, 0x10090102, 1, len(rtf)) + rtf
        body = block(1, 0x00069003, value + bytes(-len(value) % 4))
    if kind:
        body = block(1, 0x00078008, kind.encode() + b"\0") + body
    return b"".join(
        [
            struct.pack("<IH", 0x223E9F78, 1),
            body,
            block(2, 0x00069002, bytes(14)),
            block(2, 0x00018010, name.encode() + b"\0"),
            block(2, 0x0006800F, data),
        ]
    )


def certificate():
    """Return a certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Anna")])
    start = datetime(2026, 1, 1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start.replace(year=2030))
        .sign(key, hashes.SHA256())
    )
    return made, key


def signed_mail(text):
    """Return the S/MIME file of a text with an opaque signature."""
    builder = pkcs7.PKCS7SignatureBuilder().set_data(text)
    builder = builder.add_signer(*certificate(), hashes.SHA256())
    return builder.sign(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


@tagged("post_install", "-at_install")
class TestReadingContainers(BaseCase):
    """E09: what programs put a whole mail into: winmail.dat, S/MIME."""

    def test_winmail(self):
        """E09: Outlook's winmail.dat is opened; a broken one stays as it is."""
        part = file_part("winmail.dat", winmail("x.pdf", b"pdf"), "application/ms-tnef")
        found = read_content(mail("x", multipart(text_part(""), part)))
        files = [(file.name, file.data) for file in found.attachments]
        self.assertEqual(files, [("x.pdf", b"pdf")])
        self.assertIn("The text of Outlook", found.text)
        part = file_part("winmail.dat", b"broken", "application/ms-tnef")
        found = read_content(mail("x", multipart(text_part(), part)))
        self.assertEqual([file.name for file in found.attachments], ["winmail.dat"])
        self.assertEqual(found.notes[0][0], "winmail")

    def test_winmail_without_code_page(self):
        """E09: MS-OXTNEF asks for it; programs leave it out beside texts in it."""
        data = winmail("übersicht.pdf", b"pdf", kind="IPM.Microsoft Mail.Note")
        part = file_part("winmail.dat", data, "application/ms-tnef")
        found = read_content(mail("x", multipart(text_part(""), part)))
        self.assertIn("The text of Outlook", found.text)
        self.assertEqual([file.data for file in found.attachments], [b"pdf"])

    def _read_rich(self, rtf, *parts):
        part = file_part(
            "winmail.dat", winmail("x.pdf", b"pdf", rtf), "application/ms-tnef"
        )
        return read_content(mail("x", multipart(*parts, part)))

    def test_winmail_with_rich_text(self):
        """E09: rich text in a winmail.dat is shown, packed or not; html in it, too."""
        # the sample of MS-OXRTFCP 3.1.1
        found = self._read_rich(
            bytes.fromhex(
                "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c"
                "090020627705b06c647d0a800fa0"
            )
        )
        self.assertEqual(found.text, "hello world")
        self.assertEqual(
            [file.name for file in found.attachments], ["x.pdf", "message.rtf"]
        )
        self.assertTrue(found.attachments[1].data.startswith(b"{\\rtf1"))
        found = self._read_rich(
            rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}{\f1\fcharset204 Arial;}"
            rb"{\f2\fcharset128 Gothic;}}{\info{\author Not me}}{\*\generator x;}\pard "
            rb"Gr\'fc\'dfe {\f1\'cf\'f0} \u8364? \u-10179?\u-8704? {\f2\'83\'76}\par"
            b"\r\n\\tab \\{x\\}{\\pict\\bin3 }}}00}{\\field{\\*\\fldinst LINK}"
            rb"{\fldrslt here}}}"
        )
        self.assertEqual(found.text, "Grüße Пр € 😀 プ\n\t{x}here")
        found = self._read_rich(
            rb"{\rtf1\ansi\ansicpg1252\fromhtml1{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 "
            rb"A\'fc{\*\htmltag84 &amp;}\htmlrtf &\htmlrtf0"
            rb"{\*\htmltag84 <b>}\htmlrtf {\b\htmlrtf0 bold{\*\htmltag92 </b>}"
            rb"\htmlrtf }\htmlrtf0{\*\htmltag72 </p>}\htmlrtf }\htmlrtf0}"
        )
        self.assertEqual(found.html, "<p>Aü&amp;<b>bold</b></p>")
        self.assertEqual([file.name for file in found.attachments], ["x.pdf"])

    def test_winmail_beside_its_text(self):
        """E09: what stands in the mail and in its winmail.dat is shown once."""
        rtf = rb"{\rtf1\ansi Hello\par you}"
        self.assertEqual(self._read_rich(rtf, text_part("Hello you")).text, "Hello you")
        found = self._read_rich(rtf, text_part("A footer"))
        self.assertEqual(found.text, "A footer\n\nHello\nyou")

    def test_broken_rich_text(self):
        """E09: what cannot be unpacked stays as it is; no sign takes long (rel-C1)."""
        for rtf in (
            b"x",
            b"\1" * 16,
            b"\0\0\0\0\xff\xff\xff\xffLZFu\0\0\0\0",
            b"{\\rt",
        ):
            found = self._read_rich(rtf)
            names = [file.name for file in found.attachments]
            self.assertEqual(names, ["winmail.dat"], rtf)
            self.assertEqual(found.notes[0][0], "winmail")
        for sign in ("{}", r"\'41", r"\u65?", r"\bin1 x", r"\f1 x", "{" * 400):
            piece, size = sign.encode(), 400
            short, long = (
                count_steps(partial(self._read_rich, rb"{\rtf1 " + piece * count))
                for count in (size // len(piece), 4 * size // len(piece))
            )
            self.assertLess(long, short * 5, sign)

    def test_signed_and_encrypted(self):
        """E09: signed text is shown, whatever the signature; encrypted is kept."""
        signature = file_part("", b"s", "application/pgp-signature")
        found = read_content(
            mail("x", multipart(text_part("Signed"), signature, kind="signed"))
        )
        self.assertEqual(found.text, "Signed")
        self.assertEqual([file.name for file in found.attachments], ["signature.asc"])
        data = signed_mail(text_part("Opaque").encode())
        part = file_part("smime.p7m", data, "application/pkcs7-mime; smime-type=x")
        found = read_content(mail("x", multipart(part)))
        self.assertEqual(found.text, "Opaque")
        self.assertFalse(found.notes)
        for content in (
            multipart(file_part("smime.p7m", b"\x30\x03abc", "application/pkcs7-mime")),
            multipart(file_part("e.asc", b"e"), kind="encrypted"),
        ):
            found = read_content(mail("x", content))
            self.assertEqual(found.notes, [["encrypted", {}]])
            self.assertEqual(len(found.attachments), 1)
        found = read_content(mail("x", text_part("-----BEGIN PGP MESSAGE-----\r\nx")))
        self.assertEqual(found.notes, [["encrypted", {}]])

    def test_pieces_of_a_mail(self):
        """E09: RFC 2046, 5.2.2: the first piece has the head of the mail, and is read;
        each is kept, and said to be one."""
        whole = b"Subject: x\r\n" + text_part("The pump leaks, here ").encode()
        for number, inner, text in (
            (1, whole, "The pump leaks, here"),
            (2, b"is more of it.", ""),
        ):
            head = f'Content-Type: message/partial; id="a@x.example"; number={number}'
            raw = mail("x", f"{head}; total=2\r\n\r\n".encode() + inner)
            found = read_content(raw)
            self.assertEqual(found.text.strip(), text)
            self.assertEqual(
                [(file.name, file.data) for file in found.attachments],
                [(f"piece-{number}.eml", inner)],
            )
            self.assertEqual(
                found.notes, [["piece", {"number": str(number), "total": "2"}]]
            )
        # pieces within pieces, and what says nothing of itself
        raw = mail("x", b"Content-Type: message/partial; number=1\r\n\r\n" * 500)
        self.assertLess(len(read_content(raw).attachments), 10)
        found = read_content(mail("x", b"Content-Type: message/partial\r\n\r\nx"))
        self.assertEqual(found.notes, [["piece", {"number": "?", "total": "?"}]])

    def test_head_that_ends_with_blanks(self):
        """E09: the line between head and text need not be quite empty."""
        for blank in (b" ", b"\t ", b""):
            raw = (
                b"Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n"
                + blank
                + b"\r\n--b\r\nContent-Type: text/html\r\n"
                + blank
                + b"\r\n<p>Hello world</p>\r\n--b--\r\n"
            )
            self.assertIn("Hello world", read_content(raw).html, blank)
        # a field that is folded there goes on
        raw = b"Subject: a\r\n \r\n b\r\nX-Y: 1\r\n \r\nTo: c@d.example\r\n\r\nHello"
        found = read_content(raw)
        self.assertEqual(found.text, "Hello")
        self.assertEqual(
            [name for name, _value in found.fields], ["Subject", "X-Y", "To"]
        )

    def test_signed_by_other_names(self):
        """E09: gateways rename S/MIME; within each other it is kept once."""
        once = signed_mail(text_part("Opaque").encode())
        for kind, name in (
            ("application/octet-stream", "smime.p7m"),
            ("application/octet-stream", "SMIME.P7M"),
            ("application/octet-stream", "signed mail.p7m"),
            ("application/x-pkcs7-mime", ""),
        ):
            found = read_content(mail("x", multipart(file_part(name, once, kind))))
            self.assertEqual(found.text, "Opaque", name)
            self.assertEqual(len(found.attachments), 1)
            self.assertFalse(found.notes)
        inner = file_part("smime.p7m", once, "application/pkcs7-mime")
        twice = signed_mail(inner)
        outer = file_part("smime.p7m", twice, "application/pkcs7-mime")
        found = read_content(mail("x", multipart(outer, text_part("Footer"))))
        self.assertEqual(found.text, "Opaque\n\nFooter")
        self.assertEqual([file.data for file in found.attachments], [twice])

    def test_signed_files(self):
        """E09: a file that is signed is a file; certificates alone are no secret."""
        for name, kind in (
            ("contract.pdf.p7m", "application/octet-stream"),
            ("contract.pdf.p7m", "application/pkcs7-mime"),
        ):
            part = file_part(name, signed_mail(b"%PDF-1.4\n\0\n"), kind)
            found = read_content(mail("x", multipart(text_part("See"), part)))
            self.assertEqual(found.text, "See")
            self.assertEqual([file.name for file in found.attachments], [name])
            self.assertFalse(found.notes)
        certificates = pkcs7.serialize_certificates(
            [certificate()[0]], serialization.Encoding.DER
        )
        part = file_part("smime.p7c", certificates, "application/pkcs7-mime")
        found = read_content(mail("x", multipart(text_part("See"), part)))
        self.assertEqual((found.text, found.notes), ("See", []))
