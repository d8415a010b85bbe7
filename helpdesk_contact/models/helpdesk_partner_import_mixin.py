from collections import Counter

from odoo import api, models
from odoo.fields import Domain
from odoo.tools.mail import email_normalize


class HelpdeskPartnerImportMixin(models.AbstractModel):
    """Bulk import of customers and contacts (C10). Mixed into `res.partner`.

    Works in the import screens of the helpdesk, which set `helpdesk_import` in the
    context to `contact` or `customer`; Odoo's own partner import stays as it is.
    """

    _name = "helpdesk.partner.import.mixin"
    _description = "Import of Customers and Contacts"

    @api.model
    def _get_helpdesk_import_templates(self):
        """Return `label` and `template` address of the helpdesk's own files."""
        kind = self.env.context["helpdesk_import"]
        labels = {
            "contact": self.env._("Template for contacts"),
            "customer": self.env._("Template for customers"),
        }
        return [
            {
                "label": f"{labels[kind]} ({extension.upper()})",
                "template": f"/helpdesk_contact/import_template/{kind}.{extension}",
            }
            for extension in ("xlsx", "csv")
        ]

    @api.model
    def load(self, fields, data):
        """Import rows; rows whose e-mail address is known update that contact.

        :param list fields: names of the columns
        :param list data: the rows, lists of str
        :return: `ids`, `messages` and `nextrow` as Odoo's own `load`
        """
        if not (self.env.context.get("helpdesk_import") and "email" in fields):
            return super().load(fields, data)
        column = fields.index("email")
        times = Counter((row[column] or "").strip().lower() for row in data)
        # Odoo passes all rows that are left and reads `_import_limit` of them.
        data = data[: self.env.context.get("_import_limit")]
        emails = [row[column] for row in data]
        messages = self._check_import_emails(emails, times)
        if {"id", ".id"}.isdisjoint(fields):
            known = self._get_import_ids_by_email(emails)
            fields = [*fields, ".id"]
            data = [
                [*row, str(known.get(email_normalize(email), ""))]
                for row, email in zip(data, emails, strict=True)
            ]
        if not messages:
            return super().load(fields, data)
        # What Odoo finds in the other rows is told too, but nothing is kept.
        with self.env.cr.savepoint() as savepoint:
            result = super().load(fields, data)
            savepoint.rollback()
        seen = {message["record"] for message in messages}
        others = [m for m in result["messages"] if m.get("record") not in seen]
        return {**result, "ids": False, "messages": messages + others}

    @api.model
    def _check_import_emails(self, emails, times):
        """Return a message for each row whose address cannot identify a contact.

        :param list emails: the address of each row of this batch
        :param dict times: how often each address stands in the file
        """
        required = self.env.context["helpdesk_import"] == "contact"
        messages = []
        for index, email in enumerate(emails):
            count = times[(email or "").strip().lower()]
            if not email and required:
                reason = self.env._("The e-mail address is missing.")
            elif email and not email_normalize(email):
                reason = self.env._(
                    "“%(email)s” is not an e-mail address.", email=email
                )
            elif email and count > 1:
                reason = self.env._(
                    "“%(email)s” stands in %(times)s rows of the file. Keep one.",
                    email=email,
                    times=count,
                )
            else:
                continue
            messages.append(
                {
                    "type": "error",
                    "field": "email",
                    "field_name": self._fields["email"]._description_string(self.env),
                    "message": reason,
                    "record": index,
                    "rows": {"from": index, "to": index},
                    "value": email,
                }
            )
        return messages

    @api.model
    def _get_import_ids_by_email(self, emails):
        """Return the id of the contact or customer that each known address has."""
        normalized = {email_normalize(email) for email in emails} - {False}
        is_company = self.env.context["helpdesk_import"] == "customer"
        partners = self.with_context(active_test=False).search_fetch(
            Domain("email_normalized", "in", list(normalized))
            & Domain("is_company", "=", is_company)
            & Domain("type", "=", "contact"),
            ["email_normalized"],
            order="active, id desc",
        )
        # The oldest active one comes last and wins.
        ids = {partner.email_normalized: partner.id for partner in partners}
        if not is_company:
            addresses = self.env["helpdesk.contact.address"].search_fetch(
                [("email_normalized", "in", list(normalized))],
                ["email_normalized", "partner_id"],
            )
            ids.update({a.email_normalized: a.partner_id.id for a in addresses})
        return ids
