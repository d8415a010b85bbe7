from odoo.tests import HttpCase, new_test_user, tagged

ACTION = "/odoo/action-helpdesk_email_collector.action_helpdesk_email_collector"


@tagged("post_install", "-at_install")
class TestRuleTours(HttpCase):
    """E02, E03: a manager makes any rule on the screen, where there is one company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        others = cls.env["res.company"].search([("id", "!=", cls.company.id)])
        others.action_archive()
        cls.manager = new_test_user(
            cls.env,
            "tour-manager",
            groups="helpdesk_contact.group_helpdesk_manager",
            email="tour-manager@helpdesk.example",
        )
        cls.Rule = cls.env["helpdesk.email.collector"].with_context(active_test=False)
        cls.env["fetchmail.server"].create(
            {
                "name": "Tour mailbox",
                "is_helpdesk_collector": True,
                "company_id": cls.company.id,
                "server_type": "imap",
                "server": "mail.tour.example",
            }
        )

    @classmethod
    def _make_values(cls):
        """Make a record of each kind that an operation names; all are the company's."""
        own = {"company_id": cls.company.id}
        create = {
            "helpdesk.ticket.type": {"name": "Tour type"},
            "helpdesk.ticket.topic": {"name": "Tour topic"},
            "helpdesk.ticket.severity": {"name": "Tour severity"},
            "helpdesk.ticket.tag": {"name": "Tour tag"},
            "helpdesk.team": {"name": "Tour team", **own},
            "project.project": {"name": "Tour project", **own},
        }
        for model, values in create.items():
            cls.env[model].create(values)
        customer = cls.env["res.partner"].create(
            {"name": "Tour customer", "is_company": True, **own}
        )
        cls.env["res.partner"].create(
            {
                "name": "Tour contact",
                "email": "contact@tour.example",
                "parent_id": customer.id,
                **own,
            }
        )
        cls.env["contract.contract"].create(
            {"name": "Tour contract", "partner_id": customer.id, **own}
        )
        new_test_user(
            cls.env,
            "tour-agent",
            name="Tour agent",
            groups="helpdesk_contact.group_helpdesk_user",
            email="tour-agent@helpdesk.example",
        )
        cls.env["mail.template"].create(
            [
                {"name": name, "model_id": cls.env["ir.model"]._get_id(model)}
                for name, model in (
                    ("Tour answer", "helpdesk.ticket"),
                    ("Tour refusal", "helpdesk.email.collector"),
                )
            ]
        )

    def test_E02_E03_everything(self):
        """Each source, comparison, operation and field, chosen, saved and reloaded."""
        self._make_values()
        self.start_tour(
            ACTION,
            "helpdesk_email_rules_all",
            login=self.manager.login,
            timeout=600,
        )
        rule = self.Rule.search([("name", "=", "Tour: everything")])
        self.assertTrue(rule.active)
        self.assertEqual(rule.company_id, self.company)
        self.assertEqual(len(rule.server_ids), 1)
        conditions, operations = rule.filter_ids, rule.operation_ids
        for records, name in (
            (conditions, "source"),
            (conditions, "comparison"),
            (operations, "code"),
            (operations, "value_from"),
            (operations, "source"),
        ):
            values = records._fields[name].get_values(self.env)
            with self.subTest(field=name):
                self.assertEqual(set(records.mapped(name)), set(values))
        fields = operations.field_id.mapped("name")
        # those of addons beside this one have tests of their own
        settable = set(operations._get_settable_fields()) - {"device_id"}
        self.assertEqual(set(fields), settable)
        self.assertTrue(all(operations.filtered("field_id").mapped("description")))
        self.assertNotIn("skipped", rule.problem or "")

    def test_E02_shared_rule_becomes_the_companys(self):
        """A ready rule, made for all companies, takes what belongs to the only one."""
        team = self.env["helpdesk.team"].create(
            {"name": "Tour team", "company_id": self.company.id}
        )
        ready = self.env.ref(
            "helpdesk_email_collector.helpdesk_email_collector_recipient"
        )
        rule = ready.with_user(self.manager)
        field = self.env["ir.model.fields"]._get("helpdesk.ticket", "team_id")
        rule.operation_ids.write({"field_id": field.id, "value": str(team.id)})
        self.assertEqual(rule.company_id, self.company)
        vip = self.env.ref("helpdesk_email_collector.helpdesk_email_collector_vip")
        rule = vip.with_user(self.manager)
        rule.write({"active": True})
        self.assertFalse(rule.company_id)
        server = self.env["fetchmail.server"].search([("name", "=", "Tour mailbox")])
        rule.write({"server_ids": [(4, server.id)]})
        self.assertEqual(rule.company_id, self.company)

    def test_E02_asked_once(self):
        """A rule that drops every mail is put into use by who says yes."""
        self.start_tour(
            ACTION, "helpdesk_email_rule_for_every_mail", login=self.manager.login
        )
        rule = self.Rule.search([("name", "=", "Tour: every mail")])
        self.assertTrue(rule.active and rule.every_mail_confirmed)
