from odoo import api, fields, models
from odoo.exceptions import ValidationError

# Operations that need a confirmation in a rule without conditions.
DROPPING_CODES = {"ignore", "reject", "forward"}


class HelpdeskEmailCollector(models.Model):
    """Which rules are active, and for which company (E02, rel-G1).

    Mixed into `helpdesk.email.collector`. A new rule is not active. A rule without
    conditions that drops or forwards mails can be activated only after confirming that
    it is meant for every mail.
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
        """Activate the rules. The form asks for confirmation where they apply to every
        mail."""
        self.filtered("to_confirm").every_mail_confirmed = True
        self.active = True

    def action_take_out_of_use(self):
        """Deactivate the rules."""
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
        """Return the values, with the only company if the rule has mailboxes but no
        company."""
        if vals.get("server_ids") and not vals.get("company_id", True):
            return {**vals, "company_id": self._get_only_company().id}
        return vals

    @api.model
    def _get_only_company(self):
        """Return the company if the database has exactly one, else an empty
        recordset."""
        # sudo: only how many companies there are
        companies = self.env["res.company"].sudo().search([], limit=2)
        return companies if len(companies) == 1 else companies.browse()

    def _take_only_company(self):
        """Assign these rules to the company if the database has exactly one.

        Records that belong to a company can be used only in rules of that company.
        """
        if company := self._get_only_company():
            self.company_id = company
