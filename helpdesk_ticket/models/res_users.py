from odoo import models
from odoo.fields import Domain


class ResUsers(models.Model):
    _inherit = "res.users"

    def _get_hidden_helpdesk_team_ids(self):
        """Return the teams whose tickets this user must not see (T10).

        Those are the teams of other people that show their tickets to members only, or
        whose company shows users the tickets of their own teams only. The record rule
        of tickets calls this. Rules are cached, so that tickets are filtered by plain
        ids and not by a sub-query; teams and companies empty that cache when who sees
        what changes.

        :rtype: list[int]
        """
        self.ensure_one()
        manager = self.has_group("helpdesk_contact.group_helpdesk_manager")
        if manager or not self._is_internal():
            return []
        domain = Domain("visibility", "=", "members")
        if self.has_group("helpdesk_contact.group_helpdesk_user"):
            domain |= Domain("company_id.helpdesk_own_team_only", "=", True)
        # sudo: only ids, also of other companies; archived teams keep their tickets
        teams = self.env["helpdesk.team"].sudo().with_context(active_test=False)
        return (
            teams.search(domain)
            .filtered(lambda team: self not in team.member_ids | team.leader_id)
            .ids
        )

    def _get_helpdesk_primary_customer_ids(self):
        """Return the customers all of whose tickets this user sees: as their primary
        contact (C07).

        The record rule of portal users calls it, for plain ids as above: PostgreSQL
        serves them from an index, and no sub-query.

        :rtype: list[int]
        """
        self.ensure_one()
        # sudo: only whether the user's own customer names it
        partner = self.sudo().partner_id
        return partner.commercial_partner_id.ids if partner.is_primary_contact else []
