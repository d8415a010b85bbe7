from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import TicketCommon

SECRET = "They have not paid for months."


@tagged("post_install", "-at_install")
class TestAccountant(TicketCommon):
    """T12: accountants read the tickets of contracts, and nothing beyond."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accountant = cls._create_user(
            "accountant", "account.group_account_invoice,base.group_allow_export"
        )
        cls.contract = cls.env["contract.contract"].create(
            {
                "name": "Maintenance",
                "partner_id": cls.customer.id,
                "company_id": cls.company.id,
            }
        )
        cls.covered = cls._create_ticket(contract_id=cls.contract.id)
        cls.other = cls._create_ticket(contract_id=False)

    def _as_accountant(self, record):
        return record.with_user(self.accountant)

    def _write_privately(self, *partners):
        with self.mock_mail_gateway():
            return self.covered.with_user(self.agent)._post_private_message(
                SECRET,
                self.env["res.partner"].concat(self.bernd, *partners),
                self.agent_env["ir.attachment"].create(
                    {
                        "name": "a.txt",
                        "raw": b"secret",
                        "res_model": "helpdesk.private.message",
                        "res_id": 0,
                    }
                ),
            )

    def test_T12_reads_and_changes_nothing(self):
        covered = self._as_accountant(self.covered)
        self.assertEqual(covered.name, "Printer does not print")
        activity = {"res_model_id": self.env["ir.model"]._get_id(covered._name)}
        for number, attempt in enumerate(
            (
                lambda: covered.write({"name": "Paid"}),
                lambda: covered.create({"name": "Mine"}),
                lambda: covered.unlink(),
                lambda: covered.copy(),
                lambda: covered.message_post(body="Pay first"),
                lambda: covered.message_subscribe(self.agent.partner_id.ids),
                lambda: covered.action_close(),
                lambda: covered.action_assign_to_me(),
                lambda: covered.action_create_service_order(),
                lambda: covered.message_update({}, {"name": "Paid"}),
                lambda: covered.web_save({"name": "Paid"}, {"name": {}}),
                lambda: covered.env["ir.attachment"].create(
                    {"name": "x", "res_model": covered._name, "res_id": covered.id}
                ),
                lambda: covered.env["mail.activity"].create(
                    {**activity, "res_id": self.other.id, "summary": "x"}
                ),
            )
        ):
            self.env.invalidate_all()
            with self.subTest(number), self.assertRaises(AccessError):
                attempt()
        with self.assertRaises(AccessError):
            self._as_accountant(self.other).read(["name"])

    def test_T12_private_messages_are_for_agents_and_the_chosen(self):
        """They read what was said, also notes, but no private message and its files."""
        answer = self._answer(self.covered)
        note = self.covered.message_post(body="Do not charge the first hour.")
        message = self._write_privately()
        messages = self.env(user=self.accountant, context={})["mail.message"]
        domain = [("model", "=", "helpdesk.ticket"), ("res_id", "=", self.covered.id)]
        found = messages.search(domain)
        self.assertLessEqual({answer.id, note.id}, set(found.ids))
        self.assertNotIn(message.id, found.ids)
        self.assertEqual(messages.search_count([*domain, ("body", "ilike", SECRET)]), 0)
        for record in (message, message.attachment_ids):
            with self.assertRaises(AccessError):
                self._as_accountant(record).read()
        self.assertIn(
            message, self.env["mail.message"].with_user(self.agent).search(domain)
        )

    def test_T12_a_chosen_accountant_reads_it(self):
        message = self._write_privately(self.accountant.partner_id)
        mine = self._as_accountant(message)
        self.assertIn(SECRET, mine.body)
        self.assertEqual(mine.attachment_ids.raw, b"secret")
        self.assertIn(mine, mine.search([("id", "=", message.id)]))

    def test_T12_export_holds_no_private_message(self):
        self._write_privately()
        columns = ["number", "message_ids/body"]
        exported = self._as_accountant(self.covered).export_data(columns)["datas"]
        self.assertIn(self.covered.number, str(exported))
        self.assertNotIn(SECRET, str(exported))

    def test_T12_private_messages_cannot_be_guessed(self):
        """By a condition on the ticket, which tells a right guess from a wrong one."""
        self._write_privately()
        tickets = self.env(user=self.accountant, context={})["helpdesk.ticket"]
        for condition in (
            lambda text: [("message_ids.body", "ilike", text)],
            lambda text: [("message_ids", "any", [("body", "ilike", text)])],
            lambda text: [("website_message_ids.body", "ilike", text)],
            lambda text: ["!", ("message_ids.body", "not ilike", text)],
            lambda text: [("message_ids", "not any", [("body", "ilike", text)])],
        ):
            right, wrong = (
                tickets.search([*condition(text), ("id", "=", self.covered.id)])
                for text in (SECRET[:6], "They did")
            )
            with self.subTest(condition=condition("x")):
                self.assertEqual(right, wrong)
        domain = [("message_ids.body", "ilike", SECRET[:6])]
        agents = self.env["helpdesk.ticket"].with_user(self.agent)
        self.assertIn(self.covered, agents.search(domain))

    def test_T12_an_accountant_of_the_helpdesk_is_an_agent(self):
        message = self._write_privately()
        self.accountant.group_ids += self.env.ref(
            "helpdesk_contact.group_helpdesk_user"
        )
        self.assertIn(SECRET, self._as_accountant(message).body)
