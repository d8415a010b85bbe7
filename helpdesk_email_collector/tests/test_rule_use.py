from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import plain_mail
from .rules_common import RulesCommon

IGNORE = [Command.create({"code": "ignore"})]


@tagged("post_install", "-at_install")
class TestRuleUse(RulesCommon):
    """E02, rel-G1: whose a rule is, and from when on it counts."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.both = cls._create_user(
            "both", "helpdesk_contact.group_helpdesk_manager", cls.company
        )
        cls.both.company_ids |= cls.other_company
        cls.administrator = cls._create_user(
            "administrator", "helpdesk_contact.group_helpdesk_manager,base.group_system"
        )
        condition = Command.create({"source": "from", "value": "x@y.example"})
        cls.shared, cls.ours, cls.theirs = (
            cls.Rule.create(
                {
                    "name": "Rule",
                    "company_id": company.id,
                    "filter_ids": [condition],
                    "operation_ids": IGNORE,
                }
            )
            for company in (cls.company.browse(), cls.company, cls.other_company)
        )

    def _changes(self, user, rule):
        """Return the ways to change a rule, as (name, call)."""
        rule, conditions, operations = (
            records.with_user(user).with_context(
                allowed_company_ids=user.company_ids.ids
            )
            for records in (rule, rule.filter_ids, rule.operation_ids)
        )
        new = {"source": "subject", "value": "z"}
        return (
            ("write", lambda: rule.write({"name": "Changed"})),
            ("use", rule.action_put_into_use),
            ("condition", lambda: conditions.write({"value": "z"})),
            ("operation", lambda: operations.write({"code": "stop"})),
            ("add", lambda: conditions.create({**new, "collector_id": rule.id})),
            ("drop", lambda: conditions.unlink()),
            ("delete", lambda: rule.unlink()),
        )

    def _check(self, user, rule, allowed):
        for name, change in self._changes(user, rule):
            with self.subTest(user=user.login, change=name):
                if allowed:
                    change()
                    self.env.flush_all()
                    continue
                with self.assertRaises(AccessError):
                    change()
                    self.env.flush_all()

    def test_own_rules_are_the_managers(self):
        self._check(self.manager, self.ours, True)

    def test_rules_of_another_company_are_not(self):
        self._check(self.manager, self.theirs, False)

    def test_rules_of_all_companies_are_read_only(self):
        """A rule of all companies is an administrator's, whoever manages them all."""
        for user in (self.manager, self.both):
            self._check(user, self.shared, False)
            found = self.Rule.with_user(user).with_context(active_test=False)
            self.assertIn(self.shared, found.search([]))

    def test_rules_of_all_companies_are_the_administrators(self):
        self._check(self.administrator, self.shared, True)

    def test_nothing_moves_to_another_company(self):
        """An own rule, or its parts, cannot be given to all or to another company."""
        rule = self.ours.with_user(self.manager)
        for change in (
            lambda: rule.write({"company_id": False}),
            lambda: rule.write({"company_id": self.other_company.id}),
            lambda: rule.filter_ids.write({"collector_id": self.shared.id}),
            lambda: rule.operation_ids.write({"collector_id": self.theirs.id}),
            lambda: rule.create({"name": "x", "company_id": False}),
            lambda: rule.create({"name": "x", "company_id": self.other_company.id}),
        ):
            with self.assertRaises(AccessError), self.env.cr.savepoint():
                change()
                self.env.flush_all()

    def test_new_rule_is_not_in_use(self):
        """A new rule, or a copy, is of the own company and does nothing yet."""
        with Form(self.Rule.with_user(self.manager)) as form:
            form.name = "Drop all"
            with form.operation_ids.new() as line:
                line.code = "ignore"
        rule = form.save()
        self.assertFalse(rule.active)
        self.assertEqual(rule.company_id, self.company)
        self.assertEqual(self._receive(plain_mail("One")).state, "done")
        self.assertTrue(rule.to_confirm)
        rule.action_put_into_use()
        self.assertTrue(rule.active)
        self.assertEqual(self._receive(plain_mail("Two")).state, "ignored")
        copy = rule.copy()
        self.assertFalse(copy.active)
        self.assertTrue(copy.to_confirm)
        rule.action_take_out_of_use()
        self.assertEqual(self._receive(plain_mail("Three")).state, "done")

    def test_asked_once(self):
        """Without conditions, ignore, reject and forward need a confirmation."""
        template = self.env.ref("helpdesk_email_collector.mail_template_rejected")
        for operation in (
            {"code": "ignore"},
            {"code": "reject", "template_id": template.id},
            {"code": "forward", "address": "a@b.example"},
        ):
            values = {
                "name": "All",
                "company_id": self.company.id,
                "operation_ids": [Command.create(operation)],
            }
            with self.subTest(operation=operation["code"]):
                rule = self.Rule.create(values)
                for refused in (
                    lambda rule=rule: rule.write({"active": True}),
                    lambda values=values: self.Rule.create({**values, "active": True}),
                ):
                    with self.assertRaisesRegex(ValidationError, "no conditions"):
                        refused()
                rule.write({"active": True, "every_mail_confirmed": True})
                rule.active = False
                rule.active = True  # asked once
        harmless = [Command.create({"code": "attach_mail"})]
        rule = self.Rule.create({"name": "Files", "operation_ids": harmless})
        self.assertFalse(rule.to_confirm)
        rule.active = True

    def test_last_condition_goes(self):
        """A rule that lost its conditions is skipped until somebody confirms it."""
        rule = self._add_rule(("subject", "contains", "spam"))
        rule.every_mail_confirmed = False
        with self.assertRaisesRegex(ValidationError, "no conditions"):
            rule.filter_ids = [Command.clear()]
        rule.filter_ids.unlink()
        self.assertEqual(self._receive(plain_mail("Not spam")).state, "done")
        self.assertIn("skipped", rule.problem)

    def test_several_companies_value(self):
        """rel-G1: what belongs to one company is in no rule of all companies."""
        values = {"name": "All", "company_id": False}
        with self.assertRaisesRegex(ValidationError, "belongs to"):
            self.Rule.create(
                {**values, "operation_ids": [self._command("team_id", self.team)]}
            )
        with self.assertRaisesRegex(ValidationError, "belongs to"):
            self.Rule.create(
                {**values, "operation_ids": [self._command("user_id", self.agent)]}
            )
        # who works for both companies fits a rule of each
        for company in (self.company, self.other_company):
            rule = self.Rule.create(
                {
                    "name": company.name,
                    "company_id": company.id,
                    "operation_ids": [self._command("user_id", self.both)],
                }
            )
            self.assertTrue(rule.operation_ids)

    def _command(self, name, record):
        return Command.create(self._set(name, record))

    def test_what_rules_and_mailboxes_name_is_kept(self):
        """T02, T10: a rule names it in a text, no foreign key keeps it."""
        second, third = self.env["helpdesk.team"].create(
            [
                {"name": name, "company_id": self.company.id}
                for name in ("Second level", "Third level")
            ]
        )
        kind = self.env["helpdesk.ticket.type"].create({"name": "Fault"})
        self._add_rule(
            operations=[self._set("team_id", second), self._set("type_id", kind)]
        )
        self.server.helpdesk_team_id = third
        for record, words in ((second, "Sorting"), (kind, "Sorting"), (third, "Mail")):
            with self.subTest(words=words), self.assertRaisesRegex(UserError, words):
                record.with_user(self.manager).unlink()

    def test_T10_a_mailbox_goes_to_the_team_that_goes_on(self):
        second = self.env["helpdesk.team"].create(
            {"name": "Second level", "company_id": self.company.id}
        )
        self._add_rule(operations=[self._set("team_id", self.team)])
        team = self.team.with_user(self.manager)
        with self.assertRaisesRegex(UserError, self.server.name):
            team.active = False
        action = team.action_archive()
        dialog = self.env(user=self.manager)[action["res_model"]]
        dialog = dialog.with_context(**action["context"])
        dialog.create({"target_id": second.id}).action_confirm()
        self.assertFalse(team.active)
        self.assertEqual(self.server.helpdesk_team_id, second)
        operation = self.env["helpdesk.email.collector.operation"].search(
            [("code", "=", "set_field")], order="id desc", limit=1
        )
        self.assertEqual(operation.value, str(second.id))
