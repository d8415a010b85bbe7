from contextlib import contextmanager

from psycopg2 import IntegrityError

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools.mail import email_normalize

from odoo.addons.helpdesk_contact.inside import Inside

from ..in_use import check_company_fits


class ResPartner(models.Model):
    _inherit = "res.partner"

    helpdesk_ticket_count = fields.Integer(
        string="Tickets", compute="_compute_helpdesk_ticket_counts"
    )
    helpdesk_open_ticket_count = fields.Integer(
        string="Open tickets", compute="_compute_helpdesk_ticket_counts"
    )
    # The tickets of a company are those of its contacts: each ticket stores the
    # customer beside the contact, so each count is one query on an indexed column.
    helpdesk_customer_ticket_ids = fields.One2many(
        "helpdesk.ticket", "customer_id", string="Tickets of the customer"
    )
    helpdesk_contact_ticket_ids = fields.One2many(
        "helpdesk.ticket", "partner_id", string="Tickets of the contact"
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_helpdesk_ticket_counts(self):
        """Count the tickets that are not archived (K11), in two queries at most."""
        counts = {}
        companies = self.filtered("is_company")
        if self.env["helpdesk.ticket"].has_access("read"):
            for field, partners in (
                ("customer_id", companies),
                ("partner_id", self - companies),
            ):
                if not partners.ids:
                    continue
                for partner, is_open, count in self.env["helpdesk.ticket"]._read_group(
                    [(field, "in", partners.ids)], [field, "is_open"], ["__count"]
                ):
                    total, opened = counts.get(partner.id, (0, 0))
                    counts[partner.id] = (total + count, opened + is_open * count)
        for partner in self:
            total, opened = counts.get(partner._origin.id, (0, 0))
            partner.helpdesk_ticket_count = total
            partner.helpdesk_open_ticket_count = opened

    def _get_helpdesk_ticket_domain(self):
        """Return a domain of the tickets of these contacts, and of these companies'
        contacts.

        :rtype: Domain
        """
        companies = self.filtered("is_company")
        return Domain("customer_id", "in", companies.ids) | Domain(
            "partner_id", "in", self.ids
        )

    def write(self, vals):
        if "email" in vals:
            vals = self._hold_back_address(vals)
        people = self.browse()
        if "primary_contact_id" in vals:
            people = self.primary_contact_id
            people |= people.browse(vals["primary_contact_id"] or ())
        before = {}
        if {"parent_id", "is_company"} & vals.keys():
            # sudo: only whose contacts they are, also those below them
            below = self.sudo().with_context(active_test=False)
            for contact in below.search([("id", "child_of", self.ids)]):
                before[contact] = contact.commercial_partner_id
        addresses = {}
        if "email" in vals:
            addresses = {one: one.email_normalized for one in self}
        res = super().write(vals)
        self._forget_former_addresses(addresses)
        if vals.get("company_id"):
            check_company_fits(self)
        if before:
            self._move_helpdesk_tickets(before)
            people |= people.concat(*before)
        # sudo: only whether there is a user among them
        if people.sudo().user_ids:
            # Whose tickets they see is in the cache of the record rules (C07).
            self.env.registry.clear_cache()
        return res

    @api.model
    def _forget_former_addresses(self, before):
        """Let no answer go to an address that its contact has given up: somebody else
        may have it now (T08).

        :param dict before: the address of each contact before the change
        """
        left = {
            contact.id: address
            for contact, address in before.items()
            if address and contact.email_normalized != address
        }
        if not left:
            return
        # sudo: tickets of all teams; whoever changes a contact changes those
        tickets = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)
        asked = tickets.search(
            [("partner_id", "in", list(left)), ("reply_to", "!=", False)]
        )
        asked.filtered(
            lambda one: email_normalize(one.reply_to) == left[one.partner_id.id]
        ).reply_to = False

    @api.model
    def _move_helpdesk_tickets(self, before):
        """Move the open tickets of contacts that now belong to another customer (K11).

        :param dict before: the commercial partner of each contact before the change
        """
        moved = [
            contact
            for contact, company in before.items()
            if contact.commercial_partner_id != company
        ]
        if moved:
            # sudo: tickets of all teams; users who may change a contact change them too
            tickets = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)
            tickets._part_with_movers(before)
            tickets.search(
                [
                    ("partner_id", "in", [contact.id for contact in moved]),
                    ("is_open", "=", True),
                ]
            )._follow_contacts(before)

    def _take_over_addresses(self, addresses):
        """Move the open tickets of merged contacts to the customer of the remaining one
        (K03)."""
        res = super()._take_over_addresses(addresses)
        # sudo: tickets of all teams; users who may merge contacts change them too
        tickets = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)
        company = self.commercial_partner_id
        tickets.search(
            [
                ("partner_id", "=", self.id),
                ("is_open", "=", True),
                ("customer_id", "!=", company.id),
            ]
        ).customer_id = company
        if self.is_company:
            # Odoo changed the customer of these tickets in the database only.
            uncovered = tickets.search(
                [
                    ("customer_id", "=", self.id),
                    ("contract_id", "=", False),
                    ("is_open", "=", True),
                ]
            )
            self.env.add_to_compute(uncovered._fields["contract_id"], uncovered)
        return res

    def unlink(self):
        """Close the tickets of deleted customers and detach them before; the contacts
        of a deleted company are deleted with it (K12).

        :raise UserError: with a sentence, when other documents need one of them
        """
        if below := self._get_helpdesk_contacts_below():
            return (self | below).unlink()
        # sudo: tickets of other companies would be left without a customer;
        # users who may delete the customer may do that
        tickets = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)
        tickets = tickets.search(self._get_helpdesk_ticket_domain())
        with self._refuse_in_words(), self.env.cr.savepoint():
            if tickets:
                self.check_access("unlink")
                quiet = tickets.with_context(helpdesk_closing_quiet=Inside())
                quiet._move("closed")
                tickets._detach_partners(self)
            self._take_out_of_helpdesk_copies()
            res = super().unlink()
            self.env.flush_all()
        return res

    def _get_helpdesk_contacts_below(self):
        """Return the contacts of these companies, also archived ones: without the
        company they would become customers themselves (K12).

        :return: `res.partner`, without these companies
        """
        companies = self.filtered("is_company")
        if not companies:
            return self.browse()
        everybody = self.with_context(active_test=False)
        return everybody.search([("id", "child_of", companies.ids)]) - self

    def _take_out_of_helpdesk_copies(self):
        """Remove deleted people from the copies of all tickets (K12)."""
        addresses = set(self.mapped("email_normalized")) - {False}
        addresses.update(self.helpdesk_address_ids.mapped("email_normalized"))
        if not addresses:
            return
        # sudo: tickets of all teams and companies
        tickets = self.env["helpdesk.ticket"].sudo().with_context(active_test=False)
        named = Domain.OR([Domain("email_cc", "ilike", one) for one in addresses])
        for ticket in tickets.search(named):
            ticket._take_out_of_copy(addresses)

    @contextmanager
    def _refuse_in_words(self):
        """Raise a sentence that says which documents prevent customers from being
        deleted.

        :raise UserError: instead of the error of the database or another addon
        """
        top = self.filtered(lambda partner: partner.parent_id not in self)
        names = ", ".join(top.mapped("display_name"))
        try:
            yield
        except AccessError:
            raise
        except (UserError, IntegrityError) as error:
            raise UserError(
                self.env._(
                    "%(names)s cannot be deleted, because other documents use them. "
                    "Archive them instead: Actions > Archive.\n\n"
                    "%(reason)s",
                    names=names,
                    # the error of the database does not help people
                    reason="" if isinstance(error, IntegrityError) else error,
                ).strip()
            ) from error

    def action_view_helpdesk_tickets(self):
        """Open the tickets of this customer or contact (K11).

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_ticket.action_helpdesk_ticket"
        )
        action["domain"] = list(self._get_helpdesk_ticket_domain())
        action["context"] = self._get_helpdesk_ticket_context()
        return action

    def action_view_helpdesk_history(self):
        """Open the tickets of this customer or contact on a timeline (T19).

        :return: an `ir.actions.client` as a dict
        """
        return self._get_helpdesk_history_action()

    def _get_helpdesk_history_action(self, ticket=None):
        """Return the action that shows the history, with one ticket marked in it."""
        self.ensure_one()
        return {
            "type": "ir.actions.client",
            "tag": "helpdesk_ticket.history",
            "name": self.env._("History: %(name)s", name=self.display_name),
            "params": {
                "partner_id": self.id,
                "ticket_id": ticket.id if ticket else False,
            },
        }

    def _get_helpdesk_ticket_context(self):
        """Return the defaults of a new ticket of this customer or contact."""
        if self.is_company:
            return {"default_customer_id": self.id}
        return {"default_partner_id": self.id}

    def action_helpdesk_open_ticket(self):
        """Open the form of a new ticket of this contact, for example during a call
        (C06).

        :return: an `ir.actions.act_window` as a dict
        """
        self.ensure_one()
        phone = self.env.ref("helpdesk_ticket.channel_phone", raise_if_not_found=False)
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "helpdesk_ticket.action_helpdesk_ticket_new"
        )
        action["context"] = {
            **self._get_helpdesk_ticket_context(),
            "default_channel_id": phone.id if phone else False,
        }
        return action

    @api.ondelete(at_uninstall=False)
    def _unlink_archive_policies(self):
        """Archive the service levels for these customers only: without them they would
        apply to everybody (K12, T25)."""
        # sudo: users who may delete a customer may end its service levels
        policies = self.env["helpdesk.sla"].sudo()
        policies.search([("customer_ids", "in", self.ids)]).filtered(
            lambda sla: sla.customer_ids <= self
        ).active = False

    def action_helpdesk_delete(self):
        """Open the dialog that asks before customers or contacts are deleted, and shows
        what is affected (K12).

        :return: an `ir.actions.act_window` of the dialog as a dict
        """
        if not self:
            raise UserError(self.env._("Choose the customers or contacts to delete."))
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Delete for Good"),
            "res_model": "helpdesk.partner.delete",
            "view_mode": "form",
            "target": "new",
            "context": {"default_partner_ids": self.ids},
        }
