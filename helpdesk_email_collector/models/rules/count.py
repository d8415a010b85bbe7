from odoo import api, fields, models


class HelpdeskEmailCollector(models.Model):
    """How often a rule was applied, and when it was applied last (E02).

    Counted from the mails of the inbox: with a counter on the rule, all mails that it
    applies to would have to wait for each other. When the inbox is cleaned up, the
    figures of the deleted mails are added to two stored fields.
    """

    _inherit = "helpdesk.email.collector"

    inbox_mail_ids = fields.Many2many(
        "helpdesk.inbox.mail", string="Mails", readonly=True, copy=False
    )
    match_count = fields.Integer("Applied", compute="_compute_match_count")
    last_match = fields.Datetime("Last Applied", compute="_compute_match_count")
    past_match_count = fields.Integer(readonly=True, copy=False)
    past_last_match = fields.Datetime(readonly=True, copy=False)

    @api.depends("past_match_count", "past_last_match")
    def _compute_match_count(self):
        # sudo: only figures, about mails that the reader of the rule may see anyway
        figures = self.env["helpdesk.inbox.mail"].sudo()._get_rule_figures(self.ids)
        for rule in self:
            count, last = figures.get(rule.id or rule._origin.id, (0, False))
            rule.match_count = rule.past_match_count + count
            rule.last_match = last or rule.past_last_match

    def action_view_inbox_mails(self):
        """Open the mails of the inbox that this rule was applied to.

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_email_collector.action_helpdesk_inbox_mail"
        )
        return {**action, "domain": [("rule_ids", "in", self.ids)]}
