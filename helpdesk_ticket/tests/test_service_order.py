from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged, warmup

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common import TicketCommon

ADDRESS = {"street": "Hauptstraße 1", "zip": "80331", "city": "München"}


class ServiceOrderCommon(TicketCommon):
    """A customer with an address, and field service that is set up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        stages = cls.env["fsm.stage"].search([("stage_type", "=", "order")])
        stages.company_id = False
        cls.env["fsm.team"].create(
            {"name": "Technicians", "company_id": cls.company.id}
        )
        cls.customer.write(ADDRESS)
        cls.ticket = cls._create_ticket(
            description="<p>It only blinks.</p>",
            severity_id=cls.env.ref("helpdesk_ticket.severity_high").id,
        )

    @classmethod
    def _create_order(cls, ticket=None, user=None, **values):
        """Go through the dialog as the agent does."""
        ticket = (ticket or cls.ticket).with_user(user or cls.agent)
        dialog = ticket.action_create_service_order()
        wizard = ticket.env[dialog["res_model"]].with_context(**dialog["context"])
        action = wizard.create(values).action_create()
        return cls.env["fsm.order"].browse(action["res_id"])

    @classmethod
    def _create_location(cls, name, **values):
        values = {"owner_id": cls.customer.id, **ADDRESS, **values}
        return cls.env["fsm.location"].create({"name": name, **values})


@tagged("post_install", "-at_install")
class TestServiceOrder(ServiceOrderCommon):
    """T16: service orders from tickets."""

    def test_order_takes_over_the_ticket(self):
        contract = self.env["contract.contract"].create(
            {
                "name": "Maintenance",
                "partner_id": self.customer.id,
                "company_id": self.company.id,
            }
        )
        project = self.env["project.project"].create(
            {"name": "Helpdesk", "company_id": self.company.id}
        )
        self.ticket.severity_id.fsm_priority = "2"
        self.ticket.write({"contract_id": contract.id, "project_id": project.id})
        order = self._create_order()
        self.assertRecordValues(
            order,
            [
                {
                    "helpdesk_ticket_id": self.ticket.id,
                    "company_id": self.company.id,
                    "subject": "Printer does not print",
                    "priority": "2",
                    "customer_id": self.customer.id,
                    "contact_id": self.anna.id,
                    "contract_id": contract.id,
                    "project_id": project.id,
                }
            ],
        )
        self.assertIn("It only blinks.", order.description)
        self.assertEqual(self.ticket.fsm_order_ids, order)

    def test_what_is_asked_before(self):
        """T16: date, person and text are the order's, who may order it or not."""
        person = self.env["fsm.person"].create({"name": "Tina", "company_id": False})
        order = self._create_order(
            scheduled_date_start="2030-05-06 08:00:00",
            person_id=person.id,
            description="<p>Bring a ladder.</p>",
        )
        self.assertEqual(str(order.scheduled_date_start), "2030-05-06 08:00:00")
        self.assertEqual(order.person_id, person)
        self.assertIn("Bring a ladder.", order.description)
        self.assertIn("It only blinks.", self.ticket.description)

    def test_T16_two_clicks_make_one_order(self):
        dialog = self.env["helpdesk.service.order"].with_user(self.agent)
        dialog = dialog.create({"ticket_id": self.ticket.id})
        dialog.action_create()
        dialog.action_create()
        self.assertEqual(len(self.ticket.fsm_order_ids), 1)

    def test_a_dialog_of_others(self):
        """Nobody orders by the dialog of somebody else (rel-A3)."""
        wizard = self.env["helpdesk.service.order"].create(
            {"ticket_id": self.ticket.id}
        )
        with self.assertRaises(AccessError):
            wizard.with_user(self.agent).action_create()

    def test_empty_content_and_no_severity(self):
        ticket = self._create_ticket(description="<p><br></p>")
        order = self._create_order(ticket)
        self.assertFalse(order.description)
        self.assertEqual(order.priority, "0")

    def test_location_is_made_of_the_customers_address_once(self):
        location = self._create_order().location_id
        self.assertEqual(location.owner_id, self.customer)
        self.assertEqual(location.contact_id, self.anna)
        self.assertRecordValues(location, [ADDRESS])
        self.assertFalse(location.email, "an address stays one person's (K03)")
        self.assertEqual(self._create_order().location_id, location)

    def test_location_at_the_delivery_address(self):
        self.env["res.partner"].create(
            {
                "parent_id": self.customer.id,
                "type": "delivery",
                "name": "Lager",
                "city": "Garching",
            }
        )
        self.anna.type = "other"
        self.anna.write({"street": False, "zip": False, "city": False})
        self.assertEqual(self._create_order().location_id.city, "Garching")

    def test_location_of_the_contact(self):
        self._create_location("Bakery")
        shop = self._create_location("Shop", contact_id=self.anna.id)
        self.assertEqual(self._create_order().location_id, shop)
        self.anna.service_location_id = own = self._create_location("Own")
        self.assertEqual(self._create_order().location_id, own)

    def test_several_locations_need_a_choice(self):
        self._create_location("Bakery")
        shop = self._create_location("Shop")
        with self.assertRaisesRegex(UserError, "Bakery, Shop. Choose one"):
            self._create_order()
        self.ticket.fsm_location_id = shop
        self.assertEqual(self._create_order().location_id, shop)

    def test_chosen_location_goes_with_the_customer(self):
        self.ticket.fsm_location_id = self._create_location("Shop")
        self.ticket.partner_id = self.bernd
        self.assertTrue(self.ticket.fsm_location_id)
        self.ticket.partner_id = self.env["res.partner"].create({"name": "Other"})
        self.assertFalse(self.ticket.fsm_location_id)

    def test_no_address_is_one_clear_sentence(self):
        self.customer.write(dict.fromkeys(ADDRESS, False))
        with self.assertRaisesRegex(UserError, "has no address"):
            self._create_order()

    def test_no_customer_is_one_clear_sentence(self):
        ticket = self._create_ticket(partner_id=False, partner_email="x@new.example")
        with self.assertRaisesRegex(UserError, "Choose the customer"):
            self._create_order(ticket)

    def test_attachments_show_on_the_order_but_internal_ones_do_not(self):
        """T07, T15: files of notes and private messages stay on the ticket."""
        ticket = self.ticket.with_user(self.agent)
        self._answer(self.ticket)
        for subtype, name in (("mail.mt_comment", "photo"), ("mail.mt_note", "secret")):
            ticket.message_post(
                body="See the file", attachments=[(name, b"x")], subtype_xmlid=subtype
            )
        self.env["ir.attachment"].create(
            {
                "name": "by hand",
                "raw": b"y",
                "res_model": "helpdesk.ticket",
                "res_id": ticket.id,
            }
        )
        order = self._create_order()
        shown = self.env["ir.attachment"].search(
            [("res_model", "=", "fsm.order"), ("res_id", "=", order.id)]
        )
        self.assertEqual(set(shown.mapped("name")), {"photo", "by hand"})
        mine = self.env["ir.attachment"].search_count(
            [("res_model", "=", "helpdesk.ticket"), ("res_id", "=", ticket.id)]
        )
        self.assertEqual(mine, 3, "the ticket keeps its files")

    def test_progress_shows_on_the_ticket(self):
        orders = self._create_order() + self._create_order() + self._create_order()
        self.ticket.user_id = self.agent
        self.env.invalidate_all()
        self.assertEqual(self.ticket.fsm_order_count, 3)
        self.assertEqual(self.ticket.fsm_order_open_count, 3)
        orders[0].action_complete()
        orders[1].action_cancel()
        self.assertEqual(self.ticket.fsm_order_open_count, 1)
        self.assertEqual(self.ticket.fsm_order_done_count, 1)
        done = self.ticket.message_ids.filtered(lambda m: "→ Completed" in m.body)
        self.assertIn(orders[0].name, done.body)
        self.assertTrue(done.subtype_id.internal, "the customer does not see it")
        self.assertEqual(done.notified_partner_ids, self.agent.partner_id)

    def test_T10_the_assignee_reads_which_ticket_a_stranger_has_finished(self):
        """The technician may not read the ticket, those who are told may."""
        order = self._create_order()
        self.ticket.user_id = self.manager
        self.manager.notification_type = "email"
        worker = self._create_user("worker", "fieldservice.group_fsm_user")
        with self.mock_mail_gateway():
            order.with_user(worker).action_complete()
        mails = [one for one in self._mails if self.manager.email in str(one)]
        self.assertIn(self.ticket.name, str([mail["subject"] for mail in mails]))
        self.assertNotIn("may not read", str([mail["body"] for mail in mails]))

    def test_other_stages_are_logged_without_telling_anyone(self):
        planned = self.env["fsm.stage"].create(
            {
                "name": "Planned",
                "stage_type": "order",
                "sequence": 31,
                "company_id": False,
            }
        )
        order = self._create_order()
        self.ticket.user_id = self.agent
        order.stage_id = planned
        line = self.ticket.message_ids.filtered(lambda m: "→ Planned" in m.body)
        self.assertTrue(line)
        self.assertFalse(line.notified_partner_ids)
        count = len(self.ticket.message_ids)
        order.stage_id = planned
        order.subject = "Another one"
        self.assertEqual(len(self.ticket.message_ids), count)

    def test_worker_without_helpdesk_rights_moves_the_order(self):
        worker = new_test_user(
            self.env,
            "test-worker",
            groups="fieldservice.group_fsm_user",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        order = self._create_order()
        order.with_user(worker).action_complete()
        line = self.ticket.message_ids.filtered(lambda m: "→ Completed" in m.body)
        self.assertEqual(line.author_id, worker.partner_id)
        with Form(order.with_user(worker)) as form:
            self.assertEqual(form.subject, self.ticket.name)

    def test_orders_without_ticket_are_left_alone(self):
        order = self.env["fsm.order"].create(
            {
                "location_id": self._create_location("Shop").id,
                "company_id": self.company.id,
            }
        )
        order.action_complete()
        self.assertTrue(order.is_closed)

    def test_agent_reads_orders_of_tickets_only_and_changes_none(self):
        location = self._create_location("Shop")
        foreign = self.env["fsm.order"].create(
            {"location_id": location.id, "company_id": self.company.id}
        )
        order = self._create_order()
        Order = self.agent_env["fsm.order"]
        self.assertEqual(Order.search([]), order)
        with self.assertRaises(AccessError):
            Order.browse(foreign.id).read(["name"])
        with self.assertRaises(AccessError):
            Order.browse(order.id).write({"subject": "Mine"})
        with self.assertRaises(AccessError):
            Order.create({"location_id": location.id})
        Form(Order.browse(order.id))

    def test_orders_of_hidden_tickets_are_hidden_too(self):
        """T10: of a team that shows its tickets to members only."""
        order = self._create_order()
        stranger = self._create_user("visitor", "helpdesk_contact.group_helpdesk_user")
        Order = self.env["fsm.order"].with_user(stranger)
        self.assertEqual(Order.search([]), order)
        self.team.visibility = "members"
        self.env.flush_all()
        self.assertFalse(Order.search([]))
        self.assertEqual(self.agent_env["fsm.order"].search([]), order)

    def test_no_order_of_a_hidden_ticket(self):
        """rel-A7: nobody makes an order one of a ticket that it must not see."""
        groups = "helpdesk_contact.group_helpdesk_user,fieldservice.group_fsm_manager"
        Order = self.env["fsm.order"].with_user(self._create_user("planner", groups))
        location = self._create_location("Hall 3")
        order = Order.create({"location_id": location.id})
        self.team.visibility = "members"
        self.env.flush_all()
        hidden = {"helpdesk_ticket_id": self.ticket.id}
        inherited = Order.with_context(default_helpdesk_ticket_id=self.ticket.id)
        for call in (
            lambda: order.write(hidden),
            lambda: Order.create({"location_id": location.id, **hidden}),
            lambda: inherited.create({"location_id": location.id}),
        ):
            with self.assertRaisesRegex(UserError, "does not exist"):
                call()
        self.assertFalse(self.ticket.fsm_order_ids)

    def test_portal_gets_nothing(self):
        portal = new_test_user(
            self.env, "test-portal", groups="base.group_portal", email="p@x.example"
        )
        order = self._create_order()
        with self.assertRaises(AccessError):
            order.with_user(portal).read(["subject"])
        with self.assertRaises(AccessError):
            self.ticket.with_user(portal).action_create_service_order()

    def test_agent_of_another_company_cannot_create(self):
        stranger = self._create_user(
            "stranger", "helpdesk_contact.group_helpdesk_user", self.other_company
        )
        with self.assertRaises(AccessError):
            self._create_order(user=stranger)

    def test_filter_open_service_orders(self):
        self._create_order()
        other = self._create_ticket()
        self._create_order(other).action_complete()
        found = self.agent_env["helpdesk.ticket"].search(
            [
                ("fsm_order_ids", "any", [("stage_id.is_closed", "=", False)]),
                ("company_id", "=", self.company.id),
            ]
        )
        self.assertEqual(found, self.ticket)

    @warmup
    def test_figures_take_one_query_for_all(self):
        tickets = self.ticket + self._create_ticket() + self._create_ticket()
        for ticket in tickets:
            self._create_order(ticket)
        counts = []
        for records in (tickets, tickets[:1], tickets):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            records.mapped("fsm_order_open_count")
            counts.append(self.env.cr.sql_log_count - before)
        self.assertEqual(*counts[1:])


@tagged("post_install", "-at_install")
class TestServiceOrderTour(ServiceOrderCommon, PatientHttpCase):
    def test_agent_creates_a_service_order(self):
        """T16: from the ticket to the order, back, and its progress there."""
        self.start_tour(
            f"/odoo/tickets/{self.ticket.id}",
            "helpdesk_service_order",
            login=self.agent.login,
        )
        self.assertEqual(self.ticket.fsm_order_ids.subject, self.ticket.name)
