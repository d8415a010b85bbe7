from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from .common import CollectorCommon, plain_mail

MODELS = (
    "helpdesk.inbox.mail",
    "helpdesk.email.collector",
    "helpdesk.email.collector.filter",
    "helpdesk.email.collector.operation",
    "fetchmail.server",
)


@tagged("post_install", "-at_install")
class TestAccess(CollectorCommon):
    """rel-A8, rel-G1: who sees mailboxes, rules and raw mails."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other_manager = cls._create_user(
            "other-manager",
            "helpdesk_contact.group_helpdesk_manager",
            cls.other_company,
        )

    def test_agent_reads_nothing(self):
        """rel-A8: a helpdesk user reads no mailbox, no rule and no raw mail."""
        for model in MODELS:
            with self.subTest(model=model), self.assertRaises(AccessError):
                self.env[model].with_user(self.agent).search_read([], ["id"])
        ticket = self._receive(plain_mail()).ticket_id
        with self.assertRaises(AccessError):
            ticket.with_user(self.agent).read(["inbox_mail_ids"])

    def test_manager_reads_and_retries(self):
        """rel-A8: a manager reads the mails, and edits none."""
        row = self._receive(plain_mail())
        mine = row.with_user(self.manager)
        self.assertEqual(mine.read(["subject", "error_trace"])[0]["subject"], "Help")
        self.assertEqual(mine.ticket_id.with_user(self.manager).inbox_mail_count, 1)
        for forbidden in (
            lambda: mine.write({"state": "waiting"}),
            mine.unlink,
            lambda: mine.copy(),
        ):
            with self.assertRaises(AccessError):
                forbidden()

    def test_manager_never_reads_a_password(self):
        """rel-A8, rel-F3: the mailbox is visible, its password is not."""
        mine = self.server.with_user(self.manager)
        self.assertEqual(mine.read(["user"])[0]["user"], self.server.user)
        with self.assertRaises(AccessError):
            mine.read(["password"])
        with self.assertRaises(AccessError):
            mine.search([("password", "like", "not")])
        with self.assertRaises(AccessError):
            mine.write({"helpdesk_folder": "Other"})
        with self.assertRaises(AccessError):
            mine.action_helpdesk_test_connection()
        self.server.is_helpdesk_collector = False
        self.assertNotIn(self.server, mine.search([]))

    def test_customers_read_no_setting_of_ours(self):
        """rel-A8, rel-D2: Odoo shows customers all of their company by the API. Whoever
        knows which servers are trusted can write what these would say."""
        portal = new_test_user(
            self.env,
            "test-portal",
            groups="base.group_portal",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        mine = self.company.with_user(portal)
        self.assertEqual(mine.read(["name"])[0]["name"], self.company.name)
        for name in (
            "helpdesk_trusted_servers",
            "helpdesk_reply_to_senders",
            "helpdesk_creation_address",
        ):
            for call in (
                lambda name: mine.read([name]),
                lambda name: mine.search([(name, "ilike", "mx")]),
            ):
                with self.subTest(name), self.assertRaises(AccessError):
                    call(name)

    def test_other_company(self):
        """rel-G1: a manager of another company sees nothing of ours."""
        row = self._receive(plain_mail())
        rule = self.env["helpdesk.email.collector"].create(
            {
                "name": "Ours",
                "company_id": self.company.id,
                "filter_ids": [(0, 0, {"source": "from", "value": "x"})],
                "operation_ids": [(0, 0, {"code": "stop"})],
            }
        )
        for record in (row, rule, rule.filter_ids, rule.operation_ids, self.server):
            theirs = self._as_other(record)
            with self.subTest(model=record._name):
                self.assertNotIn(record, theirs.search([]))
                with self.assertRaises(AccessError):
                    theirs.read(["display_name"])
        with self.assertRaises(AccessError):
            self._as_other(row).action_retry()

    def _as_other(self, record):
        return record.with_user(self.other_manager).with_context(
            allowed_company_ids=self.other_company.ids
        )

    def test_manager_edits_rules(self):
        """E02: rules are the managers' own."""
        rule = self.env["helpdesk.email.collector"].with_user(self.manager)
        rule = rule.create(
            {"name": "Mine", "operation_ids": [(0, 0, {"code": "ignore"})]}
        )
        rule.sequence = 5
        with Form(rule) as form, form.operation_ids.new() as operation:
            operation.code = "set_field"
            operation.field_id = self.env["ir.model.fields"]._get(
                "helpdesk.ticket", "severity_id"
            )
            operation.value_record = self.env["helpdesk.ticket.severity"].search(
                [], limit=1
            )
        self.assertTrue(rule.operation_ids[1].description)
        rule.unlink()
