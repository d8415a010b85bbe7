from odoo import api, fields, models

from .throttle import THROTTLED


class HelpdeskInboxMail(models.Model):
    """What rules leave on a mail of the inbox (E02, E03).

    Mixed into `helpdesk.inbox.mail`, whose fields it uses.
    """

    _inherit = "helpdesk.inbox.mail"

    rule_ids = fields.Many2many(
        "helpdesk.email.collector", string="Rules That Applied", readonly=True
    )
    target_folder = fields.Char(
        readonly=True, help="The folder that a rule puts the mail in."
    )

    def _get_rules_that_acted(self):
        """Return the ids of the rules that did something with this mail before it was
        made a ticket by hand: what they did is not done a second time."""
        held_back = self.reason_code in THROTTLED
        return () if held_back else tuple(self.rule_ids.ids)

    @api.model
    def _get_rule_figures(self, rule_ids, mail_ids=None):
        """Return how many mails rules applied to, and when the last one came.

        :param list rule_ids: of the rules
        :param list mail_ids: only of these mails
        :return: dict of (count, datetime) by id of the rule
        """
        domain = [("rule_ids", "in", rule_ids)]
        if mail_ids is not None:
            domain.append(("id", "in", mail_ids))
        groups = self._read_group(
            domain, ["rule_ids"], ["__count", "received_date:max"]
        )
        return {rule.id: (count, last) for rule, count, last in groups}

    @api.ondelete(at_uninstall=False)
    def _unlink_keep_rule_counts(self):
        """Keep how often rules applied when old mails are removed."""
        rules = self.rule_ids
        figures = self._get_rule_figures(rules.ids, self.ids)
        for rule in rules:
            count, last = figures.get(rule.id, (0, False))
            rule.past_match_count += count
            if last and (not rule.past_last_match or last > rule.past_last_match):
                rule.past_last_match = last
