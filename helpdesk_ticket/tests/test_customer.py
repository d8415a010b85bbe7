from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestCustomerTickets(TicketCommon):
    """K11: the tickets of a customer; C05, C06: a ticket from a contact."""

    def test_K11_company_counts_the_tickets_of_all_contacts(self):
        self._create_ticket()
        closed = self._create_ticket(partner_id=self.bernd.id)
        closed.action_close()
        self._create_ticket(partner_id=self.customer.id)
        self._create_ticket().active = False
        customer = self.customer.with_user(self.agent)
        self.assertEqual(customer.helpdesk_ticket_count, 3)
        self.assertEqual(customer.helpdesk_open_ticket_count, 2)
        self.assertEqual(self.bernd.with_user(self.agent).helpdesk_ticket_count, 1)
        self.assertEqual(self.bernd.with_user(self.agent).helpdesk_open_ticket_count, 0)

    def test_K11_list_leads_to_all_but_archived_tickets(self):
        tickets = self._create_ticket() + self._create_ticket(partner_id=self.bernd.id)
        self._create_ticket().active = False
        action = self.customer.with_user(self.agent).action_view_helpdesk_tickets()
        found = self.agent_env["helpdesk.ticket"].search(action["domain"])
        self.assertEqual(found, tickets)
        self.assertEqual(self.customer.helpdesk_customer_ticket_ids, tickets)
        self.assertEqual(self.anna.helpdesk_contact_ticket_ids, tickets[:1])

    def test_K11_counting_costs_the_same_for_many_customers(self):
        customers = self.env["res.partner"].create(
            [{"name": f"C{number}", "is_company": True} for number in range(30)]
        )
        contacts = self.env["res.partner"].create(
            [
                {"name": f"P{customer.id}", "parent_id": customer.id}
                for customer in customers
            ]
        )
        for contact in contacts:
            self._create_ticket(partner_id=contact.id)
        counts = []
        few, many = customers[:1] + contacts[:1], customers + contacts
        few.with_user(self.agent).mapped("helpdesk_ticket_count")
        for partners in (few, many):
            self.env.flush_all()
            self.env.invalidate_all()
            partners = partners.with_user(self.agent)
            partners.mapped("is_company")
            before = self.env.cr.sql_log_count
            partners.mapped("helpdesk_ticket_count")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(counts[0], counts[1])
        self.assertLessEqual(counts[1], 3)

    def test_K11_user_without_helpdesk_sees_no_numbers(self):
        self._create_ticket()
        outsider = self._create_user("outsider", "base.group_user")
        self.assertEqual(self.customer.with_user(outsider).helpdesk_ticket_count, 0)

    def test_merged_contact_takes_the_tickets_open_as_they_are(self):
        ticket = self._create_ticket(partner_id=self.bernd.id)
        wizard = self.env["base.partner.merge.automatic.wizard"].create({})
        wizard._merge((self.anna + self.bernd).ids, self.anna)
        self.assertEqual(ticket.partner_id, self.anna)
        self.assertEqual(ticket.state, "unread")

    def test_C05_contact_added_from_the_customer(self):
        form = Form(self.customer.with_user(self.agent))
        with form, form.child_ids.new() as line:
            line.lastname = "Roth"
            line.email = "roth@huber.example"
            line.is_primary_contact = True
        contact = self.customer.child_ids.filtered(lambda c: c.lastname == "Roth")
        self.assertEqual(self.customer.primary_contact_id, contact)

    def test_C06_ticket_of_a_contact_on_the_phone(self):
        action = self.anna.with_user(self.agent).action_helpdesk_open_ticket()
        Ticket = self.agent_env["helpdesk.ticket"].with_context(**action["context"])
        with self.mock_mail_gateway():
            ticket = Ticket.create({"name": "On the phone"})
            self._answer(ticket)
        self.assertEqual(ticket.partner_id, self.anna)
        self.assertEqual(ticket.customer_id, self.customer)
        self.assertEqual(
            ticket.channel_id, self.env.ref("helpdesk_ticket.channel_phone")
        )
        mails = [m for m in self._mails if self.anna.email in ",".join(m["email_to"])]
        self.assertEqual(len(mails), 2)


@tagged("post_install", "-at_install")
class TestCustomerDeletion(TicketCommon):
    """K12: delete a customer for good."""

    def _wizard(self, partners, user=None):
        action = partners.with_user(user or self.manager).action_helpdesk_delete()
        return (
            self.env["helpdesk.partner.delete"]
            .with_user(user or self.manager)
            .with_context(**action["context"])
            .create({})
        )

    def test_dialog_says_what_is_touched(self):
        self._create_ticket()
        self._create_ticket(partner_id=self.bernd.id).action_close()
        self._create_ticket().active = False
        wizard = self._wizard(self.customer)
        self.assertEqual(wizard.contact_count, 2)
        self.assertEqual(wizard.ticket_count, 3)
        self.assertEqual(wizard.open_ticket_count, 2)

    def test_tickets_are_closed_and_detached_then_the_customer_goes(self):
        open_ticket = self._create_ticket()
        archived = self._create_ticket(partner_id=self.bernd.id)
        archived.active = False
        people = self.customer + self.anna + self.bernd
        self._wizard(self.customer).action_delete()
        self.assertFalse(people.exists())
        for ticket in (open_ticket, archived):
            self.assertEqual(ticket.state, "closed")
            self.assertFalse(ticket.partner_id)
            self.assertFalse(ticket.customer_id)
            self.assertFalse(ticket.partner_email)

    def test_deletion_of_one_contact_leaves_the_customer(self):
        ticket = self._create_ticket()
        self._wizard(self.anna).action_delete()
        self.assertFalse(self.anna.exists())
        self.assertTrue(self.customer.exists())
        self.assertEqual(ticket.state, "closed")

    def test_odoo_own_deletion_does_the_same(self):
        ticket = self._create_ticket()
        self.anna.with_user(self.manager).unlink()
        self.assertEqual(ticket.state, "closed")

    def test_odoo_own_deletion_takes_the_contacts_too(self):
        ticket = self._create_ticket()
        self.bernd.active = False
        people = self.customer + self.anna + self.bernd
        self.customer.with_user(self.manager).unlink()
        self.assertFalse(people.exists())
        self.assertEqual(ticket.state, "closed")
        self.assertFalse(ticket.customer_id)

    def test_many_at_once(self):
        others = self.env["res.partner"].create(
            [{"name": f"C{number}", "is_company": True} for number in range(3)]
        )
        self._wizard(others + self.customer).action_delete()
        self.assertFalse((others + self.customer).exists())

    def test_customer_with_posted_invoice_is_kept(self):
        journal = self.env["account.journal"].create(
            {
                "name": "Sales",
                "code": "TSAL",
                "type": "sale",
                "company_id": self.company.id,
            }
        )
        account = self.env["account.account"].create(
            {"name": "Income", "code": "TINC", "account_type": "income"}
        )
        receivable = self.env["account.account"].create(
            {"name": "Receivable", "code": "TREC", "account_type": "asset_receivable"}
        )
        self.customer.property_account_receivable_id = receivable
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": self.customer.id,
                "journal_id": journal.id,
                "invoice_date": date(2026, 1, 1),
                "invoice_line_ids": [
                    (0, 0, {"name": "x", "price_unit": 1, "account_id": account.id})
                ],
            }
        )
        move.action_post()
        self._create_ticket()
        for delete in (
            lambda: self._wizard(self.customer).action_delete(),
            self.customer.with_user(self.manager).unlink,
        ):
            with self.assertRaises(UserError) as refusal:
                delete()
            self.assertIn("Archive them instead", str(refusal.exception))

    def test_agents_do_not_delete(self):
        with self.assertRaises(AccessError):
            self._wizard(self.customer, self.agent)
