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
