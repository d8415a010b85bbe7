from odoo import Command
from odoo.exceptions import ValidationError
from odoo.tests import tagged

from .common import FakeMailbox, plain_mail
from .rules_common import RulesCommon


@tagged("post_install", "-at_install")
class TestRuleOperation(RulesCommon):
    """E03: what the operations of a rule do with a mail and its ticket."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        Severity = cls.env["helpdesk.ticket.severity"]
        cls.low, cls.high = Severity.create([{"name": "Minor"}, {"name": "Major"}])
        cls.rejection = cls.env.ref("helpdesk_email_collector.mail_template_rejected")
        cls.answer = cls.env.ref("helpdesk_ticket.mail_template_ticket_opened")

    def _sent_to(self, address):
        return self._new_mails.filtered(lambda mail: mail.email_to == address)

    # -- set_field -------------------------------------------------------------

    def test_extracted_value(self):
        """E03: a value that the mail names, by subject, text and header."""
        for source, header, more in (
            ("subject", False, {"subject": "Prio: MAJOR please"}),
            ("body", False, {"body": "Hello\r\nprio: major, thanks"}),
            ("header", "X-Level", {"X_Level": "prio: Major"}),
        ):
            operation = self._set(
                "severity_id", source=source, header=header, extract=r"prio: (\w+)"
            )
            rule = self._add_rule(operations=(operation,))
            sender = f"{source} <{source}@huber.example>"
            row = self._receive(plain_mail(email_from=sender, **more))
            with self.subTest(source=source):
                self.assertEqual(row.ticket_id.severity_id, self.high)
            rule.unlink()

    def test_T10_who_takes_no_tickets_is_not_set(self):
        """E03: an agent who has left, and an archived team: the ticket is made all the
        same, and says which rule is to be changed."""
        leaver = self._create_user("leaver", "helpdesk_contact.group_helpdesk_user")
        old = self.team.copy({"name": "Old team"})
        for number, record, name in ((1, leaver, "user_id"), (2, old, "team_id")):
            self._add_rule(operations=(self._set(name, record),))
            record.active = False
            sender = f"{name} <{number}@huber.example>"
            ticket = self._receive(plain_mail(email_from=sender)).ticket_id
            with self.subTest(field=name):
                self.assertTrue(ticket)
                self.assertNotEqual(ticket[name], record)
                said = "".join(ticket.message_ids.mapped("body"))
                self.assertIn(record.display_name, said)

    def test_T11_T12_another_customers_project_is_not_set(self):
        """E03: a project or contract of somebody else than who wrote: the ticket is
        made all the same, and says which rule is to be changed."""
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        project = self.env["project.project"].create(
            {
                "name": "Move of Other",
                "partner_id": other.id,
                "company_id": self.company.id,
            }
        )
        contract = self.env["contract.contract"].create(
            {"name": "Care", "partner_id": other.id, "company_id": self.company.id}
        )
        for name, record in (("project_id", project), ("contract_id", contract)):
            rule = self._add_rule(operations=(self._set(name, record),))
            sender = f"Anna <anna@{name.replace('_', '-')}.example>"
            mails = [plain_mail(subject, sender) for subject in ("One", "Two")]
            rows = self._receive(*mails)
            with self.subTest(field=name):
                self.assertEqual(rows.mapped("state"), ["done", "done"])
                for ticket in rows.ticket_id:
                    self.assertFalse(ticket[name])
                    said = "".join(ticket.message_ids.mapped("body"))
                    self.assertIn(record.display_name, said)
                self.assertEqual(len(rows.ticket_id), 2)
            rule.unlink()

    def test_T11_the_customers_own_and_a_shared_project_are_set(self):
        """E03: what a rule chooses for the customer itself, or for everybody."""
        huber = self.env["res.partner"].create({"name": "Huber", "is_company": True})
        huber.child_ids = [
            Command.create({"name": "Anna", "email": "anna@own.example"}),
        ]
        for owner in (huber, huber.browse()):
            project = self.env["project.project"].create(
                {"name": "Care", "partner_id": owner.id, "company_id": self.company.id}
            )
            rule = self._add_rule(operations=(self._set("project_id", project),))
            row = self._receive(plain_mail(f"Of {owner.id}", "Anna <anna@own.example>"))
            with self.subTest(owner=owner.name):
                self.assertEqual(row.ticket_id.project_id, project)
            rule.unlink()

    def test_T08_another_customer_than_that_of_the_sender(self):
        """E03: whoever the rule names, the mail becomes a ticket."""
        huber, other = self.env["res.partner"].create(
            [{"name": name, "is_company": True} for name in ("Huber", "Other")]
        )
        huber.child_ids = [
            Command.create({"name": "Anna", "email": "anna@known.example"}),
        ]
        anna = huber.child_ids
        bernd = anna.create({"name": "Bernd", "parent_id": other.id})
        for name, record in (("customer_id", other), ("partner_id", bernd)):
            rule = self._add_rule(operations=(self._set(name, record),))
            row = self._receive(plain_mail(name, "Anna <anna@known.example>"))
            with self.subTest(field=name):
                self.assertEqual(row.state, "done", row.error)
                self.assertTrue(row.ticket_id)
            rule.unlink()

    def test_nothing_extracted(self):
        """E03: nothing found, unknown or ambiguous: nothing is set, and it is said."""
        self.env["helpdesk.ticket.severity"].create({"name": "Minor"})
        self._add_rule(operations=(self._set("severity_id", extract=r"prio: (\w+)"),))
        for subject, word in (
            ("No level", "no match"),
            ("prio: unheard", "unheard"),
            ("prio: minor", "not unique"),
        ):
            mail = self._decide(plain_mail(subject))
            with self.subTest(subject=subject):
                self.assertNotIn("severity_id", mail.values)
                self.assertIn(word, mail.trace[0]["operations"][0])
                self.assertEqual(mail.decision, "create")

    def test_extracted_value_of_another_company(self):
        """rel-G1: a record of another company is not found."""
        self.env["helpdesk.team"].create(
            {"name": "Theirs", "company_id": self.other_company.id}
        )
        self._add_rule(operations=(self._set("team_id", extract=r"team (\w+)"),))
        row = self._receive(plain_mail("For team Theirs"))
        self.assertEqual(row.ticket_id.team_id, self.team)

    def test_only_if_empty(self):
        """E03: what the ticket has already is kept; always, it is replaced."""
        self._add_rule(operations=(self._set("severity_id", self.low),))
        second = self._add_rule(
            operations=(self._set("severity_id", self.high, only_if_empty=True),),
            sequence=2,
        )
        self.assertEqual(self._receive(plain_mail("A")).ticket_id.severity_id, self.low)
        second.operation_ids.only_if_empty = False
        ticket = self._receive(plain_mail("B")).ticket_id
        self.assertEqual(ticket.severity_id, self.high)
        second.operation_ids.only_if_empty = True
        self.Rule.search([("sequence", "=", 1)]).unlink()
        ticket = self._receive(plain_mail("C")).ticket_id
        self.assertEqual(ticket.severity_id, self.high)

    def test_contract_of_another_customer(self):
        """E03: a contract that cannot cover the ticket is not set, and that is said."""
        contract = self.env["contract.contract"].create(
            {
                "name": "Others",
                "partner_id": self.env["res.partner"].create({"name": "Other"}).id,
                "company_id": self.company.id,
            }
        )
        self._add_rule(operations=(self._set("contract_id", contract),))
        row = self._receive(plain_mail())
        self.assertEqual(row.state, "done")
        self.assertFalse(row.ticket_id.contract_id)
        self.assertIn(
            "another customer", "".join(row.ticket_id.message_ids.mapped("body"))
        )

    def test_device_that_the_mail_names(self):
        """C12: a rule sets the sender's device, and none of another customer."""
        if "device_id" not in self.env["helpdesk.ticket"]._fields:
            self.skipTest("Without the addon of devices there is no such field.")
        customer = self.env["res.partner"].create(
            {"name": "Baker", "is_company": True, "company_id": self.company.id}
        )
        anna = self.env["res.partner"].create(
            {"name": "A", "email": "a@baker.example", "parent_id": customer.id}
        )
        device = self.env["fsm.equipment"].create(
            {"name": "PC-7", "contact_id": anna.id, "company_id": self.company.id}
        )
        words = {"value_from": "extract", "extract": r"(PC-\d+)"}
        self._add_rule(operations=({**self._set("device_id", device), **words},))
        ticket = self._receive(plain_mail("PC-7 is slow", anna.email)).ticket_id
        self.assertEqual(ticket.device_id, device)
        row = self._receive(plain_mail("PC-7 is slow", "b@other.example"))
        self.assertEqual(row.state, "done")
        self.assertFalse(row.ticket_id.device_id)
        self.assertIn("PC-7", "".join(row.ticket_id.message_ids.mapped("body")))

    def test_no_other_field(self):
        """rel-D6: a mail sets no field but those the rule names, and no user."""
        users = self.env["res.users"].search_count([])
        raw = plain_mail("stage_id: 5", body='{"user_id": 2, "number": "X"}')
        mail = self._decide(raw)
        self.assertEqual(set(mail.values), {"team_id"})
        self._receive(raw)
        self.assertEqual(self.env["res.users"].search_count([]), users)

    # -- find_customer, join_ticket --------------------------------------------

    def test_find_customer(self):
        """E03: the ticket is that of an address in the mail, found or created."""
        self.company.helpdesk_auto_create_contact = False
        self._add_rule(
            operations=(
                {
                    "code": "find_customer",
                    "value_from": "extract",
                    "source": "body",
                    "extract": r"e-mail: (\S+)",
                },
            )
        )
        form = "noreply@forms.example"
        known = plain_mail("K", form, body="E-mail: anna@huber.example\r\nHelp!")
        ticket = self._receive(known).ticket_id
        self.assertEqual(ticket.partner_id, self.anna)
        self.assertIn(form, ticket.message_ids[-1].email_from)
        ticket = self._receive(plain_mail("N", form, body="E-mail: n@new.example"))
        self.assertEqual(ticket.ticket_id.partner_id.email, "n@new.example")
        ticket = self._receive(plain_mail("O", form, body="nothing")).ticket_id
        self.assertFalse(ticket.partner_id)

    def test_join_by_number(self):
        """E03, rel-D4: who takes part joins by the number; a stranger never does."""
        ticket = self._receive(plain_mail("Printer")).ticket_id
        self._add_rule(
            operations=(
                {"code": "join_ticket", "source": "body", "extract": r"ref (\S+)"},
            )
        )
        text = f"about ref {ticket.number} of yesterday"
        row = self._receive(plain_mail("More", body=text))
        self.assertEqual((row.ticket_id, row.reason_code), (ticket, "rule_joined"))
        self.assertIn(text, "".join(ticket.message_ids.mapped("body")))
        row = self._receive(plain_mail("Evil", "eve@evil.example", body=text))
        self.assertNotEqual(row.ticket_id, ticket)
        self.assertEqual(row.ticket_id.quoted_ticket_id, ticket)
        self.assertNotIn("eve@evil.example", ticket._get_participant_addresses())

    def test_what_a_rule_adds_is_no_answer(self):
        """E06: what one of us writes and a rule adds to a ticket is a note, whoever
        proves it; the copies of a customer's take no part, as with a bare number."""
        self.company.helpdesk_trusted_servers = "mx.demo.example"
        ticket = self._receive(plain_mail("Printer")).ticket_id
        self._add_rule(
            operations=(
                {"code": "join_ticket", "source": "body", "extract": r"ref (\S+)"},
            )
        )
        domain = self.agent.email.partition("@")[2]
        proof = f"mx.demo.example; dmarc=pass header.from={domain}"
        with self.mock_mail_gateway():
            self._receive(
                plain_mail(
                    "Costs",
                    self.agent.email,
                    f"ref {ticket.number} costs us 12",
                    authentication_results=proof,
                )
            )
        note = ticket.message_ids.filtered(lambda one: "costs us 12" in one.body)
        self.assertTrue(note._is_helpdesk_internal())
        self.assertFalse(
            [mail for mail in self._mails if self.anna.email in str(mail["email_to"])]
        )
        text = f"about ref {ticket.number}"
        self._receive(plain_mail("More", body=text, cc="carla@guess.example"))
        self.assertNotIn("carla", ticket.email_cc or "")

    def test_join_by_reference(self):
        """E03: alerts about one problem are added to one ticket while it is open."""
        self._add_rule(
            ("is_automatic", "is", "yes"),
            operations=(
                {"code": "join_ticket", "extract": r"problem (\d+)"},
                "create_ticket",
            ),
        )
        robot = ("robot@monitor.example",)
        down, again, other = (
            self._receive(plain_mail(subject, *robot, Auto_Submitted="auto-generated"))
            for subject in ("Down, problem 77", "Up, problem 77", "Down, problem 8")
        )
        self.assertTrue(down.ticket_id)
        self.assertEqual(again.ticket_id, down.ticket_id)
        self.assertNotEqual(other.ticket_id, down.ticket_id)
        eve = self._receive(
            plain_mail("problem 77", "eve@x.example", Precedence="bulk")
        )
        self.assertNotEqual(eve.ticket_id, down.ticket_id)

    # -- what is sent ----------------------------------------------------------

    def test_attach_mail(self):
        """E03: the mail as it came is attached to the ticket."""
        self._add_rule(operations=("attach_mail",))
        raw = plain_mail("A/B: test")
        ticket = self._receive(raw).ticket_id
        attachment = self.env["ir.attachment"].search(
            [("res_model", "=", ticket._name), ("res_id", "=", ticket.id)]
        )
        self.assertEqual(attachment.mapped("raw"), [raw])
        self.assertEqual(attachment.name, "A_B_ test.eml")

    def test_send_template(self):
        """E03: an answer by a template, which says that a program sent it."""
        self.company.helpdesk_notify_partner = False
        answer = {"code": "send_template", "template_id": self.answer.id}
        rule = self._add_rule(operations=(answer,))
        with self.mock_mail_gateway():
            self._receive(plain_mail("Answered"))
        self.assertEqual(len(self._new_mails), 1)
        self.assertIn("auto-replied", self._new_mails.headers)
        rule.active = False
        with self.mock_mail_gateway():
            self._receive(plain_mail("Not answered"))
        self.assertFalse(self._new_mails)

    def test_forward(self):
        """E03, E07: forwarded whole, once, and never back to its sender."""
        self._add_rule(
            operations=(
                {"code": "forward", "address": "boss@books.example"},
                "ignore",
            )
        )
        with self.mock_mail_gateway():
            row = self._receive(plain_mail("Invoice 1"))
        self.assertEqual(row.reason_code, "rule_ignored")
        mail = self._sent_to("boss@books.example")
        self.assertEqual(len(mail), 1)
        self.assertIn("Invoice 1", mail.subject)
        self.assertIn("auto-generated", mail.headers)
        self.assertIn(b"Invoice 1", mail.attachment_ids.raw)
        self.assertIn("anna@huber.example", mail.reply_to)
        for raw in (
            plain_mail("Back", X_Helpdesk_Forwarded="yes"),
            plain_mail("Own", "boss@books.example"),
            plain_mail("Robot", Auto_Submitted="auto-replied"),
        ):
            with self.mock_mail_gateway():
                self._receive(raw)
            self.assertFalse(self._sent_to("boss@books.example"))
        with self.assertRaises(ValidationError):
            self._add_rule(
                operations=({"code": "forward", "address": self.server.user},)
            )

    def test_nothing_of_a_mail_is_evaluated(self):
        """rel-E3: what looks like code in a mail stays text, wherever it is put."""
        text = "{{ 7*7 }} ${7*7} %(rule)s <t t-out='7*7'/>"
        self._add_rule(
            operations=(
                self._set("severity_id", extract=r"(7\*7)"),
                {"code": "forward", "address": "boss@books.example"},
                "attach_mail",
            )
        )
        with self.mock_mail_gateway():
            ticket = self._receive(plain_mail(text, body=text)).ticket_id
        self.assertEqual(ticket.name, text)
        sent = self._sent_to("boss@books.example")
        self.assertIn(text, sent.subject)
        self.assertNotIn("49", sent.subject + sent.body_html)
        self.assertFalse(ticket.severity_id)

    def test_reject(self):
        """E03, rel-H5: the sender is told once a day, and nothing is quoted."""
        reject = {"code": "reject", "template_id": self.rejection.id}
        self._add_rule(("subject", "contains", "offer"), operations=(reject,))
        with self.mock_mail_gateway():
            first, second = self._receive(
                plain_mail("Offer 1", body="secret words"), plain_mail("Offer 2")
            )
        self.assertEqual((first.state, first.reason_code), ("ignored", "rejected"))
        self.assertEqual(second.reason_code, "rejected")
        mail = self._sent_to("anna@huber.example")
        self.assertEqual(len(mail), 1)
        self.assertIn("auto-replied", mail.headers)
        self.assertNotIn("secret", mail.body_html)
        self.assertNotIn("Offer", mail.body_html + mail.subject)
        self._press(first, "action_create_ticket")
        self.assertTrue(first.ticket_id, "by hand it becomes a ticket all the same")

    def test_reject_tells_each_sender(self):
        """E03: an address that only ends like another one is told as well."""
        reject = {"code": "reject", "template_id": self.rejection.id}
        self._add_rule(("subject", "contains", "offer"), operations=(reject,))
        with self.mock_mail_gateway():
            self._receive(
                plain_mail("Offer 1", email_from="Joanna <joanna@huber.example>"),
                plain_mail("Offer 2"),
            )
        for address in ("joanna@huber.example", "anna@huber.example"):
            self.assertEqual(len(self._sent_to(address)), 1, address)

    def test_administrator_deletes_what_was_sent(self):
        """Settings > Technical > Emails: also mails that are about no record."""
        self._add_rule(operations=({"code": "forward", "address": "boss@x.example"},))
        reject = {"code": "reject", "template_id": self.rejection.id}
        self._add_rule(("subject", "contains", "offer"), operations=(reject,))
        self.company.helpdesk_mail_max_size = 1
        with self.mock_mail_gateway():
            self._receive(
                plain_mail("Offer"), plain_mail("Large", body="x" * 1_200_000)
            )
        sent = self._new_mails.filtered(lambda mail: not mail.res_id)
        self.assertEqual(len(sent), 3, sent.mapped("subject"))
        messages = sent.mail_message_id
        sent.with_user(self.env.ref("base.user_admin")).unlink()
        self.assertFalse(sent.exists())
        self.assertFalse(messages.exists())

    # -- the mailbox, other documents ------------------------------------------

    def test_move_mail(self):
        """E03: the mail is put into the rule's folder, an ignored one too."""
        self._add_rule(
            ("subject", "contains", "news"),
            operations=({"code": "move_mail", "folder": "News"}, "ignore"),
        )
        mailbox = FakeMailbox(plain_mail("News 1"), plain_mail("Help"))
        self._collect(mailbox)
        self._process()
        self._collect(mailbox)
        self.assertEqual(mailbox.moved, {"News": [1]})
        self.server.helpdesk_done_folder = "Done"
        self._collect(mailbox)
        self.assertEqual(mailbox.moved, {"News": [1], "Done": [2]})

    def test_create_task(self):
        """E03: a task beside the ticket, or instead of one."""
        project = self.env["project.project"].create(
            {"name": "Repairs", "company_id": self.company.id}
        )
        task = {"code": "create_task", "value": str(project.id)}
        rule = self._add_rule(operations=(task,))
        ticket = self._receive(plain_mail("Repair it")).ticket_id
        self.assertEqual(ticket.task_ids.project_id, project)
        self.assertFalse(ticket.task_ids.user_ids)
        rule.operation_ids = [(0, 0, {"code": "stop"})]
        row = self._receive(plain_mail("Only a task"))
        self.assertEqual((row.state, row.reason_code), ("done", "rule_document"))
        self.assertFalse(row.ticket_id)
        self.assertTrue(project.task_ids.filtered(lambda t: t.name == "Only a task"))

    def test_missing_parameters(self):
        """E03: what an operation needs is asked for in one sentence."""
        for operation in (
            {"code": "forward"},
            {"code": "move_mail"},
            {"code": "send_template"},
            {"code": "send_template", "template_id": self.rejection.id},
            {"code": "reject", "template_id": self.answer.id},
            {"code": "create_task"},
            {"code": "find_customer", "value_from": "extract"},
            {"code": "join_ticket", "source": "header", "extract": "(a)"},
        ):
            with self.subTest(operation=operation), self.assertRaises(ValidationError):
                self._add_rule(operations=(operation,))

    def test_everything_is_described_and_nothing_done(self):
        """E04: each operation says what it would do; nothing is written or sent."""
        project = self.env["project.project"].create({"name": "Repairs"})
        rule = self._add_rule(
            operations=(
                "create_ticket",
                self._set("severity_id", self.high, only_if_empty=True),
                "find_customer",
                "attach_mail",
                {"code": "send_template", "template_id": self.answer.id},
                {"code": "forward", "address": "boss@books.example"},
                {"code": "move_mail", "folder": "News"},
                {"code": "create_task", "value": str(project.id)},
                {"code": "reject", "template_id": self.rejection.id},
            )
        )
        models = ("helpdesk.ticket", "mail.mail", "project.task", "ir.attachment")
        before = [self.env[model].search_count([]) for model in models]
        told = self._decide(plain_mail()).trace[0]["operations"]
        self.assertEqual(len(told), len(rule.operation_ids))
        text = "\n".join(told)
        for word in ("Major", "if empty", self.anna.name, "boss@", "News", "Repairs"):
            self.assertIn(word, text)
        self.assertEqual([self.env[m].search_count([]) for m in models], before)
