from lxml import etree
from psycopg2 import IntegrityError

from odoo.exceptions import ValidationError
from odoo.tests import Form, tagged
from odoo.tools import mute_logger

from .common import TicketCommon

LISTS = {
    "type_id": "helpdesk.ticket.type",
    "topic_id": "helpdesk.ticket.topic",
    "severity_id": "helpdesk.ticket.severity",
}


@tagged("post_install", "-at_install")
class TestDictionaries(TicketCommon):
    """T02, T03, T04: request types, topic groups and severities are defined freely."""

    def test_lists_keep_their_order_and_colour(self):
        for field, model in LISTS.items():
            with self.subTest(field=field):
                Entry = self.env[model].with_user(self.manager)
                late = Entry.create({"name": "Late", "sequence": 1002, "color": 3})
                early = Entry.create({"name": "Early", "sequence": 1001})
                found = Entry.search([("id", "in", (late + early).ids)])
                self.assertEqual(found, early + late)
                ticket = self._create_ticket(**{field: late.id})
                self.assertEqual(ticket[field].color, 3)

    def test_archived_entry_is_offered_no_more_and_stays_on_its_tickets(self):
        for field, model in LISTS.items():
            with self.subTest(field=field):
                entry = self.env[model].create({"name": "Fax"})
                ticket = self._create_ticket(**{field: entry.id})
                entry.with_user(self.manager).active = False
                self.assertFalse(self.env[model].name_search("Fax"))
                self.assertEqual(ticket[field].name, "Fax")

    def test_entries_of_another_company_are_not_offered(self):
        for field, model in LISTS.items():
            with self.subTest(field=field):
                entry = self.env[model].create(
                    {"name": "Theirs", "company_id": self.other_company.id}
                )
                Entry = self.env(user=self.agent, context={})[model]
                self.assertNotIn(entry, Entry.search([]))

    def test_tag_has_its_name_alone(self):
        """Twice the same tag would part what is looked for together."""
        Tag = self.env["helpdesk.ticket.tag"].with_user(self.manager)
        Tag.create({"name": "Fax"})
        own = Tag.create([{"name": "Fax", "company_id": self.company.id}])
        for values in (
            {"name": "Fax"},
            {"name": "Fax", "company_id": self.company.id},
        ):
            with self.subTest(values=values), self.assertRaises(ValidationError):
                Tag.create(values)
        with self.assertRaises(ValidationError):
            own.company_id = False
        own.name = "Telefax"
        own.company_id = False

    def test_T03_topic_is_found_by_its_name_in_ones_own_language(self):
        self.env["res.lang"]._activate_lang("de_DE")
        above = self.env["helpdesk.ticket.topic"].create({"name": "Machines"})
        topic = self.env["helpdesk.ticket.topic"].create(
            {"name": "Printers", "parent_id": above.id}
        )
        topic.with_context(lang="de_DE").name = "Drucker"
        german = topic.with_context(lang="de_DE").with_user(self.agent)
        ticket = self._create_ticket(topic_id=topic.id)
        self.assertEqual(
            german.name_search("Druck"), [(topic.id, "Machines / Drucker")]
        )
        for name in ("Drucker", "Machines / Printers"):
            domain = [("topic_id", "ilike", name)]
            self.assertIn(ticket, german.env["helpdesk.ticket"].search(domain))
        view = german.get_view(view_type="list")
        shown = etree.fromstring(view["arch"]).find("field")
        self.assertEqual(german[shown.get("name")], "Machines / Drucker")

    def test_T03_a_topic_below_that_of_another_company(self):
        """Whoever sees a topic group sees all above it."""
        Topic = self.env["helpdesk.ticket.topic"]
        theirs, shared = Topic.create(
            [
                {"name": "Theirs", "company_id": self.other_company.id},
                {"name": "Everybody's"},
            ]
        )
        below = Topic.create({"name": "Below", "parent_id": shared.id})
        for values in ({}, {"company_id": self.company.id}):
            with self.subTest(values), self.assertRaisesRegex(ValidationError, "only"):
                Topic.create({"name": "New", "parent_id": theirs.id, **values})
        with self.assertRaisesRegex(ValidationError, "only"):
            shared.company_id = self.other_company
        (shared + below).company_id = self.other_company
        # one that was there before can be read
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE helpdesk_ticket_topic SET company_id = NULL WHERE id = %s",
            [below.id],
        )
        self.env.invalidate_all()
        name = below.with_user(self.agent).display_name
        self.assertEqual(name, "Everybody's / Below")

    def test_T05_subject_is_required(self):
        form = Form(self.agent_env["helpdesk.ticket"])
        form.partner_id = self.anna
        with self.assertRaisesRegex(AssertionError, "name is a required field"):
            form.save()
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            self.env["helpdesk.ticket"].create({"partner_id": self.anna.id})

    def test_C03_every_channel_has_its_entry(self):
        """Phone, e-mail, portal and hotkey; a ticket keeps the one it came by."""
        for name in ("phone", "email", "portal", "hotkey"):
            with self.subTest(name=name):
                channel = self.env.ref(f"helpdesk_ticket.channel_{name}")
                ticket = self._create_ticket(channel_id=channel.id)
                ticket.name = "Changed"
                self.assertEqual(ticket.channel_id, channel)
        with self.mock_mail_gateway():
            ticket = self._mail_in()
        self.assertEqual(
            ticket.channel_id, self.env.ref("helpdesk_ticket.channel_email")
        )
