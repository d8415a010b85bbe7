from psycopg2.errors import UniqueViolation

from odoo.exceptions import UserError
from odoo.tools import mute_logger

from .common import TicketCommon


class TestTicket(TicketCommon):
    def test_T01_number_is_unique_and_kept(self):
        first, second = self._create_ticket(), self._create_ticket()
        self.assertRegex(first.number, r"^TS\d{4}-\d{4,}$")
        self.assertNotEqual(first.number, second.number)
        with self.assertRaisesRegex(
            UserError, "reference number of a ticket cannot be changed"
        ):
            first.number = "TS-1"
        with self.assertRaises(UniqueViolation), mute_logger("odoo.sql_db"):
            self.env.cr.execute(
                "UPDATE helpdesk_ticket SET number = %s WHERE id = %s",
                (first.number, second.id),
            )

    def test_found_by_number_and_by_subject(self):
        ticket = self._create_ticket(name="Zebra printer")
        for text in (ticket.number, "Zebra"):
            found = self.env["helpdesk.ticket"].name_search(text)
            self.assertIn(ticket.id, [record_id for record_id, _name in found])

    def test_T06_content_is_sanitised(self):
        """T06, rel-C2: rich text, without what acts."""
        ticket = self._create_ticket(
            description="<p onclick='x()'>Hi<script>alert(1)</script></p>"
        )
        self.assertEqual(ticket.description, "<p>Hi</p>")

    def test_T08_customer_follows_the_contact(self):
        ticket = self._create_ticket()
        self.assertEqual(ticket.customer_id, self.customer)
        self.assertEqual(ticket.partner_email, self.anna.email)

    def test_T08_customer_without_contact(self):
        ticket = self._create_ticket(partner_id=False, customer_id=self.customer.id)
        self.assertEqual(ticket.customer_id, self.customer)
        self.assertFalse(ticket.partner_id)

    def test_C09_contact_is_made_from_a_bare_address(self):
        ticket = self._create_ticket(
            partner_id=False, partner_email="Clara Roth <clara@huber.example>"
        )
        self.assertEqual(ticket.partner_email, "clara@huber.example")
        self.assertEqual(ticket.partner_name, "Clara Roth")
        ticket.with_user(self.agent).action_create_contact()
        self.assertEqual(ticket.partner_id.name, "Clara Roth")
        self.assertIn(ticket.partner_id, ticket.message_partner_ids)

    def test_C09_known_address_is_not_made_twice(self):
        ticket = self._create_ticket(partner_id=False, partner_email=self.bernd.email)
        ticket.with_user(self.agent).action_create_contact()
        self.assertEqual(ticket.partner_id, self.bernd)

    def test_C09_nonsense_address_is_one_clear_sentence(self):
        ticket = self._create_ticket(partner_id=False, partner_email="nobody")
        with self.assertRaisesRegex(UserError, "not one e-mail address"):
            ticket.with_user(self.agent).action_create_contact()

    def test_T10_assign_to_me(self):
        tickets = self._create_ticket() + self._create_ticket()
        tickets.with_user(self.agent).action_assign_to_me()
        self.assertEqual(tickets.user_id, self.agent)

    def test_T10_team_of_the_member_is_proposed(self):
        own = self.team.copy({"name": "Second level", "sequence": 99})
        own.member_ids = self.agent
        self.team.member_ids = self.manager
        ticket = self.agent_env["helpdesk.ticket"].create({"name": "x"})
        self.assertEqual(ticket.team_id, own)

    def test_T11_project_of_the_team(self):
        project = self.env["project.project"].create({"name": "Helpdesk"})
        self.team.project_id = project
        self.assertEqual(self._create_ticket().project_id, project)
        self.assertEqual(project.with_user(self.agent).helpdesk_ticket_count, 1)

    def test_T14_changes_are_tracked(self):
        """T14: a change at any time stands in the history, with old and new."""
        ticket = self._create_ticket()
        self.flush_tracking()
        ticket.with_user(self.agent).name = "Printer on fire"
        self.flush_tracking()
        values = ticket.message_ids.sudo().tracking_value_ids
        self.assertIn("Printer on fire", values.mapped("new_value_char"))

    def test_T14_whatever_people_change_is_tracked(self):
        """By introspection: a new field that people edit must be tracked too."""
        model = self.env["helpdesk.ticket"]
        # shown in the conversation itself, or in lists of their own, or to nobody
        otherwise = {
            "access_token",
            "activity_ids",
            "description",
            "follow_up_of_id",  # by the number of that ticket (T10)
            "rating_ids",
            "solution",
        }
        untracked = [
            name
            for name, field in model._fields.items()
            if field.store
            and not field.readonly
            and field.type != "one2many"
            and not getattr(field, "tracking", None)
            and field._module.startswith("helpdesk_")
            and name not in otherwise
        ]
        self.assertFalse(untracked)

    def test_T14_rewritten_texts_are_kept(self):
        ticket = self._create_ticket(description="<p>First words</p>")
        for name, kept in (
            ("description", ["First words"]),
            ("solution", []),
        ):
            known = ticket.message_ids
            ticket.with_user(self.agent).write({name: "<p>Second words</p>"})
            notes = ticket.message_ids - known
            self.assertEqual(len(notes), len(kept), name)
            for note, text in zip(notes, kept, strict=True):
                self.assertIn(text, note.body)
                self.assertTrue(note.subtype_id.internal)
            known = ticket.message_ids
            ticket.with_user(self.agent).write({name: "<p>Second words</p>"})
            self.assertEqual(ticket.message_ids, known)

    def test_copy_gets_its_own_number_and_starts_again(self):
        ticket = self._create_ticket()
        ticket.action_close()
        copy = ticket.copy()
        self.assertNotEqual(copy.number, ticket.number)
        self.assertEqual(copy.state, "unread")
        self.assertFalse(copy.closed_date)
