from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.helpdesk_contact.inside import inside

# A manager's import keeps what happened in another helpdesk.
KEPT = "helpdesk_import_kept"


class HelpdeskTicket(models.Model):
    """The reference number of a ticket (T01, T20)."""

    _inherit = "helpdesk.ticket"

    number = fields.Char(
        string="Ref. no.",
        required=True,
        readonly=True,
        copy=False,
        default="/",
        index="trigram",
    )

    @api.model
    def _next_numbers(self, vals_list):
        """Return reference numbers, one for each ticket that is to be created: a new
        one, or that of a manager's import.

        :param list vals_list: the values of the tickets
        :return: a list of texts
        """
        Company = self.env["res.company"]
        ids = [self._get_number_value(vals, "company_id") for vals in vals_list]
        companies = [Company.browse(id_) or self.env.company for id_ in ids]
        codes = [self._get_number_codes(vals) for vals in vals_list]
        keeps = inside(self.env, KEPT)
        kept = [keeps and (vals.get("number") or "").strip(" /") for vals in vals_list]
        wanted = {}
        for company, code, number in zip(companies, codes, kept, strict=True):
            if not number:
                wanted.setdefault(company, []).append(code)
        numbers = {
            company: iter(company._next_helpdesk_numbers(some))
            for company, some in wanted.items()
        }
        return [
            number or next(numbers[company])
            for number, company in zip(kept, companies, strict=True)
        ]

    @api.model
    def _get_number_value(self, vals, name):
        """Return a value of a ticket that is to be created, default included."""
        return vals.get(name, self.env.context.get(f"default_{name}"))

    @api.model
    def _get_number_codes(self, vals):
        """Return the customer's and the topic group's code for a mask.

        :param dict vals: the values of a ticket
        :return: two texts, empty where there is no code
        """
        # sudo: codes only, also for tickets that come by mail or from the portal
        env = self.sudo().env
        partner = env["res.partner"].browse(
            self._get_number_value(vals, "customer_id")
            or self._get_number_value(vals, "partner_id")
        )
        topic = env["helpdesk.ticket.topic"].browse(
            self._get_number_value(vals, "topic_id")
        )
        while topic and not topic.code:  # one from above (T20)
            topic = topic.parent_id
        return partner.commercial_partner_id.ref or "", topic.code or ""

    def _check_number_stays(self, vals):
        """Refuse to give a ticket another number (T01).

        :param dict vals: for `write`
        :raise UserError: when it would get one
        """
        if "number" in vals and any(t.number != vals["number"] for t in self):
            raise UserError(
                self.env._(
                    "A ticket keeps its reference number: mails and documents name it."
                )
            )
