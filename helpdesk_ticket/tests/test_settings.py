from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form, new_test_user, tagged
from odoo.tools.mail import is_html_empty

from .common import SENDER_ADDRESS, TicketCommon

WATCHER = "head@helpdesk.example"


@tagged("post_install", "-at_install")
class TestSettings(TicketCommon):
    """What each setting of the company changes, on and off."""

    def _open_ticket(self, user=None, **values):
        values = {"name": "Broken", "partner_id": self.anna.id, **values}
        return self.env["helpdesk.ticket"].with_user(user or self.agent).create(values)

    def _mails_to(self, address):
        return [mail for mail in self._mails if address in ",".join(mail["email_to"])]

    # -- the page ---------------------------------------------------------------

    def test_settings_belong_to_one_company(self):
        admin = new_test_user(
            self.env,
            login="test-admin",
            groups="base.group_system,helpdesk_contact.group_helpdesk_manager",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        # as the web client does, which has no other languages or companies in mind
        settings = Form(self.env(user=admin)["res.config.settings"])
        settings.helpdesk_auto_read = False
        settings.helpdesk_auto_assign = True
        settings.helpdesk_notify_closing = False
        settings.helpdesk_reclassify_closed = True
        settings.helpdesk_notify_partner = False
        settings.helpdesk_answer_to_closed = "follow_up"
        settings.helpdesk_reopen_days = 3
        settings.helpdesk_creation_address = WATCHER
        settings.helpdesk_mail_header = "<p>Header</p>"
        settings.helpdesk_mail_footer = "<p>Footer</p>"
        settings.save().execute()
        for company, expected in (
            (self.company, (False, True, False, True, False, "follow_up", 3, WATCHER)),
            (self.other_company, (True, False, True, False, True, "reopen", 14, False)),
        ):
            self.assertEqual(
                (
                    company.helpdesk_auto_read,
                    company.helpdesk_auto_assign,
                    company.helpdesk_notify_closing,
                    company.helpdesk_reclassify_closed,
                    company.helpdesk_notify_partner,
                    company.helpdesk_answer_to_closed,
                    company.helpdesk_reopen_days,
                    company.helpdesk_creation_address,
                ),
                expected,
            )
        self.assertIn("Footer", self.company.helpdesk_mail_footer)
        self.assertFalse(self.other_company.helpdesk_mail_header)

    # -- T22, T23, T09 ----------------------------------------------------------

    def test_T22_tickets_of_internal_users_start_as_read(self):
        self.assertEqual(self._open_ticket().state, "read")

    def test_T22_off_they_start_as_unread(self):
        self.company.helpdesk_auto_read = False
        self.assertEqual(self._open_ticket().state, "unread")

    def test_T22_mails_start_as_unread_either_way(self):
        for automatic in (True, False):
            self.company.helpdesk_auto_read = automatic
            with self.mock_mail_gateway():
                self.assertEqual(self._mail_in().state, "unread")

    def test_T23_off_nobody_is_assigned(self):
        self.assertFalse(self._open_ticket().user_id)

    def test_T23_agent_gets_the_ticket_it_creates(self):
        self.company.helpdesk_auto_assign = True
        ticket = self._open_ticket()
        self.assertEqual(ticket.user_id, self.agent)
        self.assertEqual(ticket.state, "assigned")

    def test_T23_form_proposes_the_agent_who_may_decide_otherwise(self):
        self.company.helpdesk_auto_assign = True
        form = Form(self.agent_env["helpdesk.ticket"])
        self.assertEqual(form.user_id, self.agent)
        form.name = "For somebody else"
        form.user_id = self.env["res.users"]
        self.assertFalse(form.save().user_id)

    def test_T23_company_of_the_ticket_decides(self):
        both = (self.company + self.other_company).ids
        self.agent.company_ids = [(6, 0, both)]
        self.other_company.helpdesk_auto_assign = True
        tickets = self.agent_env["helpdesk.ticket"].with_context(
            allowed_company_ids=both
        )
        there = tickets.create(
            {"name": "x", "company_id": self.other_company.id, "team_id": False}
        )
        here = tickets.create({"name": "x", "company_id": self.company.id})
        self.assertEqual(there.user_id, self.agent)
        self.assertFalse(here.user_id)

    def test_T23_mails_are_assigned_to_nobody(self):
        self.company.helpdesk_auto_assign = True
        with self.mock_mail_gateway():
            own = self._mail_in(email_from=self.agent.email_formatted)
            self.assertFalse(own.user_id)
            self.assertFalse(self._mail_in().user_id)

    def test_T09_default_of_new_tickets(self):
        self.assertTrue(self._open_ticket().notify_partner)
        self.company.helpdesk_notify_partner = False
        with self.mock_mail_gateway():
            quiet = self._open_ticket()
            by_mail = self._mail_in()
        self.assertFalse(quiet.notify_partner)
        self.assertFalse(by_mail.notify_partner)
        self.assertFalse(self._mails_to(self.anna.email))
        self.assertTrue(self._open_ticket(notify_partner=True).notify_partner)

    def test_T09_setting_leaves_tickets_alone_that_exist(self):
        ticket = self._open_ticket()
        self.company.helpdesk_notify_partner = False
        self.env.flush_all()
        self.assertTrue(ticket.notify_partner)

    # -- T24 --------------------------------------------------------------------

    def _close_by_drag(self, ticket):
        closed = self.env["helpdesk.ticket.stage"]._get_for(
            "closed", self.team, self.team.company_id
        )
        with self.mock_mail_gateway():
            ticket.with_user(self.agent).stage_id = closed
            self.flush_tracking()

    def test_T24_contact_is_told_of_the_closing(self):
        ticket = self._create_ticket()
        self._close_by_drag(ticket)
        (mail,) = self._mails_to(self.anna.email)
        self.assertIn(ticket.number, mail["subject"])
        self.assertIn("solved and closed", mail["body"])
        self.assertEqual(mail["headers"]["Auto-Submitted"], "auto-replied")

    def test_T24_off_tells_nobody(self):
        self.company.helpdesk_notify_closing = False
        self._close_by_drag(self._create_ticket())
        self.assertFalse(self._mails)

    def test_T24_quiet_ticket_tells_nobody(self):
        self._close_by_drag(self._create_ticket(notify_partner=False))
        self.assertFalse(self._mails)

    def test_T24_told_once_and_not_of_other_moves(self):
        ticket = self._create_ticket()
        with self.mock_mail_gateway():
            ticket.with_user(self.agent)._move("cancelled")
            ticket.with_user(self.agent).action_reopen()
        self.assertFalse(self._mails)
        self._close_by_drag(ticket)
        self.assertTrue(self._mails)
        self._close_by_drag(ticket)
        self.assertFalse(self._mails)

    def test_T24_bare_address_is_told_and_stays_bare(self):
        ticket = self._create_ticket(partner_id=False, partner_email="x@new.example")
        self._close_by_drag(ticket)
        self.assertEqual(len(self._mails_to("x@new.example")), 1)
        self.assertFalse(
            self.env["res.partner"].search([("email", "=", "x@new.example")])
        )

    def test_T24_mail_is_in_the_language_of_the_customer(self):
        self.env["res.lang"]._activate_lang("de_DE")
        template = self.env.ref("helpdesk_ticket.mail_template_ticket_closed")
        template.with_context(lang="de_DE").body_html = "<p>Ihr Ticket ist zu.</p>"
        self.anna.lang = "de_DE"
        self._close_by_drag(self._create_ticket())
        (mail,) = self._mails_to(self.anna.email)
        self.assertIn("Ihr Ticket ist zu.", mail["body"])

    # -- T27 --------------------------------------------------------------------

    def _new_classes(self):
        return {
            "type_id": self.env["helpdesk.ticket.type"].create({"name": "New"}).id,
            "topic_id": self.env["helpdesk.ticket.topic"].create({"name": "New"}).id,
            "severity_id": self.env["helpdesk.ticket.severity"]
            .create({"name": "New"})
            .id,
        }

    def test_T27_closed_ticket_keeps_its_classes(self):
        ticket = self._create_ticket().with_user(self.agent)
        ticket._move("closed")
        for name, value in self._new_classes().items():
            with self.subTest(field=name), self.assertRaises(UserError) as error:
                ticket.write({name: value})
            self.assertIn("Reopen it first", str(error.exception))
        self.assertFalse(ticket.can_reclassify)
        ticket.name = "Everything else may change"
        ticket.type_id = ticket.type_id

    def test_T27_also_by_import_and_as_superuser(self):
        ticket = self._create_ticket()
        self.env["ir.model.data"].create(
            {
                "module": "__test__",
                "name": "ticket",
                "model": "helpdesk.ticket",
                "res_id": ticket.id,
            }
        )
        ticket._move("closed")
        self._new_classes()
        result = self.agent_env["helpdesk.ticket"].load(
            ["id", "type_id"], [["__test__.ticket", "New"]]
        )
        self.assertIn("is closed", result["messages"][0]["message"])
        with self.assertRaises(UserError):
            ticket.sudo().write(self._new_classes())

    def test_T27_on_allows_it(self):
        self.company.helpdesk_reclassify_closed = True
        ticket = self._create_ticket().with_user(self.agent)
        ticket._move("closed")
        classes = self._new_classes()
        ticket.write(classes)
        self.assertEqual(ticket.severity_id.id, classes["severity_id"])
        self.assertTrue(ticket.can_reclassify)

    def test_T27_open_tickets_and_those_just_opening_or_closing(self):
        ticket = self._create_ticket().with_user(self.agent)
        stages = self.env["helpdesk.ticket.stage"]
        ticket.write(self._new_classes())
        ticket.write(
            {
                **self._new_classes(),
                "stage_id": stages._get_for(
                    "closed", self.team, self.team.company_id
                ).id,
            }
        )
        ticket.write(
            {
                **self._new_classes(),
                "stage_id": stages._get_for(
                    "in_progress", self.team, self.team.company_id
                ).id,
            }
        )
        self.assertTrue(ticket.is_open)

    # -- N02 --------------------------------------------------------------------

    def test_N02_address_is_told_of_every_new_ticket(self):
        self.company.helpdesk_creation_address = WATCHER
        with self.mock_mail_gateway():
            tickets = self._open_ticket() + self._mail_in()
        mails = self._mails_to(WATCHER)
        self.assertEqual(len(mails), 2)
        for ticket, mail in zip(tickets, mails, strict=True):
            self.assertIn(ticket.number, mail["subject"])
            self.assertEqual(mail["headers"]["Auto-Submitted"], "auto-generated")
        self.assertEqual(len(self._mails_to(self.anna.email)), 2)

    def test_N02_no_contact_is_made_and_nobody_follows(self):
        self.company.helpdesk_creation_address = WATCHER
        with self.mock_mail_gateway():
            ticket = self._open_ticket(notify_partner=False)
        self.assertEqual(len(self._mails), 1)
        self.assertFalse(self.env["res.partner"].search([("email", "=", WATCHER)]))
        self.assertNotIn(self.anna, ticket.message_partner_ids)

    def test_N02_off_tells_nobody(self):
        with self.mock_mail_gateway():
            self._open_ticket()
        self.assertFalse(self._mails_to(WATCHER))

    def test_N02_answer_to_it_stays_inside(self):
        self.company.helpdesk_creation_address = WATCHER
        with self.mock_mail_gateway():
            ticket = self._open_ticket()
            notice = ticket.message_ids.filtered("outgoing_email_to")
        with self.mock_mail_gateway():
            self._mail_in(email_from=WATCHER, In_Reply_To=notice[0].message_id)
        answer = ticket.message_ids[0]
        self.assertTrue(answer.subtype_id.internal)
        self.assertFalse(self._mails_to(self.anna.email))

    def test_N02_own_addresses_are_refused(self):
        domain = self.env["mail.alias.domain"].create({"name": "teams.example"})
        self.team.write({"alias_name": "help", "alias_domain_id": domain.id})
        self.env["fetchmail.server"].create(
            {"name": "In", "user": "Box <box@helpdesk.example>", "server": "x.example"}
        )
        for address in (
            SENDER_ADDRESS.upper(),
            "help@teams.example",
            "catchall@teams.example",
            "box@helpdesk.example",
        ):
            with self.subTest(address=address), self.assertRaises(ValidationError) as e:
                self.company.helpdesk_creation_address = address
            self.assertIn("own mailboxes", str(e.exception))
        with self.assertRaises(ValidationError) as e:
            self.company.helpdesk_creation_address = "nobody"
        self.assertIn("not an e-mail address", str(e.exception))

    def test_N02_address_that_became_ours_gets_nothing(self):
        self.company.helpdesk_creation_address = WATCHER
        self.other_company.helpdesk_sender_address = WATCHER
        with self.mock_mail_gateway():
            self._open_ticket()
        self.assertFalse(self._mails_to(WATCHER))

    # -- N03, N04 ---------------------------------------------------------------

    def _mail_of(self, act):
        with self.mock_mail_gateway():
            act()
        return self._mails_to(self.anna.email)[0]["body"]

    def test_N03_N04_stand_around_every_mail_to_the_customer(self):
        self.company.helpdesk_mail_header = "<p>Above <b>all</b></p>"
        self.company.helpdesk_mail_footer = "<p>Below all</p>"
        bodies = {
            "opening": self._mail_of(lambda: self._open_ticket(name="MIDDLE")),
            "answer": self._mail_of(
                lambda: self._answer(self._create_ticket(), "MIDDLE")
            ),
            "closing": self._mail_of(
                lambda: self._create_ticket(name="MIDDLE").action_close()
            ),
        }
        for kind, body in bodies.items():
            with self.subTest(mail=kind):
                self.assertEqual(body.count("Above <b>all</b>"), 1)
                self.assertEqual(body.count("Below all"), 1)
                self.assertLess(body.index("Above"), body.rindex("MIDDLE"))
                self.assertLess(body.rindex("MIDDLE"), body.index("Below"))

    def test_N03_N04_off_adds_nothing(self):
        self.company.helpdesk_mail_header = "<p><br></p>"
        body = self._mail_of(lambda: self._answer(self._create_ticket()))
        self.assertNotIn("helpdesk_mail_header", body)
        self.assertNotIn("margin-bottom: 16px", body)

    def test_N03_N04_are_in_the_language_of_the_recipient(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.company.helpdesk_mail_header = "<p>Good day</p>"
        settings = self.env["res.config.settings"].create({})
        settings.update_field_translations(
            "helpdesk_mail_header", {"de_DE": "<p>Guten Tag</p>"}
        )
        self.anna.lang, self.bernd.lang = "de_DE", "en_US"
        ticket = self._create_ticket()
        ticket.message_subscribe(self.bernd.ids)
        self.env.flush_all()
        with self.mock_mail_gateway():
            self._answer(ticket)
        self.assertIn("Guten Tag", self._mails_to(self.anna.email)[0]["body"])
        self.assertIn("Good day", self._mails_to(self.bernd.email)[0]["body"])

    def test_N03_N04_a_change_in_one_language_leaves_the_others(self):
        for code in ("de_DE", "fr_FR"):
            self.env["res.lang"]._activate_lang(code)
        texts = {"en_US": "Good day", "de_DE": "Guten Tag", "fr_FR": "Bonjour"}
        for name in ("helpdesk_mail_header", "helpdesk_mail_footer"):
            for code, text in texts.items():
                self.company.with_context(lang=code)[name] = f"<p>{text}</p>"
            settings = self.env["res.config.settings"].with_context(lang="de_DE")
            settings.create({name: "<p>Moin</p><p><b>Wir</b> sind da.</p>"}).execute()
            self.env.invalidate_all()
            for code, text in {**texts, "de_DE": "Moin"}.items():
                with self.subTest(field=name, lang=code):
                    said = self.company.with_context(lang=code)[name]
                    self.assertIn(text, said)
                    self.assertEqual("Wir" in said, code == "de_DE")

    def test_N03_N04_one_language_is_emptied_one_was_never_written(self):
        for code in ("de_DE", "fr_FR"):
            self.env["res.lang"]._activate_lang(code)
        for name in ("helpdesk_mail_header", "helpdesk_mail_footer"):
            german = self.company.with_context(lang="de_DE")
            german[name] = "<p>Guten Tag</p>"  # the first text, in no language else
            self.env.flush_all()
            self.env.invalidate_all()
            french = self.company.with_context(lang="fr_FR")
            self.assertIn("Guten Tag", french[name])
            for emptied in (False, "<p><br></p>"):
                self.company[name] = "<p>Good day</p>"
                german[name] = "<p>Guten Tag</p>"
                settings = self.env["res.config.settings"].with_context(lang="de_DE")
                settings.create({name: emptied}).execute()
                self.env.flush_all()
                self.env.invalidate_all()
                for code, text in {"en_US": "Good day", "fr_FR": "Good day"}.items():
                    with self.subTest(field=name, lang=code, emptied=emptied):
                        self.assertIn(text, self.company.with_context(lang=code)[name])
                self.assertTrue(is_html_empty(german[name]))
        self.anna.lang = "fr_FR"
        body = self._mail_of(lambda: self._answer(self._create_ticket()))
        self.assertEqual(body.count("Good day"), 2)

    def test_N03_texts_are_sanitised(self):
        self.company.helpdesk_mail_header = "<p>Hi<script>alert(1)</script></p>"
        self.assertEqual(self.company.helpdesk_mail_header, "<p>Hi</p>")

    def test_N03_other_mails_stay_as_they_are(self):
        self.company.helpdesk_mail_header = "<p>Above all</p>"
        with self.mock_mail_gateway():
            self.anna.message_post(
                body="Hello",
                message_type="comment",
                subtype_xmlid="mail.mt_comment",
                partner_ids=self.anna.ids,
            )
        self.assertNotIn("Above all", self._mails_to(self.anna.email)[0]["body"])
