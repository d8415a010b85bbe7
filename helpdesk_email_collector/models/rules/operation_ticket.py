from dataclasses import replace

from odoo import Command, api, models
from odoo.exceptions import UserError
from odoo.tools import frozendict
from odoo.tools.mail import email_normalize, formataddr

from ...decision import CREATE, REPLY

# What is set when the ticket exists, because it must be that of the ticket's customer
# or contact, and by which field of it that is known.
OWNERS = {
    "contract_id": "partner_id",
    "customer_id": "commercial_partner_id",  # it must be the contact's own
    "device_id": "customer_id",
    "project_id": "partner_id",
}


class HelpdeskEmailCollectorOperation(models.Model):
    """Operations that choose the ticket and set its fields (E03)."""

    _inherit = "helpdesk.email.collector.operation"

    # -- join_ticket -----------------------------------------------------------

    def _prepare_join_ticket(self, mail, place, decision):
        """Add the mail to the ticket that it names, if the sender is a participant of
        it.

        Other senders get a separate ticket that is linked to it: a number or a
        reference in a mail proves nothing (reliability D4).
        """
        reference = not decision.kind and self._extract(mail, place)
        if not reference:
            return decision
        ticket = self._find_ticket(reference, place)
        if not ticket:
            return decision.give(mail_reference=reference[:255])
        if not self.env["helpdesk.inbox.mail"]._may_join(place, ticket):
            return replace(decision, quoted_id=ticket.id)
        joined = {"kind": REPLY, "reason": "rule_joined", "ticket_id": ticket.id}
        params = frozendict(rule=self.collector_id.name)
        return replace(decision, **joined, params=params)

    def _find_ticket(self, reference, place):
        """Return the ticket with this number, otherwise an open one with this
        reference."""
        # sudo: shown to nobody; whether the sender is a participant decides
        tickets = self.env["helpdesk.ticket"].sudo()
        company = [("company_id", "=", place.company_id)]
        number = [("number", "=", reference.strip("[]# "))]
        return tickets.search([*company, *number], limit=1) or tickets.search(
            [
                *company,
                ("mail_reference", "=", reference[:255]),
                ("is_open", "=", True),
            ],
            order="id desc",
            limit=1,
        )

    def _describe_join_ticket(self, mail=None, place=None, decision=None):
        if mail is None:
            return self.env._(
                "Add to the ticket named in: %(place)s", place=self._get_place()
            )
        reference = self._extract(mail, place)
        # sudo: only the number of a ticket of the manager's company
        tickets = self.env["helpdesk.ticket"].sudo()
        if decision.kind == REPLY:
            number = tickets.browse(decision.ticket_id).number
            return self.env._("Add to ticket %(number)s", number=number)
        if not reference:
            return self.env._(
                "Add to no ticket: no match in: %(place)s", place=self._get_place()
            )
        if decision.quoted_id:
            return self.env._(
                "Not added to ticket %(number)s, because the sender is not a "
                "participant: a new ticket is linked to it",
                number=tickets.browse(decision.quoted_id).number,
            )
        return self.env._(
            "No ticket has “%(reference)s” yet: it is stored on a new ticket",
            reference=reference,
        )

    # -- set_field -------------------------------------------------------------

    def _fault_set_field(self):
        # sudo: only the name of a field, which managers cannot read
        field = self.sudo().field_id
        if field.name not in self._get_settable_fields():
            return self.env._("Choose the ticket field that the rule sets.")
        if self.value_from == "fixed" and not self.value:
            return self.env._(
                "Choose the value that the rule gives to “%(field)s”.",
                field=field.field_description,
            )
        return ""

    def _prepare_set_field(self, mail, place, decision):
        name = self.field_id.name
        record = self._get_record_to_set(mail, place)
        if not record or self.only_if_empty or name in OWNERS:
            return decision  # set once the ticket exists
        if self.field_id.ttype == "many2one":
            return decision.give(**{name: record.id})
        commands = [*decision.values.get(name, ()), Command.link(record.id)]
        return decision.give(**{name: commands})

    def _apply_set_field(self, mail, place, decision, ticket, answers):
        name = self.field_id.name
        record = self._get_record_to_set(mail, place)
        early = not self.only_if_empty and name not in OWNERS
        if self.only_if_empty and ticket[name]:
            return
        if not record:
            self._note_unusable(mail, place, ticket)
            return
        if early and decision.kind == CREATE:
            return
        if name in OWNERS and not self._fits_customer(record, ticket):
            ticket._message_log(
                body=self.env._(
                    "The rule “%(rule)s” would have set “%(field)s” to %(record)s, "
                    "which belongs to another customer.",
                    rule=self.collector_id.name,
                    # sudo: the label of a field
                    field=self.sudo().field_id.field_description,
                    record=record.display_name,
                )
            )
            return
        many = self.field_id.ttype == "many2many"
        ticket[name] = ticket[name] | record if many else record

    def _fits_customer(self, record, ticket):
        if record._name == "project.project":  # one may serve everybody
            return ticket._is_project_fitting(record.sudo())  # sudo: only whose it is
        if record._name == "res.partner":
            contact = ticket.sudo().partner_id  # sudo: only whose contact it is
            return not contact or contact._helpdesk_may_be_of(record)
        # sudo: only whose it is
        owner = record.sudo()[OWNERS[self.field_id.name]].commercial_partner_id
        return owner == ticket.customer_id.commercial_partner_id

    def _note_unusable(self, mail, place, ticket):
        """Log on the ticket that a rule names a team or an agent who is no longer
        available; the ticket is created all the same."""
        if not (record := self._get_named_record(mail, place)):
            return
        ticket._message_log(
            body=self.env._(
                "The rule “%(rule)s” would have set “%(field)s” to %(record)s, which "
                "no longer accepts tickets. Change the rule.",
                rule=self.collector_id.name,
                # sudo: the label of a field
                field=self.sudo().field_id.field_description,
                record=record.display_name,
            )
        )

    def _get_record_to_set(self, mail, place):
        """Return the record to set, empty if it cannot take tickets."""
        record = self._get_named_record(mail, place)
        if record._name == "res.users":
            company = self.env["res.company"].browse(place.company_id)
            usable = record and record._is_helpdesk_agent(company)
        else:
            usable = record._name != "helpdesk.team" or record.active
        return record if usable else record.browse()

    def _get_named_record(self, mail, place):
        """Return the record that the operation names: fixed, or found in the mail."""
        if self.value_from == "extract":
            return self._find_record(mail, place)
        record = self._get_value_record()
        if not record:
            raise UserError(
                self.env._(
                    "The rule “%(rule)s” sets “%(field)s” to a record that was "
                    "deleted. Choose another value in the rule, then retry this mail.",
                    rule=self.collector_id.name,
                    field=self.field_id.field_description,
                )
            )
        return record

    def _describe_set_field(self, mail=None, place=None, decision=None):
        # sudo: the label of a field; managers do not read the list of fields
        label = self.sudo().field_id.field_description
        value = self._describe_value(mail, place)
        if self.only_if_empty:
            return self.env._(
                "%(field)s: %(value)s, if empty", field=label, value=value
            )
        return self.env._("%(field)s: %(value)s", field=label, value=value)

    def _describe_value(self, mail, place):
        if self.value_from == "fixed":
            record = self._get_value_record()
            return record.display_name if record else "–"
        where = self._get_place()
        if mail is None:
            return self.env._("found in: %(place)s", place=where)
        text, record = self._extract(mail, place), self._find_record(mail, place)
        if record:
            return record.display_name
        if not text:
            return self.env._("unchanged, no match in: %(place)s", place=where)
        return self.env._(
            "unchanged, “%(text)s” was not found or is not unique", text=text
        )

    # -- find_customer ---------------------------------------------------------

    def _prepare_find_customer(self, mail, place, decision):
        """Note the customer: that of the sender, or of an address found in the mail."""
        address = self._get_customer_address(mail, place)
        return replace(decision, customer=address) if address else decision

    def _get_customer_address(self, mail, place):
        if place.doubt:
            return ""
        if self.value_from == "extract":
            return email_normalize(self._extract(mail, place), strict=False) or ""
        # no contacts are created for senders of automatic mail (reliability D5)
        return "" if place.automatic else place.sender.address

    def _describe_find_customer(self, mail=None, place=None, decision=None):
        if mail is None:
            if self.value_from == "fixed":
                return self.env._("Find or create the contact of the sender")
            return self.env._(
                "Find or create the contact with the address in: %(place)s",
                place=self._get_place(),
            )
        address = self._get_customer_address(mail, place)
        if not address:
            return self.env._("No contact: there is no address to find it by")
        contact = self.env["res.partner"]._helpdesk_find_by_email(
            address, company=self.env["res.company"].browse(place.company_id)
        )
        if contact:
            return self.env._("Contact: %(contact)s", contact=contact.display_name)
        return self.env._("Create a contact for %(address)s", address=address)

    # -- attach_mail -----------------------------------------------------------

    def _apply_attach_mail(self, mail, place, decision, ticket, answers):
        self.env["ir.attachment"].create(
            {
                "name": self._get_mail_name(mail),
                "raw": mail.raw,
                "mimetype": "message/rfc822",
                "res_model": ticket._name,
                "res_id": ticket.id,
            }
        )

    @api.model
    def _get_mail_name(self, mail):
        """Return the file name for a mail: its subject."""
        name = "".join(c if c.isalnum() or c in " -_." else "_" for c in mail.subject)
        return f"{name.strip(' .')[:80] or 'mail'}.eml"

    @api.model
    def _get_sender_text(self, place):
        """Return name and address of the sender as one string."""
        sender = place.sender
        return formataddr((sender.name or "", sender.address)) if sender.address else ""
