from odoo.tests import tagged

from .common import TicketCommon


@tagged("post_install", "-at_install")
class TestDeleted(TicketCommon):
    """What is deleted leaves a word on the tickets that named it, and no address."""

    def _get_tracked(self, ticket):
        self.env.flush_all()
        self.env.cr.precommit.run()
        self.env.invalidate_all()
        return ticket.message_ids.tracking_value_ids.mapped("old_value_char")

    def test_T14_what_a_deletion_empties_is_tracked(self):
        env, company = self.env, self.company.id
        leaving = self._create_user("leaving", "helpdesk_contact.group_helpdesk_user")
        named = {
            "project_id": env["project.project"].create(
                {"name": "Rollout", "company_id": company}
            ),
            "contract_id": env["contract.contract"].create(
                {
                    "name": "Gold",
                    "partner_id": self.customer.id,
                    "company_id": company,
                }
            ),
            "duplicate_of_id": self._create_ticket(),
            "follow_up_of_id": self._create_ticket(),
            "user_id": leaving,
            "fsm_location_id": env["fsm.location"].create(
                {"name": "Plant", "owner_id": self.customer.id}
            ),
        }
        for name, record in named.items():
            with self.subTest(name=name):
                ticket = self._create_ticket(**{name: record.id})
                ticket.action_close()
                if record._name == ticket._name:
                    word = record.number
                else:
                    word = record.display_name
                self._get_tracked(ticket)
                with self.mock_mail_gateway():
                    record.unlink()
                self.assertFalse(ticket[name])
                self.assertIn(word, self._get_tracked(ticket))

    def test_K12_a_deleted_person_is_in_copy_no_longer(self):
        rita = self.env["res.partner"].create(
            {"name": "Rita", "email": "rita@rival.example"}
        )
        self.env["helpdesk.contact.address"].create(
            {"email": "bernd@private.example", "partner_id": self.bernd.id}
        )
        copies = "Bernd <bernd@huber.example>, bernd@private.example, g@guest.example"
        tickets = self._create_ticket(email_cc=copies)
        tickets += self._create_ticket(partner_id=rita.id, email_cc=copies)
        tickets[1].active = False
        self.bernd.with_user(self.manager).unlink()
        self.assertEqual(tickets.mapped("email_cc"), ["g@guest.example"] * 2)
