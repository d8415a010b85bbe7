from unittest.mock import patch

from odoo.tests import BaseCase, tagged

from odoo.addons.helpdesk_contact.tests.common import count_steps

from .. import verdicts as module
from ..reading.facts import read_facts
from ..verdicts import authentication, parse_results, refusal

OURS = ["mx.demo.example"]


def mail(*results, email_from="boss@corp.example", below=()):
    """Return a mail as our server passed it on: its findings on top."""
    lines = [f"Authentication-Results: {value}" for value in results]
    lines.append("Received: from a.example by mx.demo.example with ESMTP; today")
    lines += [f"Authentication-Results: {value}" for value in below]
    raw = "\r\n".join([*lines, f"From: {email_from}", "", "Hello", ""])
    return read_facts(raw.encode())


@tagged("post_install", "-at_install")
class TestAuthentication(BaseCase):
    """What trusted servers say about a sender (RFC 8601, rel-D1, rel-D2)."""

    def _verdict(self, *results, servers=OURS, **kwargs):
        return authentication(mail(*results, **kwargs), servers)

    def test_dmarc_decides(self):
        for result, verdict in {
            "dmarc=pass header.from=corp.example": "pass",
            "dmarc=fail (p=none) header.from=corp.example; spf=pass": "fail",
            "DMARC=Fail": "fail",
            "dmarc=none; spf=none": "none",
            "dkim=none; spf=fail smtp.mailfrom=<>; dmarc=fail": "fail",
            "none": "none",
        }.items():
            with self.subTest(result):
                self.assertEqual(self._verdict(f"mx.demo.example; {result}"), verdict)

    def test_without_dmarc_the_same_domain_must_be_confirmed(self):
        for result, verdict in {
            "spf=pass smtp.mailfrom=a@corp.example": "pass",
            "spf=pass smtp.mailfrom=bounce.corp.example": "pass",
            "dkim=pass header.d=corp.example; spf=fail": "pass",
            "dkim=pass header.i=@corp.example": "pass",
            "spf=pass smtp.mailfrom=a@evil.example": "none",
            "dkim=pass header.d=evil.example; spf=none": "none",
            "spf=fail smtp.mailfrom=a@corp.example; dkim=fail": "fail",
            "spf=fail smtp.mailfrom=a@corp.example": "fail",
            "spf=softfail; dkim=fail header.d=corp.example": "fail",
            "spf=softfail smtp.mailfrom=a@corp.example": "none",
            "dkim=pass header.d=example": "none",
        }.items():
            with self.subTest(result):
                self.assertEqual(self._verdict(f"mx.demo.example; {result}"), verdict)

    def test_forged_headers_do_not_count(self):
        """rel-D2: those of other servers, and those that came with the mail."""
        forged = "mx.demo.example; dmarc=pass header.from=corp.example"
        self.assertEqual(self._verdict("evil.example; dmarc=pass"), "none")
        self.assertEqual(
            self._verdict("mx.demo.example; dmarc=fail", below=[forged]), "fail"
        )
        self.assertEqual(
            self._verdict("evil.example; dmarc=pass", "mx.demo.example; dmarc=fail"),
            "fail",
        )

    def test_words_of_the_sender_in_a_trusted_header_mean_nothing(self):
        for text in (
            'spf=fail smtp.mailfrom="x; dmarc=pass"@evil.example',
            r'spf=fail smtp.mailfrom="x\"; dmarc=pass header.from=corp.example"@e.ex',
            'spf=fail (x; dmarc=pass; it"s) smtp.mailfrom=a@evil.example',
            'dkim=fail reason="; dmarc=pass header.from=corp.example"; spf=fail',
        ):
            with self.subTest(text):
                self.assertEqual(self._verdict(f"mx.demo.example; {text}"), "fail")

    def test_result_for_another_author(self):
        """rel-D3: two From lines, of which the server saw one."""
        result = "mx.demo.example; dmarc=pass header.from=evil.example"
        self.assertEqual(self._verdict(result), "fail")
        two = mail(
            "mx.demo.example; dmarc=pass header.from=evil.example",
            email_from="a@evil.example\r\nFrom: boss@corp.example",
        )
        self.assertEqual(authentication(two, OURS), "fail")

    def test_several_headers_of_one_server(self):
        """Each filter of a server may write a header of its own."""
        self.assertEqual(
            self._verdict(
                "mx.demo.example; spf=pass smtp.mailfrom=evil.example",
                "mx.demo.example 1; dmarc=fail header.from=corp.example",
            ),
            "fail",
        )

    def test_only_the_topmost_header_below_received_counts(self):
        """rel-D2: some servers write theirs below their own Received; what follows may
        have come with the mail."""
        forged = "mx.demo.example; dmarc=pass header.from=corp.example"
        for own, verdict in (
            ("mx.demo.example; dmarc=fail", "fail"),
            ("mx.demo.example; dmarc=none; spf=none", "none"),
            ("mx.demo.example; spf=none", "none"),
        ):
            self.assertEqual(self._verdict(below=[own, forged]), verdict, own)
        self.assertEqual(self._verdict(below=[forged]), "pass")

    def test_what_a_server_refuses(self):
        """E07: a failure that the domain's owner tolerates is none."""
        for result, sign in {
            "dmarc=fail": "dmarc=fail",
            "dmarc=fail (p=reject dis=none2) header.from=corp.example": "dmarc=fail",
            "spf=fail; dmarc=fail action=oreject": "dmarc=fail",
            "dmarc=fail (p=NONE sp=NONE dis=NONE)": "",
            "dmarc=fail action=none header.from=corp.example": "",
            "dmarc=pass": "",
            "spf=fail; dkim=fail": "",
        }.items():
            with self.subTest(result):
                found = refusal(mail(f"mx.demo.example; {result}"), OURS)
                self.assertEqual(found, sign)
        self.assertEqual(refusal(mail("evil.example; dmarc=fail"), OURS), "")

    def test_microsoft_365_names_itself_in_received(self):
        text = """\
Received: from b by c.eurprd01.prod.outlook.com; now
Authentication-Results: spf=pass (sender IP is 192.0.2.1)
 smtp.mailfrom=corp.example; dkim=pass (signature was verified)
 header.d=corp.example;dmarc=pass action=none
 header.from=corp.example;compauth=pass reason=100
Received: from a.example by
 DB5EUR03FT037.mail.protection.outlook.com (10.1.1.1); now
From: boss@corp.example

Hello
"""
        message = read_facts(text.encode())
        self.assertEqual(authentication(message, [".protection.outlook.com"]), "pass")
        self.assertEqual(authentication(message, [".outlook.example"]), "none")

    def test_without_trusted_servers_nothing_is_known(self):
        self.assertEqual(
            self._verdict("mx.demo.example; dmarc=fail", servers=[""]), "none"
        )

    def test_long_headers_cost_what_they_are_long(self):
        """rel-C1: twice the length, twice the steps; beyond the limit no more."""
        for text in ("(", '"', "a=b ", '\\"', "x", ";"):
            half, whole, more = (
                count_steps(lambda text=text, size=size: parse_results(text * size))
                for size in (
                    module.MAX_HEADER // len(text) // 2,
                    module.MAX_HEADER // len(text),
                    module.MAX_HEADER * 50,
                )
            )
            with self.subTest(text):
                self.assertLess(whole, half * 2.1)
                self.assertLess(more, whole * 1.1)

    def test_many_headers_are_not_all_read(self):
        """rel-C1: so many as a server writes, and no more."""
        with patch.object(module, "parse_results", side_effect=parse_results) as parse:
            self._verdict(*["evil.example; dmarc=pass"] * 500)
        self.assertEqual(parse.call_count, module.MAX_HEADERS)
