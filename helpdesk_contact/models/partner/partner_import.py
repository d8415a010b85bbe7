from collections import Counter

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.mail import email_normalize

from ...inside import Inside, inside
from .identity import is_address

# Fields that may contain the name of a contact or customer
NAMES = ("name", "firstname", "lastname")
# The wrong file has an error in each row; nobody reads that many.
MOST_MESSAGES = 1000


class ResPartner(models.Model):
    """Bulk import of customers and contacts (C10).

    Works in the import screens of the helpdesk, which set `helpdesk_import` in the
    context to `contact` or `customer`; Odoo's own partner import stays as it is.
    """

    _inherit = "res.partner"

    @api.model
    def _get_helpdesk_import_templates(self):
        """Return label and URL of the helpdesk's import templates."""
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
        """Import rows; a row with a known e-mail address updates that contact.

        :param list fields: names of the columns
        :param list data: the rows, lists of str
        :return: as Odoo's own `load`; messages about rows begin with their numbers
        """
        kind = self.env.context.get("helpdesk_import")
        if not kind:
            return super().load(fields, data)
        if kind == "contact" and "email" not in fields:
            return self._refuse_import_file()
        rows, data = data, data[: self.env.context.get("_import_limit")]
        number = len(data if inside(self.env, "helpdesk_import_skip") else rows)
        column = fields.index("email") if "email" in fields else None
        emails = ["" if column is None else row[column] for row in rows]
        messages = self._check_import_emails(emails, number)
        places = self._get_import_places(fields, rows, emails)
        by_place, doubts = self._get_import_ids_by_place(places[:number])
        messages += doubts + self._check_import_names(fields, rows[:number])
        # Odoo searches for the ids; archived customers have to be found too.
        keys = {"helpdesk_import_sync": Inside(), "active_test": False}
        if {"id", ".id"}.isdisjoint(fields):
            by_email = self._get_import_ids_by_email(emails[: len(data)])
            ids = [
                by_email.get(email_normalize(email)) or by_place.get(place, "")
                for email, place in zip(emails, places, strict=True)
            ][: len(data)]
            names_company = any(name.startswith("company_id") for name in fields)
            if kind == "contact" and not names_company:
                messages += self._check_import_owners(emails, ids)
                keys["helpdesk_import_checked"] = Inside()
            fields = [*fields, ".id"]
            data = [[*row, str(id_)] for row, id_ in zip(data, ids, strict=True)]
        fields, data = self._resolve_import_customers(fields, data)
        self = self.with_context(**keys)
        if not messages:
            result = super().load(fields, data)
            return {**result, "messages": self._name_import_rows(result["messages"])}
        # Errors that Odoo finds in the other rows are reported too; nothing is saved.
        with self.env.cr.savepoint() as savepoint:
            result = super().load(fields, data)
            savepoint.rollback()
        seen = {message.get("record") for message in messages} - {None}
        messages += [m for m in result["messages"] if m.get("record") not in seen]
        return {**result, "ids": False, "messages": self._name_import_rows(messages)}

    def _get_import_changes(self, vals):
        """Return those values of a row that are different from the stored ones.

        In a file that is imported again, most values are unchanged, while Odoo would
        check everything that depends on each written value, row by row.
        """
        return {
            name: value
            for name, value in vals.items()
            if len(self) != 1
            or self._fields[name].convert_to_write(self[name], self) != value
        }

    @api.model
    def _refuse_import_file(self):
        """Return the result of `load` for a file of contacts without addresses."""
        label = self._fields["email"]._description_string(self.env)
        message = self.env._(
            "The file has no column “%(column)s”: contacts are identified by their "
            "address.",
            column=label,
        )
        return {"ids": False, "messages": [{"type": "error", "message": message}]}

    @api.model
    def _resolve_import_customers(self, fields, data):
        """Replace the names of customers by their ids.

        Odoo would search for each name separately, and save the preceding rows before:
        one contact at a time. Names of no customer or of several are left to Odoo,
        which reports what is wrong with them.

        :return: fields, rows
        """
        if "parent_id" not in fields:
            return fields, data
        column = fields.index("parent_id")
        names = {row[column] for row in data if row[column]}
        customers = self.search_fetch(
            Domain("name", "in", list(names)) & Domain("is_company", "=", True),
            ["name"],
        ).grouped("name")
        if any(len(customers.get(name, ())) != 1 for name in names):
            return fields, data
        return (
            ["parent_id/.id" if name == "parent_id" else name for name in fields],
            [
                [
                    str(customers[value].id) if index == column and value else value
                    for index, value in enumerate(row)
                ]
                for row in data
            ],
        )

    @api.model
    def _get_import_places(self, fields, rows, emails):
        """Return the names and places that identify customers without an address.

        :param list emails: the address of each row
        :return: list of tuples in lower case (name, postal code, city), None for other
            rows
        """
        if self.env.context["helpdesk_import"] != "customer" or "name" not in fields:
            return [None] * len(rows)
        columns = [
            fields.index(name) if name in fields else None
            for name in ("name", "zip", "city")
        ]
        return [
            None
            if email
            else tuple(
                (row[column] or "").strip().lower() if column is not None else ""
                for column in columns
            )
            for row, email in zip(rows, emails, strict=True)
        ]

    @api.model
    def _get_import_ids_by_place(self, places):
        """Find customers without an address by name and place (C10).

        :param list places: of `_get_import_places`
        :return: dict of ids by place, and a message for each ambiguous row
        """
        times = Counter(place for place in places if place)
        query = self.with_context(active_test=False)._search(
            [("is_company", "=", True)], order="active desc, id"
        )
        # One list of names: a condition for each of them would take minutes.
        query.add_where(
            SQL(
                "LOWER(TRIM(%s)) = ANY(%s)",
                SQL.identifier(query.table, "name"),
                [name for name, _zip, _city in times],
            )
        )
        companies = self.browse(query if times else ())
        by_name = companies.grouped(lambda one: (one.name or "").strip().lower())
        known, messages = {}, []
        for index, place in enumerate(places):
            if not place:
                continue
            name, *where = place
            found = [
                company
                for company in by_name.get(name, ())
                if all(
                    not here or not there or here == there.strip().lower()
                    for here, there in zip(
                        where, (company.zip, company.city), strict=True
                    )
                )
            ]
            reason = self._get_import_place_fault(times[place], len(found))
            if reason:
                messages.append(self._prepare_import_message(index, "name", reason))
            elif found:
                known[place] = found[0].id
        return known, messages[:MOST_MESSAGES]

    @api.model
    def _get_import_place_fault(self, times, found):
        """Return why a row without an address is ambiguous, or None.

        :param int times: number of rows with this name and place
        :param int found: number of customers with this name and place
        """
        if times > 1:
            return self.env._(
                "This name and place appear in %(times)s rows of the file, without an "
                "e-mail address. Keep one, or enter the addresses.",
                times=times,
            )
        if found > 1:
            return self.env._(
                "%(number)s customers have this name and place. Enter the e-mail "
                "address, so that the right one is updated.",
                number=found,
            )
        return None

    @api.model
    def _prepare_import_message(self, index, field, reason):
        """Return a message about a row in the form of Odoo's `load`."""
        return {
            "type": "error",
            "field": field,
            "field_name": self._fields[field]._description_string(self.env),
            "message": reason,
            "record": index,
            "rows": {"from": index, "to": index},
        }

    @api.model
    def _check_import_emails(self, emails, number):
        """Return a message for each row whose address cannot identify a contact.

        :param list emails: the address of each remaining row of the file
        :param int number: how many rows to check
        """
        times = Counter((email or "").strip().lower() for email in emails)
        messages = []
        for index, email in enumerate(emails[:number]):
            reason = self._get_import_email_fault(email, times)
            if reason and len(messages) == MOST_MESSAGES:
                return [*messages, self._get_import_rest_message()]
            if reason:
                messages.append(self._prepare_import_message(index, "email", reason))
        return messages

    @api.model
    def _check_import_names(self, fields, rows):
        """Return a message for each row without a name (C10).

        :param list fields: names of the columns
        """
        columns = [fields.index(n) for n in NAMES if n in fields]
        missing = [
            index
            for index, row in enumerate(rows)
            if columns and not any((row[column] or "").strip() for column in columns)
        ]
        reason = missing and self.env._("The name is missing.")
        messages = [
            self._prepare_import_message(index, "name", reason)
            for index in missing[:MOST_MESSAGES]
        ]
        if len(missing) > MOST_MESSAGES:
            messages.append(self._get_import_rest_message())
        return messages

    @api.model
    def _check_import_owners(self, emails, ids):
        """Return a message for each row whose address belongs to another contact (K03).

        For all rows at once, instead of checking each saved contact.

        :param list emails: the address of each row of the batch
        :param list ids: of the contact that each row updates, "" for a new one
        """
        # sudo: the owner of an address may be outside of the user's rules; its name
        # is what the user needs to know
        people = self.sudo()
        known = people.browse(filter(None, ids))
        known.fetch()
        taken = {
            one.email_normalized: who for one, who in known._find_identity_conflicts()
        }
        added = [
            None if id_ else email_normalize(email)
            for email, id_ in zip(emails, ids, strict=False)
        ]
        taken.update(people._find_address_owners([email for email in added if email]))
        messages = []
        for index, (email, _id) in enumerate(zip(emails, ids, strict=False)):
            owner = taken.get(email_normalize(email))
            if owner:
                reason = self._get_identity_fault(owner, email)
                messages.append(self._prepare_import_message(index, "email", reason))
        return messages

    @api.model
    def _get_import_email_fault(self, email, times):
        """Return why an address cannot identify a contact, None if it can.

        :param dict times: number of occurrences by address in the file
        """
        count = times[(email or "").strip().lower()]
        if not email:
            required = self.env.context["helpdesk_import"] == "contact"
            return self.env._("The e-mail address is missing.") if required else None
        if not is_address(email):
            return self.env._("“%(email)s” is not an e-mail address.", email=email)
        if count > 1:
            return self.env._(
                "“%(email)s” appears in %(times)s rows of the file. Keep one.",
                email=email,
                times=count,
            )
        return None

    @api.model
    def _get_import_rest_message(self):
        """Return the message that replaces all those after the first thousand."""
        return {
            "type": "error",
            "message": self.env._(
                "More rows than those listed here have an invalid e-mail address. Fix "
                "these, then test again."
            ),
        }

    @api.model
    def _name_import_rows(self, messages):
        """Number the rows of messages across the whole file, and put the numbers into
        the texts.

        Odoo counts them from 1 in each batch, and its screen merges equal messages of
        different rows into one without a row number.
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
        """Return the ids of the contacts or customers by their addresses."""
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
