from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged

from ..pattern import MAX_TEXT
from .common import plain_mail
from .rules_common import RulesCommon
from .test_pattern import searches

GERMAN = (
    "Guten Tag, leider druckt unser Drucker im zweiten Stock seit heute Morgen nicht "
    "mehr. Bitte schicken Sie uns jemanden vorbei. Vielen Dank und freundliche Grüße"
)
WITH_FILE = b"""\
From: Anna <anna@huber.example>
To: support@demo.example
Subject: Plan
Message-ID: <plan@huber.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=utf-8

See the plan.
--b
Content-Type: application/octet-stream; name="plan.pdf"
Content-Disposition: attachment; filename="plan.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjQKJSBub3RoaW5nCg==
--b--
"""


@tagged("post_install", "-at_install")
class TestRuleCondition(RulesCommon):
    """E02: each source with each operator, and its negation."""

    def _check(self, raw, *cases):
        """Test conditions and their negations on a mail."""
        for source, operator, value, expected in cases:
            for negate in (False, True):
                rule = self._add_rule((source, operator, value, {"negate": negate}))
                entry = self._decide(raw).trace[0]
                with self.subTest(source=source, operator=operator, value=value):
                    self.assertEqual(entry["matched"], expected != negate, entry)
                rule.unlink()

    def test_attachments(self):
        """E02: whether there are files, their names and types, by content too."""
        self._check(
            WITH_FILE,
            ("attachment", "is", "yes", True),
            ("attachment_name", "ends", ".PDF", True),
            ("attachment_name", "is", "other.pdf", False),
            ("attachment_type", "is", "application/pdf", True),
            ("attachment_type", "starts", "image/", False),
        )
        self._check(plain_mail(), ("attachment", "is", "yes", False))

    def test_size(self):
        """E02: more and less than a number of kB."""
        self._check(
            plain_mail(body="x" * 3000),
            ("size", "larger", "2.5", True),
            ("size", "larger", "10", False),
            ("size", "smaller", "10", True),
        )

    def test_language(self):
        """E02: the language that a mail is written in (K06)."""
        self.env["res.lang"]._activate_lang("de_DE")
        german = self.env["res.lang"]._get_data(code="de_DE").id
        english = self.env["res.lang"]._get_data(code="en_US").id
        self.company.helpdesk_language_ids = [(6, 0, [german, english])]
        self._check(
            plain_mail("Drucker druckt nicht", body=GERMAN),
            ("language", "is", "de_DE", True),
            ("language", "is", "en_US", False),
        )

    def test_sender(self):
        """E02: known, unknown, deactivated, our own people, and tags of senders."""
        anna, boss = plain_mail(), plain_mail(email_from=self.agent.email)
        stranger = plain_mail(email_from="new@stranger.example")
        self._check(stranger, ("sender_state", "is", "unknown", True))
        self._check(boss, ("sender_state", "is", "internal", True))
        self.anna.commercial_partner_id.category_id = self.env[
            "res.partner.category"
        ].create({"name": "VIP"})
        self._check(
            anna,
            ("sender_state", "is", "known", True),
            ("sender_state", "is", "internal", False),
            ("sender_tag", "is", "vip", True),
        )
        self.anna.active = False
        self._check(
            anna,
            ("sender_state", "is", "inactive", True),
            ("sender_state", "is", "known", False),
        )

    def test_kinds(self):
        """E02: replies, automatic mail, and what trusted servers say."""
        self._check(plain_mail(), ("is_reply", "is", "yes", False))
        reply = plain_mail(In_Reply_To="<unheard@of.example>")
        self._check(reply, ("is_reply", "is", "yes", True))
        robot = plain_mail(Auto_Submitted="auto-generated")
        self._check(robot, ("is_automatic", "is", "yes", True))
        self._check(plain_mail(), ("is_automatic", "is", "no", True))
        self._check(plain_mail(), ("authentication", "is", "none", True))
        self.company.helpdesk_trusted_servers = "mx.demo.example"
        refuted = plain_mail(
            Authentication_Results="mx.demo.example; dmarc=fail "
            "header.from=huber.example"
        )
        self._check(refuted, ("authentication", "is", "fail", True))

    def test_list_and_pattern(self):
        """E02: one of several texts or domains; a regular expression."""
        self._check(
            plain_mail("Order 4711 of today"),
            ("from", "in_list", "other@x.example; ANNA@huber.example", True),
            ("from", "in_list", "@huber.example", True),
            ("from", "in_list", "@uber.example, x", False),
            ("subject", "matches", r"^order \d{4}\b", True),
            ("subject", "matches", r"^\d", False),
        )

    def test_hostile_pattern_is_no_hindrance(self):
        """rel-E1, rel-E4: a costly pattern on megabytes of text."""
        self._add_rule(("body", "matches", "(a+)+#"))
        with searches() as lengths:
            row = self._receive(plain_mail(body=("a" * 998 + "\r\n") * 5000))
        self.assertEqual(row.state, "done")
        (length,) = lengths
        self.assertLessEqual(length, MAX_TEXT)

    def test_refused_on_saving(self):
        """rel-E2: a condition that cannot work is refused in one sentence."""
        for condition, word in (
            (("subject", "matches", "a(b"), "character 2"),
            (("subject", "larger", "3"), "unknown"),
            (("size", "larger", "big"), "number"),
            (("sender_state", "is", "friendly"), "valid value"),
            (("subject", "contains", " "), "empty"),
        ):
            with self.subTest(condition=condition):
                with self.assertRaises(ValidationError) as caught:
                    self._add_rule(condition)
                self.assertIn(word, caught.exception.args[0])
                self.assertNotIn("\n", caught.exception.args[0])

    def test_source_without_method(self):
        """E02: a source that nothing reads is refused, not skipped silently."""
        rule = self._add_rule(("subject", "is", "x"))
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE helpdesk_email_collector_filter SET source = 'ghost' WHERE id = %s",
            [rule.filter_ids.id],
        )
        self.env.invalidate_all()
        with self.assertRaises(ValidationError):
            rule.filter_ids._check_condition()
        self.assertIn("ghost", rule.problem)
        self.env.registry.clear_cache()
        self.assertEqual(self._decide(plain_mail("x")).decision, "create")

    def test_form_offers_what_fits(self):
        """E02: the form shows the comparisons of the source, and its choices."""
        form = Form(self.Rule.with_user(self.manager))
        form.name = "By form"
        with form.filter_ids.new() as line:
            line.source = "is_automatic"
            self.assertEqual(line.comparisons, ["is", "not_is"])
            self.assertEqual(line.value, "yes")
            line.source = "size"
            self.assertEqual(line.comparison, "larger")
            self.assertFalse(line.choices)
            line.source = "subject"
            line.comparison = "not_starts"
            line.value = "Re:"
        with form.operation_ids.new() as line:
            line.code = "ignore"
        condition = form.save().filter_ids
        self.assertEqual((condition.operator, condition.negate), ("starts", True))
        self.assertEqual(
            condition._get_description(), "Subject does not start with “Re:”"
        )
        for lang, quoted in (
            ("de_DE", "„Re:“"),
            ("fr_FR", "«\u00a0Re:\u00a0»"),
            ("es_ES", "«Re:»"),
        ):
            self.env["res.lang"]._activate_lang(lang)
            said = condition.with_context(lang=lang)._get_description()
            self.assertTrue(said.endswith(quoted), said)
