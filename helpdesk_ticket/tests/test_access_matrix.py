from odoo import fields
from odoo.tests import tagged

from odoo.addons.helpdesk_contact.tests.access_api import AccessApiTests
from odoo.addons.helpdesk_contact.tests.access_matrix import (
    COLLEAGUES,
    OTHER,
    OWN,
    SHARED,
    AccessMatrixTests,
)
from odoo.addons.helpdesk_contact.tests.common_http import PatientHttpCase

from .common_access import TicketAccessCommon


@tagged("post_install", "-at_install")
class TestAccessMatrix(
    AccessApiTests, AccessMatrixTests, TicketAccessCommon, PatientHttpCase
):
    """What each role may do with tickets and what belongs to them."""

    addon = "helpdesk_ticket"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["fsm.stage"].search([("stage_type", "=", "order")]).company_id = False
        cls.env["fsm.team"].create(
            [
                {"name": f"Van of {company.name}", "company_id": company.id}
                for company in cls.company + cls.other_company
            ]
        )
        cls.places = {
            company: cls.env["fsm.location"].create(
                {
                    "name": "Office",
                    "owner_id": owner.id,
                    "company_id": company.id,
                }
            )
            for company, owner in (
                (cls.company, cls.stranger),
                (cls.other_company, cls.elsewhere),
            )
        }
        cls.tickets = {
            OWN: cls._create_ticket(partner_id=cls.stranger.id),
            OTHER: cls._create_ticket(
                company_id=cls.other_company.id,
                partner_id=cls.elsewhere.id,
                team_id=cls.other_team.id,
            ),
        }

    def _find_models(self):
        """The dialog that shows a token has no rows, and no rights to try."""
        return [name for name in super()._find_models() if not self.env[name]._abstract]

    # -- the helpdesk's own -------------------------------------------------------

    def _kinds_helpdesk_team(self):
        return self._both(
            lambda company: {"name": "First level", "company_id": company.id}
        )

    def _kinds_of_a_list(self):
        return self._shared(
            lambda company: {"name": "Something new", "company_id": company.id}
        )

    _kinds_helpdesk_channel = _kinds_of_a_list
    _kinds_helpdesk_ticket_severity = _kinds_of_a_list
    _kinds_helpdesk_ticket_tag = _kinds_of_a_list
    _kinds_helpdesk_ticket_topic = _kinds_of_a_list
    _kinds_helpdesk_ticket_type = _kinds_of_a_list

    def _kinds_helpdesk_ticket_stage(self):
        return self._shared(
            lambda company: {
                "name": "On the bench",
                "state": "in_progress",
                "company_id": company.id,
            }
        )

    def _kinds_helpdesk_sla(self):
        return self._both(
            lambda company: {
                "name": "Gold",
                "answer_hours": 1,
                "company_id": company.id,
            }
        )

    def _kinds_helpdesk_sla_recompute(self):
        return self._both(lambda company: {"done": 0, "company_id": company.id})

    def _kinds_helpdesk_ticket_request(self):
        people = {self.company: self.stranger, self.other_company: self.elsewhere}
        return self._both(
            lambda company: {
                "name": "May I?",
                "partner_id": people[company].id,
                "company_id": company.id,
            }
        )

    def _kinds_helpdesk_deadline(self):
        return {
            kind: {"promise": "solution", "ticket_id": self.tickets[kind].id}
            for kind in (OWN, OTHER)
        }

    def _kinds_helpdesk_ticket_event(self):
        now = fields.Datetime.now()
        return {
            kind: {
                "kind": "read",
                "moment": now,
                "ticket_id": self.tickets[kind].id,
            }
            for kind in (OWN, OTHER)
        }

    def _kinds_helpdesk_ticket_notice(self):
        now = fields.Datetime.now()
        return {
            kind: {"kind": "stage", "due": now, "ticket_id": self.tickets[kind].id}
            for kind in (OWN, OTHER)
        }

    def _kinds_helpdesk_ticket_visit(self):
        return {
            kind: {"kind": "opened", "ticket_id": self.tickets[kind].id}
            for kind in (OWN, OTHER)
        }

    def _kinds_helpdesk_check(self):
        # nobody makes one's own but by looking
        return {COLLEAGUES: {"name": "Sender address", "state": "fine"}}

    def _kinds_helpdesk_check_token(self):
        return self._both(
            lambda company: {
                "name": "Zabbix",
                "token_hash": f"hash {next(self.numbers)}",
                "company_id": company.id,
            }
        )

    def _kinds_helpdesk_own_address(self):
        return self._both(
            lambda company: {"email": "all@ours.example", "company_id": company.id}
        )

    def _fresh(self, model, values):
        fresh = super()._fresh(model, values)
        if model == "helpdesk.own.address":
            fresh["email"] = f"all{next(self.numbers)}@ours.example"
        return fresh

    def _kinds_helpdesk_throttle(self):
        return {SHARED: {"key": "x", "date": "2026-11-01 12:00:00"}}

    def _kinds_helpdesk_ticket_report(self):
        return {
            kind: {"name": "x", "id": self.tickets[kind].id} for kind in (OWN, OTHER)
        }

    def _fresh(self, model, values):
        values = super()._fresh(model, values)
        if model == "helpdesk.own.address":
            values["email"] = f"group{next(self.numbers)}@ours.example"
        return values

    def _make(self, model, values):
        if model == "helpdesk.ticket.report":
            return self.env[model].browse(values["id"])
        if model == "helpdesk.own.address":
            values = self._fresh(model, values)
        return super()._make(model, values)

    def _has_files(self, model):
        return model == "helpdesk.ticket.request" or super()._has_files(model)

    # -- dialogs --------------------------------------------------------------------

    def _kinds_helpdesk_private_message(self):
        return self._dialog({"body": "x", "ticket_id": self.tickets[OWN].id})

    def _kinds_helpdesk_ticket_close(self):
        return self._dialog(
            {
                "notify": "nobody",
                "ticket_ids": [(6, 0, self.tickets[OWN].ids)],
            }
        )

    def _kinds_helpdesk_ticket_merge(self):
        tickets = self.tickets[OWN] + self._create_ticket(partner_id=self.stranger.id)
        return self._dialog({"mode": "duplicate", "ticket_ids": [(6, 0, tickets.ids)]})

    def _kinds_helpdesk_ticket_split(self):
        return self._dialog({"name": "x", "ticket_id": self.tickets[OWN].id})

    def _kinds_helpdesk_service_order(self):
        return self._dialog({"ticket_id": self.tickets[OWN].id})

    def _kinds_helpdesk_team_archive(self):
        teams = self.tickets[OWN].team_id
        return self._dialog({"team_ids": [(6, 0, teams.ids)]})

    def _kinds_helpdesk_partner_delete(self):
        return self._dialog({"partner_ids": [(6, 0, self.stranger.ids)]})

    # -- of other addons ------------------------------------------------------------

    def _kinds_contract_contract(self):
        people = {self.company: self.stranger, self.other_company: self.elsewhere}
        return self._both(
            lambda company: {
                "name": "Leasing",
                "partner_id": people[company].id,
                "company_id": company.id,
            }
        )

    def _kinds_fsm_order(self):
        kinds = self._both(
            lambda company: {
                "description": "Look at it",
                "location_id": self.places[company].id,
                "company_id": company.id,
            }
        )
        mine = {**kinds[OWN], "helpdesk_ticket_id": self.tickets[OWN].id}
        return {f"{OWN}, of a ticket": mine, **kinds}

    def _kinds_fsm_location(self):
        people = {self.company: self.stranger, self.other_company: self.elsewhere}
        return self._both(
            lambda company: {
                "name": "Warehouse",
                "owner_id": people[company].id,
                "company_id": company.id,
            }
        )

    def _kinds_fsm_person(self):
        return {SHARED: {"name": "Technician"}}

    def _kinds_fsm_stage(self):
        values = {"name": "Packed", "stage_type": "order", "sequence": 77}
        return {SHARED: {**values, "company_id": False}}

    def _kinds_fsm_team(self):
        return self._both(
            lambda company: {
                "name": f"{company.name}, second van",
                "company_id": company.id,
            }
        )

    def _kinds_fsm_order_type(self):
        return {SHARED: {"name": "Repair"}}
