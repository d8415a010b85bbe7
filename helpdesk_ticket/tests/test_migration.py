import re
from pathlib import Path

from odoo.modules.migration import load_script
from odoo.tests import tagged

from .common import TicketCommon

SCRIPTS = Path(__file__).parent.parent / "migrations"
RULE = "helpdesk_ticket.fsm_order_rule_helpdesk_user"
HELD = "helpdesk_ticket.mail_template_request_held"
OPENED = "helpdesk_ticket.mail_template_ticket_opened"


@tagged("post_install", "-at_install")
class TestMigration(TicketCommon):
    """What an update does to records that administrators may have changed."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        script = SCRIPTS / "19.0.1.2.0" / "post-migration.py"
        cls.script = load_script(str(script), "helpdesk_ticket_post_19_0_1_2_0")

    def _migrate(self):
        self.env.flush_all()
        self.script.migrate(self.env.cr, "19.0.1.0.0")
        self.env.invalidate_all()

    def _get_severities(self):
        return [self.env.ref(xmlid) for xmlid in self.script.PRIORITIES]

    def _undo(self, template):
        """Give a template the words that it once had; return those of today."""
        now = str(template.body_html)
        before = now
        name = self.env["ir.model.data"].search(
            [("model", "=", "mail.template"), ("res_id", "=", template.id)]
        )
        for old, new in self.script.WORDS[name.name]:
            words = r"\s+".join(map(re.escape, new.split()))
            before, count = re.subn(words, old, before)
            self.assertEqual(count, 1)
        template.body_html = before
        return now

    def test_records_as_they_once_came(self):
        rule, held, opened = map(self.env.ref, (RULE, HELD, OPENED))
        now = rule.domain_force
        rule.domain_force = self.script.RULE_BEFORE
        bodies = {template: self._undo(template) for template in (held, opened)}
        held.subject = "Our own subject"
        self.env["res.lang"]._activate_lang("de_DE")
        german = held.with_context(lang="de_DE")
        german.body_html = "<p>Bitte wenden Sie\n sich dafür an Bernd.</p>"
        for severity in self._get_severities():
            severity.fsm_priority = "0"
        self._migrate()
        self.assertEqual(rule.domain_force, now)
        for template, body in bodies.items():
            self.assertEqual(str(template.body_html), body)
        self.assertEqual(held.subject, "Our own subject")
        self.assertEqual(german.body_html, held.body_html)
        self.assertEqual(
            [severity.fsm_priority for severity in self._get_severities()],
            ["0", "1", "2", "3"],
        )

    def test_records_that_somebody_changed(self):
        rule, held = self.env.ref(RULE), self.env.ref(HELD)
        self.env.ref(OPENED).unlink()
        rule.domain_force = "[('helpdesk_ticket_id', '=', 1)]"
        self._undo(held)
        held.body_html = str(held.body_html).replace("Best regards", "Yours")
        self.env.ref("helpdesk_ticket.severity_blocking").fsm_priority = "0"
        self._migrate()
        self.assertEqual(rule.domain_force, "[('helpdesk_ticket_id', '=', 1)]")
        self.assertIn("Please ask", held.body_html)
        self.assertEqual(
            [severity.fsm_priority for severity in self._get_severities()],
            ["0", "1", "2", "0"],
        )


@tagged("post_install", "-at_install")
class TestMailsSayItAnew(TicketCommon):
    """What an update does to the words of mails that customers get."""

    def setUp(self):
        super().setUp()
        script = SCRIPTS / "19.0.1.8.0" / "post-mails.py"
        self.script = load_script(str(script), "helpdesk_ticket_post_mails_19_0_1_8_0")

    def _undo(self, name):
        """Give a template the words that it had before; return it and today's body."""
        template = self.env.ref(f"helpdesk_ticket.{name}")
        now = before = str(template.body_html)
        for old, new in self.script.WORDS[name]:
            words = r"\s+".join(map(re.escape, new.split()))
            before, count = re.subn(words, old, before)
            self.assertEqual(count, 1, new)
        template.body_html = before
        return template, now

    def _migrate(self):
        self.env.flush_all()
        self.script.migrate(self.env.cr, "19.0.1.7.0")
        self.env.invalidate_all()

    def test_bodies_as_they_came(self):
        bodies = [self._undo(name) for name in self.script.WORDS]
        self._migrate()
        for template, body in bodies:
            self.assertEqual(str(template.body_html), body)

    def test_bodies_that_somebody_changed(self):
        template, _body = self._undo("mail_template_ticket_closed")
        own = str(template.body_html).replace("Best regards", "Yours")
        template.body_html = own
        self.env.ref("helpdesk_ticket.mail_template_ticket_news").unlink()
        self._migrate()
        self.assertEqual(str(template.body_html), own)

    # -- 19.0.1.9.0 ----------------------------------------------------------------

    def test_T24_greetings_of_all_languages(self):
        """Whatever else somebody has changed, nobody is called by another's name."""
        path = SCRIPTS / "19.0.1.9.0" / "post-greetings.py"
        script = load_script(str(path), "helpdesk_ticket_post_19_0_1_9_0")
        self.env["res.lang"]._activate_lang("de_DE")
        closed = self.env.ref("helpdesk_ticket.mail_template_ticket_closed")
        rating = self.env.ref("helpdesk_ticket.mail_template_ticket_rating")
        now = str(rating.body_html)
        before, count = re.subn(
            r'<t t-if="object._get_greeted\(\)">.*?</t>\s*</t>|'
            r'<t t-if="object._get_greeted\(\)">.*?/>\s*</t>',
            """ <t t-out="object.partner_id.name or ''">Anna</t>""",
            now,
            flags=re.DOTALL,
        )
        self.assertEqual(count, 1)
        rating.body_html = before
        german = closed.with_context(lang="de_DE")
        german.body_html = (
            '<p>Moin<t t-if="object.partner_id or object.partner_name"> <t t-out='
            '"object.partner_id.name or object.partner_name"/></t>!</p>'
        )
        self.env.flush_all()
        script.migrate(self.env.cr, "19.0.1.8.0")
        self.env.invalidate_all()
        self.assertEqual("".join(rating.body_html.split()), "".join(now.split()))
        self.assertIn("Moin", german.body_html)
        self.assertIn("_get_greeted", german.body_html)
        self.assertNotIn("partner_id", german.body_html)

    def test_translations_that_were_corrected(self):
        """Labels follow the addon; what people write in other languages is theirs."""
        self.env["res.lang"]._activate_lang("de_DE")
        german = self.env(context={"lang": "de_DE"})
        label = german.ref("helpdesk_ticket.field_helpdesk_ticket_request__create_date")
        stage = german.ref("helpdesk_ticket.stage_unread")
        of_odoo = german.ref("mail.field_mail_thread__message_ids")
        label.field_description = "Erstellt am"
        stage.name = "Noch nicht angesehen"
        of_odoo.field_description = "Unsere Worte"
        path = SCRIPTS.parent.parent / "helpdesk_contact" / "migrations"
        path = path / "19.0.1.4.0" / "end-translations.py"
        script = load_script(str(path), "helpdesk_contact_end_19_0_1_4_0")
        script.migrate(self.env.cr, "19.0.1.1.0")
        self.assertEqual(label.field_description, "Eingegangen")
        self.assertEqual(stage.name, "Noch nicht angesehen")
        self.assertEqual(of_odoo.field_description, "Unsere Worte")


@tagged("post_install", "-at_install")
class TestMailNamesAnyPromise(TicketCommon):
    """What an update does to the mail about passed deadlines (T25)."""

    LINE = (
        """<div t-if="'{name}' in line[1]" style="color: #b3261e;">{words} """
        """<t t-out="format_datetime(line[0].{name}_deadline, """
        """tz=object.tz or 'UTC', dt_format='short')"/></div>"""
    )

    def setUp(self):
        super().setUp()
        script = SCRIPTS / "19.0.1.9.0" / "post-overdue.py"
        self.script = load_script(str(script), "helpdesk_ticket_post_overdue_19_0_1_9")
        self.env["res.lang"]._activate_lang("de_DE")
        self.template = self.env.ref("helpdesk_ticket.mail_template_overdue")

    def _migrate(self, **bodies):
        for language, body in bodies.items():
            self.template.with_context(lang=language).body_html = body
        self.env.flush_all()
        self.script.migrate(self.env.cr, "19.0.1.8.0")
        self.env.invalidate_all()
        return [
            str(self.template.with_context(lang=language).body_html)
            for language in bodies
        ]

    def _get_before(self, *words):
        names = ("answer", "action", "solution")
        lines = [
            self.LINE.format(name=name, words=said)
            for name, said in zip(names, words, strict=True)
        ]
        body = "\n  ".join(lines)
        return f'<div t-foreach="[]" t-as="line">{body}</div>'

    def test_bodies_as_they_came(self):
        english = "First answer was due on", "Next action was due on"
        german = "Erste Antwort war fällig am", "Nächste Aktion war fällig am"
        renewed = self._migrate(
            en_US=self._get_before(*english, "Solution was due on"),
            de_DE=self._get_before(*german, "Lösung war fällig am"),
        )
        for body, words in zip(renewed, ("was due on", "war fällig am"), strict=True):
            self.assertNotIn("answer", body)
            self.assertIn(f'<t t-out="late[0]"/> {words} <t t-out="format', body)

    def test_bodies_that_somebody_changed(self):
        own = self._get_before("Answer by", "Next action by", "Solution by")
        (body,) = self._migrate(en_US=own)
        self.assertIn("Answer by", body)
