from collections import Counter

from odoo import api, models
from odoo.fields import Domain
from odoo.tools.mail import email_normalize

from ...inside import Inside, inside

# A file of another kind has a fault in each row; nobody reads that many.
MOST_MESSAGES = 1000


class ResPartner(models.Model):
    """Bulk import of customers and contacts (C10).

    Works in the import screens of the helpdesk, which set `helpdesk_import` in the
    context to `contact` or `customer`; Odoo's own partner import stays as it is.
    """

    _inherit = "res.partner"

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
        :return: `ids`, `messages` and `nextrow` as Odoo's own `load`; each message
            about rows begins with their number, counted over the whole file
        """
        if not (self.env.context.get("helpdesk_import") and "email" in fields):
            return super().load(fields, data)
        column = fields.index("email")
        emails = [row[column] for row in data]
        # Odoo passes all rows that are left and reads `_import_limit` of them.
        data = data[: self.env.context.get("_import_limit")]
        first_batch = not inside(self.env, "helpdesk_import_skip")
        messages = self._check_import_emails(
            emails, len(emails) if first_batch else len(data)
        )
        if {"id", ".id"}.isdisjoint(fields):
            known = self._get_import_ids_by_email(emails[: len(data)])
            fields = [*fields, ".id"]
            data = [
                [*row, str(known.get(email_normalize(row[column]), ""))] for row in data
            ]
        self = self.with_context(helpdesk_import_sync=Inside())
        if not messages:
            result = super().load(fields, data)
            return {**result, "messages": self._name_import_rows(result["messages"])}
        # What Odoo finds in the other rows is told too, but nothing is kept.
        with self.env.cr.savepoint() as savepoint:
            result = super().load(fields, data)
            savepoint.rollback()
        seen = {message.get("record") for message in messages} - {None}
        messages += [m for m in result["messages"] if m.get("record") not in seen]
        return {**result, "ids": False, "messages": self._name_import_rows(messages)}

    @api.model
    def _check_import_emails(self, emails, number):
        """Return a message for each row whose address cannot identify a contact.

        :param list emails: the address of each row that is left of the file
        :param int number: how many rows to check
        """
        times = Counter((email or "").strip().lower() for email in emails)
        messages = []
        for index, email in enumerate(emails[:number]):
            reason = self._get_import_email_fault(email, times)
            if reason and len(messages) == MOST_MESSAGES:
                return [*messages, self._get_import_rest_message()]
            if reason:
                messages.append(
                    {
                        "type": "error",
                        "field": "email",
                        "field_name": self._fields["email"]._description_string(
                            self.env
                        ),
                        "message": reason,
                        "record": index,
                        "rows": {"from": index, "to": index},
                    }
                )
        return messages

    @api.model
    def _get_import_email_fault(self, email, times):
        """Return why an address cannot identify a contact, None when it can.

        :param dict times: how often each address stands in the file
        """
        count = times[(email or "").strip().lower()]
        if not email:
            required = self.env.context["helpdesk_import"] == "contact"
            return self.env._("The e-mail address is missing.") if required else None
        if not email_normalize(email):
            return self.env._("“%(email)s” is not an e-mail address.", email=email)
        if count > 1:
            return self.env._(
                "“%(email)s” stands in %(times)s rows of the file. Keep one.",
                email=email,
                times=count,
            )
        return None

    @api.model
    def _get_import_rest_message(self):
        """Return the message that stands for all faults after the first thousand."""
        return {
            "type": "error",
            "message": self.env._(
                "More rows have a wrong e-mail address than are listed here. Fix "
                "these, then test again."
            ),
        }

    @api.model
    def _name_import_rows(self, messages):
        """Count the rows of messages over the whole file, and say which they are.

        Odoo counts them in each batch anew, and its screen joins equal messages of
        different rows into one that names no row.
        """
        skipped = inside(self.env, "helpdesk_import_skip") or 0
        named = []
        for message in messages:
            if "rows" not in message:
                named.append(message)
                continue
            rows = {end: row + skipped for end, row in message["rows"].items()}
            text = self.env._(
                "Row %(row)s: %(reason)s",
                row=rows["from"] + 1,
                reason=message["message"],
            )
            named.append({**message, "rows": rows, "message": text, "row_named": True})
        return named

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
