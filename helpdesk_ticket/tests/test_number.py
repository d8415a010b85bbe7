from datetime import date

from psycopg2.errors import LockNotAvailable, SerializationFailure

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError, ValidationError
from odoo.sql_db import db_connect
from odoo.tests import (
    BaseCase,
    Form,
    freeze_time,
    get_db_name,
    tagged,
    warmup,
)
from odoo.tools import mute_logger

from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from ..number_mask import MaskError, NumberMask, clean_code
from .common import TicketCommon

DAY = date(2026, 11, 22)


class TestNumberMask(BaseCase):
    """T20: what a mask means, without a database."""

    def test_render(self):
        for text, number in (
            ("TS{yy}{mm}-{0000}", "TS2611-0042"),
            ("{yyyy}/{mm}/{dd}#{0}", "2026/11/22#42"),
            ("{00000}", "00042"),
            ("{cccc}-{000}", "HUBE-042"),
            ("{cccccccc}-{000}", "000HUBER-042"),
            ("{topic}-{000}", "NET-042"),
            ("{0000+1000}.{yy}", "0042.26"),
        ):
            with self.subTest(text):
                mask = NumberMask(text)
                self.assertEqual(mask.render(42, DAY, "Hubér", "net"), number)

    def test_counter_outgrows_its_digits(self):
        self.assertEqual(NumberMask("T-{00}").render(12345, DAY), "T-12345")

    def test_missing_codes(self):
        self.assertEqual(NumberMask("{cccc}-{000}").render(1, DAY), "0000-001")
        self.assertEqual(NumberMask("{topic}-{000}").render(1, DAY), "0-001")

    def test_offset(self):
        self.assertEqual(NumberMask("T{0000+1000}").offset, 1000)
        self.assertEqual(NumberMask("T{0000}").offset, 0)

    def test_refused(self):
        for text, reason in (
            ("", "no_counter"),
            ("TS{yy}", "no_counter"),
            ("{0000}{0000}", "two_counters"),
            ("{topic}-{topic}-{0000}", "two_topics"),
            ("{year}-{0000}", "unknown"),
            ("{}-{0000}", "unknown"),
            ("{cccccccccccc}-{0}", "unknown"),
            ("TS[{0000}]", "character"),
            ("TS {0000}", "character"),
            ("TÜ{0000}", "character"),
            ("TS{yy-{0000}", "character"),
            ("{000}", "too_short"),
            ("{topic}-{0}", "too_short"),
            ("A" * 31 + "{0000}", "too_long"),
            ("{topic}{0000}", "topic_beside_counter"),
            ("{0000}{topic}", "topic_beside_counter"),
            ("{topic}A{yy}{0000}", "topic_beside_counter"),
        ):
            with self.subTest(text), self.assertRaises(MaskError) as error:
                NumberMask(text)
            self.assertEqual(error.exception.reason, reason)

    def test_reset_needs_its_dates(self):
        for text, reset, reason in (
            ("TS-{0000}", "year", "year_missing"),
            ("TS{mm}-{0000}", "year", "year_missing"),
            ("TS{yy}-{0000}", "month", "month_missing"),
            ("TS{mm}-{0000}", "month", "month_missing"),
            ("TS{yy}{mm}-{0000}", "month", None),
            ("TS{yyyy}-{0000}", "year", None),
            ("TS-{0000}", "never", None),
        ):
            with self.subTest(text=text, reset=reset):
                if reason:
                    with self.assertRaises(MaskError) as error:
                        NumberMask(text).check_reset(reset)
                    self.assertEqual(error.exception.reason, reason)
                else:
                    NumberMask(text).check_reset(reset)

    def test_same_key_means_same_counter(self):
        key = NumberMask("TS{yy}-{0000}").key
        self.assertEqual(key, NumberMask("TS{yy}-{00+500}").key)
        self.assertNotEqual(key, NumberMask("TS{yyyy}-{0000}").key)

    def test_overlap(self):
        for first, second, overlap in (
            ("A{0000}", "B{0000}", False),
            ("TS{yy}-{0000}", "TS{yyyy}-{0000}", False),
            ("TS{yy}{0000}", "TS{yyyy}{00}", True),
            ("{00000}", "{yy}{0000}", True),
            ("{cccc}-{000}", "TEST-{0000}", True),
            ("{topic}-{000}", "NETWORK-{000}", True),
            ("{topic}-{000}", "network-{000}", False),
            ("{0000}-A", "{0000}-B", False),
            ("{0000}-{topic}", "{yyyy}-X{000}", True),
        ):
            with self.subTest(first=first, second=second):
                first, second = NumberMask(first), NumberMask(second)
                self.assertEqual(first.overlaps(second), overlap)
                self.assertEqual(second.overlaps(first), overlap)

    def test_code(self):
        self.assertEqual(clean_code(" K-100é/b "), "K100EB")
        self.assertEqual(clean_code(False), "")


class NumberCommon(TicketCommon):
    def _set_mask(self, mask, reset="never", company=None):
        (company or self.company).write(
            {
                "helpdesk_number_kind": "mask",
                "helpdesk_number_mask": mask,
                "helpdesk_number_reset": reset,
            }
        )


@tagged("post_install", "-at_install")
class TestNumber(NumberCommon):
    """T20: numbers as the company wants them."""

    def test_mask_with_everything(self):
        self._set_mask("A{yy}{mm}{cccc}-{topic}-{0000+10}")
        self.customer.ref = "hub-7"
        parent = self.env["helpdesk.ticket.topic"].create(
            {"name": "Network", "code": "Net"}
        )
        topic = self.env["helpdesk.ticket.topic"].create(
            {"name": "Wi-Fi", "parent_id": parent.id}
        )
        with freeze_time("2026-11-22 10:00:00"):
            ticket = self._create_ticket(topic_id=topic.id)
            plain = self._create_ticket(partner_id=False)
        self.assertEqual(ticket.number, "A2611HUB7-NET-0011")
        self.assertEqual(plain.number, "A26110000-0-0012")

    def test_simple_counter(self):
        self.company.helpdesk_number_kind = "counter"
        first, second = self._create_ticket(), self._create_ticket()
        self.assertRegex(first.number, r"^\d{5,}$")
        self.assertEqual(int(second.number), int(first.number) + 1)

    def test_number_of_each_company_in_one_batch(self):
        self._set_mask("A-{0000}")
        self._set_mask("B-{0000}", company=self.other_company)
        tickets = self.env["helpdesk.ticket"].create(
            [
                {"name": "T", "company_id": company.id, "team_id": False}
                for company in (self.company, self.other_company, self.company)
            ]
        )
        self.assertEqual(tickets.mapped("number"), ["A-0001", "B-0001", "A-0002"])

    def test_counter_starts_again_every_year(self):
        self._set_mask("A{yy}-{0000}", "year")
        numbers = []
        for day in ("2027-12-31", "2027-12-31", "2028-01-01", "2027-12-30"):
            with freeze_time(f"{day} 12:00:00"):
                numbers.append(self._create_ticket().number)
        self.assertEqual(numbers, ["A27-0001", "A27-0002", "A28-0001", "A27-0003"])

    def test_counter_starts_again_every_month_after_its_offset(self):
        self._set_mask("A{yy}{mm}-{0000+100}", "month")
        numbers = []
        for day in ("2027-02-28", "2027-03-01", "2027-03-31"):
            with freeze_time(f"{day} 12:00:00"):
                numbers.append(self._create_ticket().number)
        self.assertEqual(numbers, ["A2702-0101", "A2703-0101", "A2703-0102"])

    def test_counter_does_not_start_again_unless_told(self):
        self._set_mask("A{yy}-{0000}")
        with freeze_time("2027-12-31 12:00:00"):
            self._create_ticket()
        with freeze_time("2028-01-01 12:00:00"):
            self.assertEqual(self._create_ticket().number, "A28-0002")

    def test_year_begins_where_the_company_is(self):
        self.company.partner_id.tz = "Pacific/Auckland"
        self._set_mask("A{yy}-{0000}", "year")
        with freeze_time("2027-12-31 12:00:00"):
            self.assertEqual(self._create_ticket().number, "A28-0001")

    def test_cron_makes_the_next_counter_in_time(self):
        self._set_mask("A{yy}-{0000}", "year")
        ranges = self.company.helpdesk_number_sequence_id.date_range_ids
        with freeze_time("2034-12-01 12:00:00"):
            self.env["ir.sequence"]._cron_helpdesk_prepare_ranges()
        made = self.company.helpdesk_number_sequence_id.date_range_ids - ranges
        self.assertEqual(
            sorted(made.mapped("date_from")), [date(2034, 1, 1), date(2035, 1, 1)]
        )

    def test_changed_mask_leaves_old_numbers(self):
        self._set_mask("A-{0000}")
        old = self._create_ticket()
        self._set_mask("B-{0000}")
        new = self._create_ticket()
        self._set_mask("A-{000}")
        again = self._create_ticket()
        self.assertEqual(
            (old + new + again).mapped("number"), ["A-0001", "B-0001", "A-002"]
        )

    def test_numbers_in_use_are_passed_over(self):
        """Also where two masks that were used one after the other meet."""
        self._set_mask("A{yyyy}{00}")
        with freeze_time("2026-11-22 10:00:00"):
            used = [self._create_ticket() for _i in range(3)]
            self.assertEqual(used[0].number, "A202601")
            used[1].active = False
            self._set_mask("A{0000+202600}")
            numbers = [self._create_ticket().number for _i in range(2)]
        self.assertEqual(numbers, ["A202604", "A202605"])

    def test_numbers_that_the_agent_must_not_see_are_passed_over(self):
        hidden = self.env["helpdesk.team"].create(
            {"name": "Board", "visibility": "members"}
        )
        self._set_mask("A{yyyy}{00}")
        with freeze_time("2026-11-22 10:00:00"):
            used = self._create_ticket(team_id=hidden.id)
            self._set_mask("A{0000+202600}")
            ticket = self.agent_env["helpdesk.ticket"].create({"name": "Broken"})
        self.assertFalse(used.with_user(self.agent).has_access("read"))
        self.assertEqual([used.number, ticket.number], ["A202601", "A202602"])

    def test_offset_only_moves_forward(self):
        self._set_mask("A-{0000+500}")
        self.assertEqual(self._create_ticket().number, "A-0501")
        self._set_mask("A-{0000+100}")
        self.assertEqual(self._create_ticket().number, "A-0502")
        self._set_mask("A-{0000+600}")
        self.assertEqual(self._create_ticket().number, "A-0601")

    def test_same_mask_in_two_companies_shares_the_counter(self):
        self._set_mask("A-{0000}")
        self._set_mask("A-{000}", company=self.other_company)
        numbers = [
            self._create_ticket().number,
            self._create_ticket(
                company_id=self.other_company.id, team_id=False, partner_id=False
            ).number,
        ]
        self.assertEqual(numbers, ["A-0001", "A-002"])

    def test_overlapping_masks_of_two_companies_are_refused(self):
        self._set_mask("A{yyyy}{00}", company=self.other_company)
        with self.assertRaisesRegex(ValidationError, "Tickets of Other Helpdesk could"):
            self._set_mask("A{yy}{0000}")
        self._set_mask("B{yy}{0000}")

    def test_refused_masks_say_why(self):
        for mask, reset, text in (
            ("TS-{0000}", "year", "needs the year"),
            ("TS{yy}", "never", "needs a counter"),
            ("TS{jj}-{0000}", "never", "“{jj}” is not a placeholder"),
        ):
            with self.subTest(mask), self.assertRaises(ValidationError) as error:
                self._set_mask(mask, reset)
            self.assertIn(text, str(error.exception))

    def test_number_cannot_be_given_or_changed(self):
        """T01"""
        ticket = self._create_ticket(number="MINE")
        self.assertNotEqual(ticket.number, "MINE")
        with self.assertRaisesRegex(
            UserError, "reference number of a ticket cannot be changed"
        ):
            ticket.number = "TS-1"

    def test_counter_stays_of_the_kind_that_nobody_waits_for(self):
        with self.assertRaisesRegex(ValidationError, "must stay"):
            self.company.helpdesk_number_sequence_id.implementation = "no_gap"

    def test_number_stands_in_subjects_that_hold_it_by_chance(self):
        """N05: “2611” is no sign that the mail names the ticket 2611."""
        self._set_mask("{yy}{0000}")
        ticket = self._create_ticket()
        ticket.name = f"Bill {ticket.number} of last year"
        with self.mock_mail_gateway():
            self._answer(ticket)
        self.assertIn(f"[{ticket.number}]", self._new_mails.mapped("subject")[0])

    @warmup
    def test_queries_do_not_grow_with_the_tickets(self):
        self._set_mask("A{yy}-{0000}", "year")
        values = {"name": "T", "company_id": self.company.id}
        counts = []
        for size in (1, 1, 50):
            before = self.env.cr.sql_log_count
            numbers = self.env["helpdesk.ticket"]._next_numbers([values] * size)
            counts.append(self.env.cr.sql_log_count - before)
            self.assertEqual(len(set(numbers)), size)
        self.assertEqual(counts[1], counts[2])
        self.assertLessEqual(counts[2], 3)


@tagged("post_install", "-at_install")
class TestNumberSettings(NumberCommon, PatientHttpCase):
    """T20: the settings show what they will do."""

    def _settings(self):
        settings = self.env["res.config.settings"].with_company(self.company)
        return Form(settings)

    def test_preview_while_typing(self):
        with freeze_time("2026-11-22 10:00:00"), self._settings() as form:
            form.helpdesk_number_kind = "mask"
            form.helpdesk_number_mask = "X{yy}-{000+7}"
            form.helpdesk_number_reset = "year"
            self.assertEqual(
                form.helpdesk_number_preview, "X26-008, X26-009, … X27-008"
            )
            self.assertFalse(form.helpdesk_number_error)
            form.helpdesk_number_mask = "X-{000}"
            self.assertIn("needs the year", form.helpdesk_number_error)
            self.assertFalse(form.helpdesk_number_preview)
            form.helpdesk_number_reset = "never"
            self.assertEqual(form.helpdesk_number_preview, "X-001, X-002")

    def test_saved_for_this_company_only(self):
        before = self.other_company.helpdesk_number_mask
        with self._settings() as form:
            form.helpdesk_number_mask = "X-{000}"
        form.record.execute()
        self.assertEqual(self.company.helpdesk_number_mask, "X-{000}")
        self.assertEqual(self.other_company.helpdesk_number_mask, before)
        self.assertEqual(self._create_ticket().number, "X-001")

    def test_preview_foretells_the_real_number(self):
        self._set_mask("X-{000}")
        self._create_ticket()
        foretold = self._settings().helpdesk_number_preview
        self.assertEqual(foretold, "X-002, X-003")
        self.assertEqual(self._create_ticket().number, "X-002")

    def test_tour(self):
        self.manager.group_ids += self.env.ref("base.group_system")
        self.start_tour(
            "/odoo/settings#helpdesk_contact",
            "helpdesk_number_settings",
            login=self.manager.login,
        )
        self.assertEqual(self.company.helpdesk_number_mask, "TOUR{yy}-{0000}")
        self.assertEqual(self.company.helpdesk_number_reset, "year")


@tagged("post_install", "-at_install")
class TestNumberConnections(BaseCase):
    """T20: real connections, whose transactions do not see each other."""

    def setUp(self):
        super().setUp()
        self.envs = []
        for _index in range(2):
            cr = db_connect(get_db_name()).cursor()
            self.addCleanup(cr.close)
            self.addCleanup(cr.rollback)
            cr.execute("SET LOCAL lock_timeout = '2s'")
            self.envs.append(api.Environment(cr, SUPERUSER_ID, {}))

    def test_nobody_waits_for_a_number(self):
        """Two transactions under way at once get different numbers at once."""
        values = {"company_id": self.envs[0].ref("base.main_company").id}
        numbers = [
            number
            for _round in range(3)
            for env in self.envs
            for number in env["helpdesk.ticket"]._next_numbers([values])
        ]
        self.assertEqual(len(set(numbers)), 6)

    def test_the_slower_one_tries_again_when_a_new_year_has_no_counter_yet(self):
        """A conflict that Odoo repeats, not two counters for one year."""
        first, second = (
            env["ir.sequence"].search([("helpdesk_mask", "!=", False)], limit=1)
            for env in self.envs
        )
        self.assertTrue(first)
        for sequence in (first, second):
            sequence.env.cache.update(
                sequence, sequence._fields["helpdesk_reset"], ["year"]
            )
        first._helpdesk_get_range(date(2090, 5, 1))
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises((SerializationFailure, LockNotAvailable)),
        ):
            second._helpdesk_get_range(date(2090, 5, 2))
