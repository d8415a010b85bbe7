from odoo.addons.helpdesk_contact.tests.access_matrix import (
    OTHER,
    OWN,
    ROLES,
    AccessMatrix,
)

from .common import TicketCommon


class TicketAccessCommon(AccessMatrix, TicketCommon):
    """Tickets of each kind: of whom, for which team, with or without a contract."""

    roles = {**ROLES, "Primary contact": "base.group_portal"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # Anna's colleagues
        for role in ("Portal", "Primary contact"):
            cls.users[role].partner_id.parent_id = cls.customer
        cls.customer.primary_contact_id = cls.users["Primary contact"].partner_id
        cls.stranger, cls.elsewhere = cls.env["res.partner"].create(
            [
                {"name": "Stranger", "company_id": cls.company.id},
                {"name": "Elsewhere", "company_id": cls.other_company.id},
            ]
        )
        cls.secret_team, cls.other_team = cls.env["helpdesk.team"].create(
            [
                {
                    "name": "Works council",
                    "visibility": "members",
                    "company_id": cls.company.id,
                },
                {"name": "Theirs", "company_id": cls.other_company.id},
            ]
        )
        cls.contract = cls.env["contract.contract"].create(
            {
                "name": "Maintenance",
                "partner_id": cls.stranger.id,
                "company_id": cls.company.id,
            }
        )

    @classmethod
    def _kinds_helpdesk_ticket(cls):
        ours = {
            "name": "Broken",
            "company_id": cls.company.id,
            "partner_id": cls.stranger.id,
            "team_id": cls.team.id,
            "contract_id": False,
        }
        customer = cls.users["Portal"].partner_id
        return {
            OWN: ours,
            f"{OWN}, with a contract": {**ours, "contract_id": cls.contract.id},
            f"{OWN}, team for members only": {**ours, "team_id": cls.secret_team.id},
            f"{OWN}, of the customer in the portal": {
                **ours,
                "partner_id": customer.id,
            },
            f"{OWN}, of a colleague of that customer": {
                **ours,
                "partner_id": cls.anna.id,
            },
            OTHER: {
                "name": "Broken",
                "company_id": cls.other_company.id,
                "partner_id": cls.elsewhere.id,
                "team_id": cls.other_team.id,
            },
        }
