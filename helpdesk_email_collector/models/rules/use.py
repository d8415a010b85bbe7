from odoo import api, fields, models
from odoo.exceptions import ValidationError

# What must not happen to every mail because somebody forgot the conditions.
DROPPING_CODES = {"ignore", "reject", "forward"}


class HelpdeskEmailCollector(models.Model):
    """Which rules are in use, and for which company (E02, rel-G1).

    Mixed into `helpdesk.email.collector`. A new rule is not in use. One that drops or
    forwards mails and has no conditions is put into use by who confirms that it is for
    every mail.
    """

    _inherit = "helpdesk.email.collector"

    active = fields.Boolean("In Use", default=False, copy=False, tracking=True)
    every_mail_confirmed = fields.Boolean(
        "Confirmed without Conditions",
        copy=False,
        tracking=True,
        help="Somebody confirmed that this rule intentionally has no conditions, "
        "although it ignores, rejects or forwards mails.",
    )
    to_confirm = fields.Boolean(compute="_compute_to_confirm")

    @api.depends("every_mail_confirmed", "filter_ids", "operation_ids.code")
    def _compute_to_confirm(self):
        for rule in self:
            drops = DROPPING_CODES & set(rule.operation_ids.mapped("code"))
            rule.to_confirm = bool(
                drops and not rule.filter_ids and not rule.every_mail_confirmed
            )

    @api.constrains("active", "every_mail_confirmed", "filter_ids", "operation_ids")
    def _check_confirmed(self):
        for rule in self:
            if rule.active and rule.to_confirm:
                raise ValidationError(rule._get_unconfirmed_sentence())

    def _get_unconfirmed_sentence(self):
        return self.env._(
            "“%(rule)s” has no conditions: it would ignore, reject or forward every "
            "mail. Add a condition, or open the rule and activate it there, which "
            "asks you to confirm.",
            rule=self.name,
        )

    def action_put_into_use(self):
        """Put rules into use. The form asks first where they are for every mail."""
        self.filtered("to_confirm").every_mail_confirmed = True
        self.active = True

    def action_take_out_of_use(self):
        """Let rules act on no further mail."""
        self.active = False

    # -- company ---------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._complete_company(vals) for vals in vals_list])

    def write(self, vals):
        if vals.get("server_ids"):
            self.filtered(lambda rule: not rule.company_id)._take_only_company()
        return super().write(vals)

    @api.model
    def _complete_company(self, vals):
        """Return values where a rule with mailboxes has the only company, if none."""
        if vals.get("server_ids") and not vals.get("company_id", True):
            return {**vals, "company_id": self._get_only_company().id}
        return vals

    @api.model
    def _get_only_company(self):
        """Return the company of a database that has but one, else none."""
        # sudo: whether there are others, whoever asks
        companies = self.env["res.company"].sudo().search([], limit=2)
        return companies if len(companies) == 1 else companies.browse()

    def _take_only_company(self):
        """Give these rules the company of a database that has but one.

        What belongs to a company fits to a rule of that company only.
        """
        if company := self._get_only_company():
            self.company_id = company
