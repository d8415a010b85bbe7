import logging
from datetime import timedelta
from unittest.mock import patch

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.helpdesk_contact_entra.models import helpdesk_entra_run

from .common import DirectoryCommon
from .directory import SECRET, TENANT, make_certificate, make_rsa_key, write_key


@tagged("post_install", "-at_install")
class TestSynchronization(DirectoryCommon):
    """A directory in Microsoft Entra ID becomes contacts and keeps them (C11)."""

    # -- first import and changes ------------------------------------------------

    def test_first_import_and_changes(self):
        for number in range(5):
            self.directory.add(
                f"user{number}",
                f"User{number}@huber.example",
                department="Ovens",
                jobTitle="Baker\r\nX: y",
                preferredLanguage="xx-XX",
                businessPhones=["+49 1"],
            )
        run = self.synchronize()
        self.assertEqual(run.state, "done")
        self.assertEqual(run.kind, "first")
        self.assertEqual(self.counts(run), {"create": 5})
        contact = self.find("user3@huber.example")
        self.assertEqual(contact.parent_id, self.customer)
        self.assertEqual(contact.name, "User3 Entra")
        self.assertEqual(contact.department_id.name, "Ovens")
        self.assertEqual(contact.function, "Baker X: y")
        self.assertEqual(contact.phone, "+49 1")
        self.assertTrue(contact.identified_by_email)
        self.assertTrue(contact.lang)
        pages = [r for r in self.directory.requests if "/users/delta" in r]
        self.assertEqual(len(pages), 3)

        self.directory.change("user3", jobTitle="Head of ovens")
        self.directory.change("user1", accountEnabled=False)
        self.directory.remove("user2")
        run = self.synchronize()
        self.assertEqual(run.kind, "changes")
        self.assertEqual(self.counts(run), {"update": 1, "deactivate": 2})
        self.assertEqual(contact.function, "Head of ovens")
        self.assertFalse(self.find("user1@huber.example").active)
        self.assertFalse(self.find("user2@huber.example").active)

        self.directory.change("user1", accountEnabled=True)
        run = self.synchronize()
        self.assertEqual(self.counts(run), {"reactivate": 1})
        self.assertTrue(self.find("user1@huber.example").active)

    def test_edits_are_kept_unless_chosen(self):
        self.directory.add(
            "dora", "dora@huber.example", jobTitle="Baker", mobilePhone="1"
        )
        self.synchronize()
        dora = self.find("dora@huber.example")
        dora.function = "Our favourite"
        self.directory.change("dora", jobTitle="Boss", mobilePhone="2")
        run = self.synchronize()
        self.assertEqual(dora.function, "Our favourite")
        self.assertEqual(dora.mobile, "2")
        self.assertEqual(run.kept_count, 1)
        line = self.connection.mapping_ids.filtered(lambda m: m.target == "function")
        line.overwrite = True
        self.directory.change("dora", jobTitle="Queen")
        self.synchronize()
        self.assertEqual(dora.function, "Queen")

    def test_a_contact_archived_here_stays_archived(self):
        self.directory.add("dora", "dora@huber.example")
        self.synchronize()
        dora = self.find("dora@huber.example")
        dora.active = False
        self.directory.change("dora", accountEnabled=True, jobTitle="Boss")
        self.synchronize()
        self.assertFalse(dora.active)
        self.assertEqual(dora.function, "Boss")

    def test_known_contacts_are_linked_and_conflicts_listed(self):
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        self.env["res.partner"].create(
            {"name": "Eve", "email": "eve@huber.example", "parent_id": other.id}
        )
        lone = self.env["res.partner"]._helpdesk_create_from_email("lone@huber.example")
        self.anna.function = "Chief"
        self.directory.add(
            "anna", "ANNA@huber.example", jobTitle="Clerk", mobilePhone="7"
        )
        self.directory.add("eve", "eve@huber.example")
        self.directory.add("lone", "lone@huber.example")
        self.directory.add("nobody", None, userPrincipalName="n_x#EXT#@tenant.example")
        self.directory.add("twin", "anna@huber.example")
        self.directory.add("staff", self.agent.email)
        self.directory.page = 10
        run = self.synchronize()
        self.assertEqual(run.conflict_count, 4)
        self.assertEqual(
            set(run.line_ids.mapped("external_id")), {"eve", "nobody", "twin", "staff"}
        )
        eve = run.line_ids.filtered(lambda line: line.external_id == "eve")
        self.assertIn("Other", eve.text)
        self.assertEqual((self.anna.function, self.anna.mobile), ("Chief", "7"))
        self.assertEqual(lone.parent_id, self.customer)
        self.assertFalse(self.agent.partner_id.parent_id)
        self.assertEqual(run.create_count, 0)

    def test_sign_in_name_stands_in_for_an_address(self):
        self.directory.add("dora", "no address", userPrincipalName="D@huber.example")
        self.directory.add("emil", None, userPrincipalName="emil")
        run = self.synchronize()
        self.assertTrue(self.find("d@huber.example"))
        self.assertEqual(self.counts(run), {"create": 1, "conflict": 1})
        self.assertEqual(run.line_ids.external_id, "emil")
        self.assertEqual(run.line_ids.text, "The user has no e-mail address.")

    def test_users_swap_addresses(self):
        for name in ("dora", "emil", "fritz"):
            self.directory.add(name, f"{name}@huber.example")
        self.synchronize()
        dora, emil = self.find("dora@huber.example"), self.find("emil@huber.example")
        self.directory.change("dora", mail="emil@huber.example")
        self.directory.change("emil", mail="dora@huber.example")
        run = self.synchronize()
        self.assertEqual(self.counts(run), {"update": 2})
        self.assertEqual(dora.email, "emil@huber.example")
        self.assertEqual(emil.email, "dora@huber.example")
        self.assertTrue(dora.identified_by_email and emil.identified_by_email)

    def test_a_swap_with_an_address_that_stays_is_a_conflict(self):
        for name in ("dora", "emil"):
            self.directory.add(name, f"{name}@huber.example")
        self.synchronize()
        dora, emil = self.find("dora@huber.example"), self.find("emil@huber.example")
        emil.email = "boss@huber.example"
        self.directory.change("dora", mail="boss@huber.example")
        self.directory.change("emil", mail="other@huber.example")
        run = self.synchronize()
        self.assertEqual(run.line_ids.external_id, "dora")
        self.assertIn("boss@huber.example", run.line_ids.text)
        self.assertEqual(dora.email, "dora@huber.example")
        self.assertEqual((emil.email, run.kept_count), ("boss@huber.example", 1))

    def test_portal_log_in_goes_with_the_contact(self):
        self.directory.add("dora", "dora@huber.example")
        self.synchronize()
        dora = self.find("dora@huber.example")
        user = self.env["res.users"].create(
            {
                "login": "dora@huber.example",
                "partner_id": dora.id,
                "group_ids": [(6, 0, self.env.ref("base.group_portal").ids)],
            }
        )
        self.directory.remove("dora")
        self.synchronize()
        self.assertFalse(user.active)
        self.assertFalse(dora.active)

    # -- groups ------------------------------------------------------------------

    def test_members_of_chosen_groups(self):
        for name in ("in", "out", "late"):
            self.directory.add(name, f"{name}@huber.example")
        self.directory.groups = {"bakers": ["in"]}
        self.connection.action_load_groups()
        self.connection.group_ids.is_taken = True
        run = self.synchronize()
        self.assertEqual(self.counts(run), {"create": 1})
        self.assertFalse(self.find("out@huber.example"))
        stored = self.connection.user_ids.mapped("external_id")
        self.assertEqual(stored, ["in"], "nothing is stored of people nobody chose")
        # a delta query does not tell who joins or leaves a group
        self.directory.groups["bakers"] = ["late"]
        run = self.synchronize()
        self.assertEqual(self.counts(run), {"create": 1, "deactivate": 1})
        self.assertTrue(self.find("late@huber.example").active)
        self.assertFalse(self.find("in@huber.example").active)
        self.directory.groups["bakers"] = ["late", "in"]
        self.assertEqual(self.counts(self.synchronize()), {"reactivate": 1})
        # a group that is gone deactivates nobody
        self.directory.groups = {}
        run = self.synchronize()
        self.assertEqual((run.state, self.connection.error_kind), ("running", "group"))
        self.assertTrue(self.find("late@huber.example").active)

    # -- dry run and preview -----------------------------------------------------

    def test_dry_run_and_preview_change_nothing(self):
        self.directory.add("dora", "dora@huber.example")
        self.directory.add("nobody", None, userPrincipalName="")
        before = self.env["res.partner"].search_count([])
        action = self.connection.action_preview()
        preview = self.env["helpdesk.entra.run"].browse(action["res_id"])
        self.assertEqual(preview.line_ids.mapped("action"), ["create", "conflict"])
        self.assertIn("Dora", preview.line_ids[0].text)
        run = self.synchronize("action_dry_run")
        self.assertEqual(run.state, "done")
        self.assertEqual(self.counts(run), {"create": 1, "conflict": 1})
        self.assertEqual(self.env["res.partner"].search_count([]), before)
        self.assertFalse(self.connection.delta_link)
        self.assertFalse(self.connection.user_ids)

    # -- faults ------------------------------------------------------------------

    def test_too_old_a_position_reads_everything_again(self):
        self.directory.add("dora", "dora@huber.example")
        self.directory.add("gone", "gone@huber.example")
        self.synchronize()
        del self.directory.users["gone"]
        body = {"error": {"code": "syncStateNotFound", "message": "too old"}}
        self.directory.failures["/users/delta"] = (410, {}, body)
        self.synchronize()
        run = self.run_cron()
        self.assertEqual((run.kind, run.state), ("resync", "done"))
        self.assertEqual(self.counts(run), {"same": 1, "deactivate": 1})
        self.assertFalse(self.find("gone@huber.example").active)

    def test_retry_after_is_the_time_of_the_next_try(self):
        for number in range(4):
            self.directory.add(f"u{number}", f"u{number}@huber.example")
        body = {"error": {"code": "TooManyRequests", "message": "slow"}}
        self.directory.failures["/users/delta"] = (429, {"Retry-After": "600"}, body)
        before = fields.Datetime.now()
        run = self.synchronize()
        self.assertEqual(run.state, "running")
        self.assertGreaterEqual(run.next_date, before + timedelta(seconds=599))
        self.assertFalse(self.connection.activity_ids)
        requests = len(self.directory.requests)
        self.assertEqual(self.run_cron(), run)
        self.assertEqual(len(self.directory.requests), requests, "asked too early")
        with freeze_time(run.next_date + timedelta(seconds=1)):
            self.run_cron()
        self.assertEqual((run.state, run.create_count), ("done", 4))
        self.assertFalse(self.connection.error_message)

    def test_a_page_that_failed_is_asked_again_later(self):
        for number in range(4):
            self.directory.add(f"u{number}", f"u{number}@huber.example")
        run = self.synchronize("action_dry_run")
        self.assertEqual(run.create_count, 4)
        self.directory.failures["/users/delta"] = (500, {}, {})
        run = self.synchronize()
        self.assertEqual(self.connection.error_kind, "unreachable")
        with freeze_time(run.next_date + timedelta(seconds=1)):
            self.run_cron()
        self.assertEqual((run.state, run.create_count), ("done", 4))

    def test_each_fault_has_its_sentence_and_one_activity(self):
        self.directory.add("dora", "dora@huber.example")
        forbidden = {"error": {"code": "Authorization_RequestDenied", "message": "no"}}
        skewed = {
            "error": {
                "code": "InvalidAuthenticationToken",
                "message": "Lifetime validation failed, the token is expired.",
            }
        }
        for kind, word, prepare in (
            ("secret_expired", "expired", {"sign_in_error": "AADSTS7000222: keys"}),
            ("application", "client", {"sign_in_error": "AADSTS700016: none"}),
            ("clock", "clock", {"failures": {"/users": (401, {}, skewed)}}),
            (
                "permission",
                "User.Read.All",
                {"failures": {"/users": (403, {}, forbidden)}},
            ),
        ):
            with self.subTest(kind=kind):
                self.directory.sign_in_error = None
                for name, value in prepare.items():
                    setattr(self.directory, name, value)
                self.synchronize()
                self.assertEqual(self.connection.error_kind, kind)
                self.assertIn(word, self.connection.error_message)
                warned = self.connection.activity_ids.user_id
                self.assertIn(self.administrator, warned)
                self.assertEqual(len(self.connection.activity_ids), len(warned))
        self.directory.sign_in_error = None
        self.synchronize()
        self.assertFalse(self.connection.error_message)
        self.assertFalse(self.connection.activity_ids)
        self.assertTrue(self.find("dora@huber.example"))

    def test_wrong_tenant_secret_and_server(self):
        for values, word in (
            ({"tenant": "wrong.example"}, "tenant"),
            ({"tenant": TENANT, "client_secret": "wrong"}, "secret"),
            ({"client_secret": False}, "Enter one"),
        ):
            self.connection.write(values)
            with self.subTest(word=word), self.assertRaisesRegex(UserError, word):
                self.connection.action_test()
        self.connection.client_secret = SECRET
        self.assertEqual(self.connection.action_test()["params"]["type"], "success")
        parameters = self.env["ir.config_parameter"].sudo()
        parameters.set_param("helpdesk_contact_entra.ca_file", "")
        with self.assertRaisesRegex(UserError, "not trusted"):
            self.connection.action_test()
        parameters.set_param("helpdesk_contact_entra.ca_file", self.directory.ca_file)
        parameters.set_param("helpdesk_contact_entra.graph_url", "https://127.0.0.1:1")
        with self.assertRaisesRegex(UserError, "cannot be reached"):
            self.connection.action_preview()

    def test_the_token_goes_to_no_other_server(self):
        body = {"value": [], "@odata.nextLink": "https://127.0.0.1:1/v1.0/users/delta"}
        self.directory.failures["/users/delta"] = (200, {}, body)
        self.synchronize()
        self.assertEqual(self.connection.error_kind, "answer")

    def test_answers_that_are_none(self):
        """Each is a sentence, nobody is lost, and the next try goes on."""
        self.directory.add("dora", "dora@huber.example")
        here = f"{self.directory.url}/v1.0/users/delta?$deltatoken=1"
        for body in (
            [],
            {"value": None},
            {"value": ["text"]},
            {"value": [], "@odata.nextLink": 5},
            {"value": [], "@odata.deltaLink": f"{here}\0"},
            {"value": [], "@odata.nextLink": "https://[nowhere"},
        ):
            with self.subTest(body=body):
                self.directory.failures["/users/delta"] = (200, {}, body)
                run = self.synchronize("action_read_all")
                self.assertEqual(self.connection.error_kind, "answer")
        odd = {"id": "emil", "accountEnabled": "yes", "mail": 7, "surname": {"a": 1}}
        users = [odd, {"id": 5}, {"id": "a'b"}, {"id": "x\n"}]
        body = {"value": users, "@odata.nextLink": f"{here[:-1]}0"}
        self.directory.failures["/users/delta"] = (200, {}, body)
        run = self.synchronize("action_read_all")
        self.assertEqual((run.state, self.connection.error_kind), ("done", False))
        self.assertEqual(run.line_ids.mapped("external_id"), ["emil"])
        self.assertTrue(self.find("dora@huber.example").active)

    def test_groups_and_members_that_are_none(self):
        self.directory.add("dora", "dora@huber.example")
        groups = [{}, {"id": 5}, {"id": "bakers", "displayName": ["x"]}]
        self.directory.failures["/groups"] = (200, {}, {"value": groups})
        self.connection.action_load_groups()
        self.assertEqual(self.connection.group_ids.mapped("name"), ["bakers"])
        self.connection.group_ids.is_taken = True
        members = [{}, {"id": 5}, {"id": "x\0"}, {"id": "dora"}]
        self.directory.failures["/groups/bakers"] = (200, {}, {"value": members})
        run = self.synchronize()
        self.assertEqual((run.state, self.counts(run)), ("done", {"create": 1}))

    def test_an_error_of_our_own_keeps_no_other_directory_waiting(self):
        self.directory.add("dora", "dora@huber.example")
        other = self.connection.copy({"client_secret": SECRET, "name": "Other"})
        original = type(other.run_ids)._process

        def fail(run, people):
            if run.connection_id.name == "Bakery":
                raise RuntimeError("unforeseen")
            return original(run, people)

        other.action_synchronize()
        with (
            patch.object(type(other.run_ids), "_process", fail),
            self.assertLogs("odoo.addons.helpdesk_contact_entra", "ERROR"),
        ):
            run = self.synchronize()
        self.assertEqual(other.run_ids.state, "done")
        self.assertEqual(run.state, "running")
        self.assertIn("RuntimeError", self.connection.error_message)
        self.assertIn(self.administrator, self.connection.activity_ids.user_id)
        with freeze_time(run.next_date + timedelta(seconds=1)):
            self.run_cron()
        self.assertEqual(run.state, "done")
        self.assertFalse(self.connection.activity_ids)

    def test_a_page_that_leads_to_itself(self):
        self.directory.add("dora", "dora@huber.example")
        link = f"{self.directory.url}/v1.0/users/delta?$skiptoken=7"
        body = {"value": [], "@odata.nextLink": link}
        for beginning in ("/users/delta", "/users"):
            self.directory.failures[beginning] = (200, {}, body)
        run = self.synchronize()
        self.assertEqual(run.state, "running")
        self.assertIn("leads to itself", self.connection.error_message)

    def test_pages_without_end(self):
        self.directory.add("dora", "dora@huber.example")
        self.directory.endless = True
        with patch.object(helpdesk_entra_run, "MOST_STEPS", 4):
            run = self.synchronize()
            self.assertEqual(run.state, "running")
            self.assertIn("without end", self.connection.error_message)
            # it passes by itself as a rule: administrators hear of what lasts
            self.assertFalse(self.connection.activity_ids)
            for _number in range(4):
                with freeze_time(run.next_date + timedelta(seconds=1)):
                    self.run_cron()
            self.assertIn(self.administrator, self.connection.activity_ids.user_id)
            self.directory.groups = {"bakers": []}
            self.connection.action_load_groups()
        self.directory.endless = False
        again = self.synchronize("action_read_all")
        self.assertEqual((run.state, again.state), ("stopped", "done"))
        self.assertFalse(self.connection.activity_ids)

    def test_secrets_are_in_no_log(self):
        key = make_rsa_key()
        pem = write_key(key) + make_certificate(key)
        self.directory.add("dora", "dora@huber.example")
        ours = "odoo.addons.helpdesk_contact_entra"
        with (
            self.assertLogs(level=logging.DEBUG) as theirs,
            self.assertLogs(ours, logging.DEBUG) as logs,
        ):
            self.synchronize()
            self.connection.client_secret = f"{SECRET}-wrong"
            self.synchronize("action_read_all")
            self.connection.write({"auth_method": "certificate", "certificate": pem})
            self.synchronize("action_read_all")
        self.assertFalse(self.connection.error_kind)
        records = [*theirs.records, *logs.records]
        said = "\n".join(record.getMessage() for record in records)
        self.assertIn("secret_wrong", said)
        for secret in (SECRET, pem[40:90]):
            self.assertNotIn(secret, said)

    def test_certificate(self):
        key = make_rsa_key()
        self.connection.write(
            {
                "auth_method": "certificate",
                "certificate": write_key(key) + make_certificate(key),
            }
        )
        self.connection.action_test()
        self.assertEqual(len(self.directory.assertions), 1)
        self.connection.certificate = "nothing"
        with self.assertRaisesRegex(UserError, "PEM"):
            self.connection.action_test()

    def test_other_customer_or_directory_needs_another_connection(self):
        self.directory.add("dora", "dora@huber.example")
        self.synchronize()
        other = self.env["res.partner"].create({"name": "Other", "is_company": True})
        with self.assertRaisesRegex(UserError, "linked"):
            self.connection.partner_id = other
        self.connection.name = "New name"
