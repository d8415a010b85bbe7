from odoo.exceptions import ValidationError
from odoo.tests import Form, mute_logger, tagged

from .common import CollectorCommon, plain_mail

LOGGER = "odoo.addons.helpdesk_email_collector.models.inbox.retry"


@tagged("post_install", "-at_install")
class TestCollectorOperation(CollectorCommon):
    """E03: what the operations of a rule do."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.severity = cls.env["helpdesk.ticket.severity"].create({"name": "Highest"})
        cls.tags = cls.env["helpdesk.ticket.tag"].create([{"name": "A"}, {"name": "B"}])
        cls.night_team = cls.env["helpdesk.team"].create(
            {"name": "Night", "company_id": cls.company.id}
        )

    def _field(self, name):
        return self.env["ir.model.fields"]._get("helpdesk.ticket", name).id

    def _rule(self, *operations, **values):
        return self.env["helpdesk.email.collector"].create(
            {
                "name": "Sorting",
                "sequence": 1,
                "active": True,
                "every_mail_confirmed": True,
                "operation_ids": [
                    (0, 0, {"sequence": number, **operation})
                    for number, operation in enumerate(operations)
                ],
                **values,
            }
        )

    def _set(self, name, record):
        return {
            "code": "set_field",
            "field_id": self._field(name),
            "value": str(record.id),
        }

    def test_set_field(self):
        """E03: fields of the new ticket, tags one by one, a later rule creates it."""
        self._rule(
            self._set("severity_id", self.severity),
            self._set("team_id", self.night_team),
            self._set("tag_ids", self.tags[0]),
            self._set("tag_ids", self.tags[1]),
            company_id=self.company.id,
        )
        row = self._receive(plain_mail())
        ticket = row.ticket_id
        self.assertEqual(ticket.severity_id, self.severity)
        self.assertEqual(ticket.team_id, self.night_team)
        self.assertEqual(ticket.tag_ids, self.tags)
        self.assertEqual(len(row.rule_ids), 2)

    def test_stop(self):
        """E03: after `stop` no further rule is asked."""
        self._rule({"code": "stop"})
        row = self._receive(plain_mail())
        self.assertEqual((row.state, row.reason_code), ("ignored", "no_rule"))

    def test_apply_sees_the_ticket_with_its_mail(self):
        """E03: `_apply_<code>` is called when the mail is in the chatter."""
        Operation = self.registry["helpdesk.email.collector.operation"]
        seen = []

        def apply(operation, mail, place, decision, ticket, answers):
            known = ticket.message_ids.mapped("message_id")
            seen.append((ticket.name, mail.message_id in known))

        Operation._apply_create_ticket = apply
        self.addCleanup(delattr, Operation, "_apply_create_ticket")
        self._receive(plain_mail("Applied"))
        self.assertEqual(seen, [("Applied", True)])

    def test_deleted_value_fails_with_one_sentence(self):
        """E05: the mail is kept, and the error says which rule to fix."""
        rule = self._rule(self._set("severity_id", self.severity))
        self._delete_in_database(self.severity)
        with mute_logger(LOGGER):
            row = self._receive(plain_mail())
        self.assertIn("Sorting", row.error)
        self.assertIn("deleted", row.error)
        rule.active = False
        self._press(row, "action_retry")
        self.assertEqual(row.state, "done")

    def test_checked_on_saving(self):
        """E03, rel-D6, rel-G1: other fields and other companies are refused."""
        foreign = self.env["helpdesk.team"].create(
            {"name": "Foreign", "company_id": self.other_company.id}
        )
        for operation in (
            {"code": "set_field"},
            {"code": "set_field", "field_id": self._field("severity_id")},
            {"code": "set_field", "field_id": self._field("number"), "value": "1"},
            self._set("team_id", foreign),
        ):
            with self.subTest(operation=operation), self.assertRaises(ValidationError):
                self._rule(operation)
        self._rule(self._set("team_id", foreign), company_id=self.other_company.id)

    def test_code_without_method(self):
        """E03: a code that nothing carries out is refused, not skipped silently."""
        rule = self._rule({"code": "stop"})
        self.patch(
            type(rule.operation_ids),
            "_get_steps",
            lambda operation: ("unheard_of",),
        )
        with self.assertRaisesRegex(ValidationError, "unknown"):
            rule.operation_ids.code = "ignore"

    def test_form(self):
        """E03: a manager chooses field and value in the rule's form."""
        manager_env = self.env(user=self.manager)
        with Form(manager_env["helpdesk.email.collector"]) as form:
            form.name = "By form"
            with form.filter_ids.new() as line:
                line.source = "sender_state"
                line.value = "unknown"
            with form.operation_ids.new() as line:
                line.code = "set_field"
                line.field_id = self.env["ir.model.fields"].browse(
                    self._field("severity_id")
                )
                line.value_record = self.severity
        rule = form.save()
        self.assertEqual(rule.operation_ids.value, str(self.severity.id))
        self.assertEqual(rule.filter_ids.value, "unknown")
        self.assertEqual(rule.filter_ids.operator, "is")
        self.assertIn("Highest", rule.summary)
