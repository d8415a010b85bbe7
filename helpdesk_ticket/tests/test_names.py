from odoo.exceptions import AccessError
from odoo.tests import tagged

from .common import TicketCommon

SUBJECT = "Severance pay of Max"


@tagged("post_install", "-at_install")
class TestNames(TicketCommon):
    """T10: a ticket that somebody may not read is not named to them, whichever record
    they come from."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.project = cls.env["project.project"].create(
            {"name": "Office", "privacy_visibility": "employees"}
        )
        cls.hidden_team = cls.env["helpdesk.team"].create(
            {
                "name": "Staff",
                "company_id": cls.company.id,
                "member_ids": [(6, 0, cls.manager.ids)],
                "visibility": "members",
            }
        )
        cls.secret = cls._create_ticket(
            name=SUBJECT, team_id=cls.hidden_team.id, user_id=cls.manager.id
        )
        cls.clerk = cls._create_user(
            "clerk", "base.group_user,project.group_project_user"
        )
        cls.task = cls.env["project.task"].create(
            {
                "name": "Write a letter",
                "project_id": cls.project.id,
                "helpdesk_ticket_id": cls.secret.id,
            }
        )

    def _check_silent(self, records, field="helpdesk_ticket_id"):
        """Read a link in each way that Odoo offers; none names the hidden ticket."""
        names = {"fields": {"display_name": {}}}
        here = [("id", "in", records.ids)]
        ways = {
            "read": lambda: records.read([field]),
            "search_read": lambda: records.search_read(here, [field]),
            "web_read": lambda: records.web_read({field: names}),
            "web_search_read": lambda: records.web_search_read(here, {field: names}),
            "read_group": lambda: records.formatted_read_group(
                here, [field], ["__count"]
            ),
            "web_read_group": lambda: records.web_read_group(
                here, [field], ["__count"]
            ),
        }
        for way, call in ways.items():
            self.env.invalidate_all()
            with self.subTest(way=way, model=records._name):
                self.assertNotIn(SUBJECT, str(call()))
        for guess in ((f"{field}.name", "ilike", SUBJECT[:9]), (field, "ilike", "pay")):
            if records.env["helpdesk.ticket"].has_access("read"):
                self.assertFalse(records.search_count([*here, guess]))
            else:
                with self.assertRaises(AccessError):
                    records.search_count([*here, guess])

    def test_T10_a_task_does_not_name_its_hidden_ticket(self):
        for user in (self.clerk, self._create_project_agent()):
            with self.subTest(user=user.login):
                self._check_silent(self.task.with_user(user))

    def test_T10_who_may_read_it_is_told_the_name(self):
        manager = self._create_user(
            "boss",
            "helpdesk_contact.group_helpdesk_manager,project.group_project_user",
        )
        task = self.task.with_user(manager)
        [values] = task.read(["helpdesk_ticket_id"])
        self.assertIn(SUBJECT, values["helpdesk_ticket_id"][1])

    def test_T10_tickets_do_not_name_hidden_ones(self):
        open_one = self._create_ticket(name="Printer")
        for field in ("follow_up_of_id", "split_from_id", "duplicate_of_id"):
            with self.subTest(field=field):
                open_one[field] = self.secret
                self._check_silent(open_one.with_user(self.agent), field)

    def test_T10_history_names_the_number_only(self):
        open_one = self._create_ticket(name="Printer")
        open_one.with_user(self.manager)._merge_into(self.secret)
        follow_up = self._create_ticket()
        self.flush_tracking()
        follow_up.with_user(self.manager).follow_up_of_id = self.secret
        self.flush_tracking()
        self.env.invalidate_all()
        for ticket in (open_one, follow_up):
            messages = ticket.message_ids.sudo()
            values = messages.tracking_value_ids
            texts = messages.mapped("body") + values.mapped("new_value_char")
            self.assertIn(self.secret.number, str(texts))
            self.assertNotIn(SUBJECT, str(texts))

    def test_T10_a_private_message_does_not_name_its_ticket(self):
        message = self.secret.with_user(self.manager)._post_private_message(
            "What do you think?", self.clerk.partner_id, self.env["ir.attachment"]
        )
        self.env.invalidate_all()
        found = self.env["mail.message"].with_user(self.clerk).browse(message.id)
        [values] = found.read(["body", "record_name"])
        self.assertIn("What do you think?", values["body"])
        self.assertNotIn(SUBJECT, values["record_name"])

    def test_T10_followers_of_hidden_tickets_are_not_shown(self):
        self.secret.message_subscribe(self.anna.ids)
        open_one = self._create_ticket()
        open_one.message_subscribe(self.anna.ids)
        hidden = self.secret.message_follower_ids
        seen = {self.clerk: hidden.browse(), self.agent: open_one.message_follower_ids}
        for user, expected in seen.items():
            with self.subTest(user=user.login):
                Followers = self.env["mail.followers"].with_user(user)
                domain = [
                    ("res_model", "=", "helpdesk.ticket"),
                    ("res_id", "in", (self.secret + open_one).ids),
                ]
                self.assertEqual(Followers.search(domain), expected)
                with self.assertRaises(AccessError):
                    Followers.browse(hidden.ids).read(["partner_id"])
        Followers = self.env["mail.followers"].with_user(self.manager)
        self.assertTrue(Followers.browse(hidden.ids).read(["partner_id"]))

    def _create_project_agent(self):
        return self._create_user(
            "project-agent",
            "helpdesk_contact.group_helpdesk_user,project.group_project_user",
        )
