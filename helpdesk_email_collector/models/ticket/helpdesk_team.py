from odoo import models


class HelpdeskTeam(models.Model):
    _inherit = "helpdesk.team"

    def _get_mailboxes(self):
        """Return the mailboxes whose mail opens tickets of these teams."""
        # sudo: only the team of the mailboxes, which managers may be unable to read
        servers = self.env["fetchmail.server"].sudo()
        return servers.with_context(active_test=False).search(
            [("helpdesk_team_id", "in", self.ids)]
        )

    def _get_addresses(self):
        return [*super()._get_addresses(), *self._get_mailboxes().mapped("name")]

    def _hand_over_work(self, target, keep_addresses):
        """Let the mailboxes of these teams open tickets of the team that takes over, or
        of the company's first team; rules that name these teams name the new one."""
        res = super()._hand_over_work(target, keep_addresses)
        self._get_mailboxes().helpdesk_team_id = keep_addresses and target
        if keep_addresses and target:
            operations = self.env["helpdesk.email.collector.operation"]
            operations._find_setting(self).value = str(target.id)
        return res
