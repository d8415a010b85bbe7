from email import message_from_bytes, policy

from odoo.tests import tagged

from ..reading.fields import parse_addresses
from ..reading.process import read_mail
from .common import CollectorCommon, plain_mail
from .reading_common import ReadingCommon

# What stands in a field -> whom it names.
FIELDS = {
    "Anna <anna@x.example>": [("Anna", "anna@x.example")],
    # what programs leave around an address
    "<mailto:anna@x.example>": [("", "anna@x.example")],
    "mailto:anna@x.example": [("", "anna@x.example")],
    "Anna <MAILTO:anna@x.example>": [("Anna", "anna@x.example")],
    "anna@x.example.": [("", "anna@x.example")],
    "Anna <anna@x.example.>": [("Anna", "anna@x.example")],
    "<<anna@x.example>>": [("", "anna@x.example")],
    "'anna@x.example'": [("", "anna@x.example")],
    "<'anna@x.example'>": [("", "anna@x.example")],
    '"anna@x.example"': [("", "anna@x.example")],
    "< anna@x.example >": [("", "anna@x.example")],
    "anna @ x.example": [("", "anna@x.example")],
    "<@relay.example:anna@x.example>": [("", "anna@x.example")],
    "anna@x.example;": [("", "anna@x.example")],
    # comments
    "anna(comment)@x.example": [("", "anna@x.example")],
    "anna@(comment)x.example": [("", "anna@x.example")],
    "anna@x.example (Anna Huber)": [("Anna Huber", "anna@x.example")],
    "(Anna) anna@x.example": [("Anna", "anna@x.example")],
    "Anna (Sales (2)) <anna@x.example>": [("Anna (Sales (2))", "anna@x.example")],
    "<anna(x)@x.example>": [("", "anna@x.example")],
    # quoted, and not only in ASCII
    '"a b"@x.example': [("", '"a b"@x.example')],
    'Anna <"a b"@x.example>': [("Anna", '"a b"@x.example')],
    'Anna <"a,b@c"@x.example>': [("Anna", '"a,b@c"@x.example')],
    "jörg@müller.example": [("", "jörg@müller.example")],
    "Jörg <jörg@xn--mller-kva.example>": [("Jörg", "jörg@xn--mller-kva.example")],
    "भारत@डाटामेल.भारत": [("", "भारत@डाटामेल.भारत")],
    "a.b..c+d=e@x.example": [("", "a.b..c+d=e@x.example")],
    "anna@[192.0.2.1]": [("", "anna@[192.0.2.1]")],
    # names
    '"Huber, Anna" <anna@x.example>': [("Huber, Anna", "anna@x.example")],
    "Huber, Anna <anna@x.example>": [("Huber, Anna", "anna@x.example")],
    "Huber, Anna anna@x.example": [("Huber, Anna", "anna@x.example")],
    "Huber, Anna, Dr. <anna@x.example>": [("Huber, Anna, Dr.", "anna@x.example")],
    "some name, anna@x.example": [("", "anna@x.example")],
    "'Anna' <anna@x.example>": [("Anna", "anna@x.example")],
    '"Anna \\"A\\" Huber" <anna@x.example>': [('Anna "A" Huber', "anna@x.example")],
    "O'Neil <o'neil@x.example>": [("O'Neil", "o'neil@x.example")],
    "=?utf-8?q?M=C3=BCller=2C?= A <a@x.example>": [("Müller, A", "a@x.example")],
    '"=?utf-8?q?M=C3=BCller?=" <a@x.example>': [("Müller", "a@x.example")],
    "=?utf-8?b?SsO8cmdlbg==?=<j@x.example>": [("Jürgen", "j@x.example")],
    "=?iso-8859-1?Q?B=FCrle, =20Bob?= <b@x.example>": [("Bürle, Bob", "b@x.example")],
    # name and address encoded together
    "=?utf-8?q?A_<a@x.example>?=": [("A", "a@x.example")],
    "<=?utf-8?q?j=C3=B6rg?=@x.example>": [("", "jörg@x.example")],
    # other brackets, and what html makes of the right ones
    "Anna [anna@x.example]": [("Anna", "anna@x.example")],
    "Anna [mailto:anna@x.example]": [("Anna", "anna@x.example")],
    "Huber, Anna [SMTP:anna@x.example]": [("Huber, Anna", "anna@x.example")],
    "Anna (anna@x.example)": [("Anna", "anna@x.example")],
    "Anna &lt;anna@x.example&gt;": [("Anna", "anna@x.example")],
    "Anna ＜anna@x.example＞": [("Anna", "anna@x.example")],
    "Anna <anna＠x.example>": [("Anna", "anna@x.example")],
    '"Anna <anna@x.example>"': [("Anna", "anna@x.example")],
    "[boss@corp.example] <evil@x.example>": [("[boss@corp.example]", "evil@x.example")],
    "[boss@corp.example] evil@": [],
    '"boss@corp.example" <>': [],
    "boss [boss@corp.example] <>": [],
    # what is never closed
    "Anna <anna@x.example": [("Anna", "anna@x.example")],
    '"Anna <anna@x.example>': [("Anna", "anna@x.example")],
    "Anna (x <anna@x.example>": [("Anna (x", "anna@x.example")],
    # several
    "a@x.example, B <b@x.example>": [("", "a@x.example"), ("B", "b@x.example")],
    "a@x.example; b@x.example": [("", "a@x.example"), ("", "b@x.example")],
    "a@x.example b@x.example": [("", "a@x.example"), ("", "b@x.example")],
    "Staff: a@x.example, b@x.example;": [("", "a@x.example"), ("", "b@x.example")],
    "a@x.example <a@x.example> <a@x.example>": [("a@x.example", "a@x.example")],
    # a name is never taken for the author (rel-D3)
    "boss@corp.example <evil@x.example>": [("boss@corp.example", "evil@x.example")],
    '"boss@corp.example" <evil@x.example>': [("boss@corp.example", "evil@x.example")],
    '"boss@corp.example" evil@x.example': [("boss@corp.example", "evil@x.example")],
    "=?utf-8?q?boss@corp.example=2C?= <e@x.example>": [
        ("boss@corp.example,", "e@x.example")
    ],
    "<boss@corp.example> <evil@x.example>": [
        ("", "boss@corp.example"),
        ("", "evil@x.example"),
    ],
    "Anna <anna@x.example\u200b>": [("Anna", "anna@x.example")],
    "\u200banna@x.example\ufeff": [("", "anna@x.example")],
    "/G=Anna/S=Huber/O=acme/@x400.example": [
        ("", "/G=Anna/S=Huber/O=acme/@x400.example")
    ],
    # none rather than a part of one
    "CN=Anna Huber/OU=Sales/O=ACME@ACME": [],
    "a@b@x.example": [],
    "<anna huber@x.example>": [],
    "anna@": [],
    "@x.example": [],
    "anna@x..example": [],
    "anna@-": [],
    f"{'a' * 300}@x.example": [],
    "anna\\@x.example": [],
    "anna at x.example": [],
    "<>": [],
    "boss@corp.example <>": [],
    "undisclosed-recipients:;": [],
    '"': [],
    "": [],
}


@tagged("post_install", "-at_install")
class TestReadingAddresses(ReadingCommon):
    """E09, rel-D3: the address that is meant, or none."""

    def test_fields(self):
        """E09: odd fields give the names and addresses that are in them."""
        for text, expected in FIELDS.items():
            with self.subTest(text):
                self.assertEqual(parse_addresses(text.encode()), expected)

    def test_other_charsets(self):
        """E09: names and addresses in bytes that nobody labels."""
        for data, expected in (
            ("Jörg <jörg@müller.example>".encode("cp1252"), "jörg@müller.example"),
            ("Иван <ivan@x.example>".encode("koi8-r"), "ivan@x.example"),
            (b"a\xff\xfe\x81@x.example", None),
        ):
            found = [address for _name, address in parse_addresses(data)]
            self.assertEqual(found, [expected] if expected else [], data)
        self.assertEqual(
            parse_addresses("Иван <i@x.example>".encode("koi8-r"))[0][0], "Иван"
        )

    def test_cut_fields(self):
        """rel-D3: the last of very many addresses is not a part of one."""
        value = b", ".join(b"person%d@department.example" % n for n in range(3_000))
        found = parse_addresses(value)
        self.assertGreater(len(found), 1_000)
        for name, address in found:
            self.assertRegex(address, r"^person\d+@department\.example$")
            self.assertFalse(name)

    def test_time(self):
        """rel-C1: no field takes long."""
        for value in (
            '"\\"' * 20_000,
            "<" * 40_000,
            "(" * 40_000,
            '"' * 40_000,
            "@" * 40_000,
            "a @ " * 10_000,
            "a@b " * 10_000,
            "=?utf-8?q?" * 4_000,
            "=?utf-8?q?a?= " * 3_000,
            "a@" + "b." * 20_000,
            "()" * 20_000,
            "a," * 20_000,
            "[" * 40_000 + "a@",
            "[a" * 20_000 + "@x",
        ):
            self._see(plain_mail("x", email_from=value, cc=value))

    def test_as_the_gateway_sees_it(self):
        """E09: nothing of an address is lost on the way to core."""
        for text, expected in (
            ("Jörg <jörg@müller.example>", "jörg@müller.example"),
            ('Anna <"a b"@x.example>', '"a b"@x.example'),
            ("Anna <mailto:anna@x.example.>", "anna@x.example"),
            ("anna(x)@x.example", "anna@x.example"),
            ("a@b@x.example", ""),
        ):
            with self.subTest(text):
                data = read_mail(plain_mail("x", email_from=text), "<1@x>").data
                message = message_from_bytes(data, policy=policy.SMTP)
                sender = self.env["mail.thread"].message_parse(message)["email_from"]
                self.assertIn(expected, sender or "")
                self.assertEqual("@" in (sender or ""), bool(expected))


@tagged("post_install", "-at_install")
class TestAddressesOfTickets(CollectorCommon):
    """E09: the same on a ticket."""

    def test_contacts(self):
        """E09: the contact has the address that is meant."""
        for number, (text, expected) in enumerate(
            (
                ("Jörg <jörg@müller.example>", "jörg@müller.example"),
                ("Max <mailto:max@mailto.example>", "max@mailto.example"),
                ("Dot <dot@dot.example.>", "dot@dot.example"),
                ("com(ment)@comment.example", "com@comment.example"),
            )
        ):
            row = self._receive(plain_mail(f"Mail {number}", email_from=text))
            with self.subTest(text):
                self.assertEqual(row.ticket_id.partner_id.email, expected)
                self.assertFalse(row.error)

    def test_no_half_address(self):
        """rel-D3: what cannot be read makes no contact of something else."""
        for number, text in enumerate(("a@b@x.example", "<anna huber@x.example>")):
            row = self._receive(plain_mail(f"Mail {number}", email_from=text))
            self.assertEqual(row.state, "done")
            self.assertFalse(row.ticket_id.partner_id)
