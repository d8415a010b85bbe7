from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.mail import email_normalize

from odoo.addons.helpdesk_ticket.models.ticket.merge import SPOKEN


class HelpdeskTicketMisfiled(models.TransientModel):
    """The dialog *This was wrong*: moves a mail to where it belongs, and learns from it
    (E05)."""

    _name = "helpdesk.ticket.misfiled"
    _description = "Correction of a Mail"

    ticket_id = fields.Many2one(
        "helpdesk.ticket", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="ticket_id.company_id", related_sudo=False)
    message_id = fields.Many2one(
        "mail.message",
        "Mail",
        compute="_compute_message_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        ondelete="cascade",
    )
    date = fields.Datetime("Received on", related="message_id.date", related_sudo=False)
    preview = fields.Char(related="message_id.preview", related_sudo=False)
    address = fields.Char("Sent from", compute="_compute_address")
    mistake = fields.Selection(
        [
            ("contact", "It is from somebody else"),
            ("ticket", "It belongs to another ticket"),
            ("new", "It is a separate request"),
        ],
        "What was wrong",
        required=True,
        default="contact",
    )
    target_id = fields.Many2one(
        "helpdesk.ticket",
        "Right ticket",
        domain="[('id', '!=', ticket_id), ('merged_into_id', '=', False), "
        "('company_id', '=', company_id)]",
        ondelete="cascade",
    )
    name = fields.Char(
        "Subject of the new ticket",
        compute="_compute_name",
        compute_sudo=False,
        store=True,
        readonly=False,
    )
    partner_id = fields.Many2one(
        "res.partner",
        "Right contact",
        compute="_compute_partner_id",
        compute_sudo=False,
        store=True,
        readonly=False,
        domain="[('is_company', '=', False), "
        "('company_id', 'in', [False, company_id])]",
        ondelete="cascade",
    )
    owner_id = fields.Many2one(
        "res.partner", "Belongs to", compute="_compute_owner_id", store=False
    )
    learn = fields.Boolean(
        "Remember the address",
        compute="_compute_learn",
        compute_sudo=False,
        store=True,
        readonly=False,
    )

    @api.depends("ticket_id")
    def _compute_message_id(self):
        """Propose the last mail."""
        for wizard in self:
            mails = wizard.ticket_id.message_ids.filtered(
                lambda message: message.message_type == "email"
            )
            wizard.message_id = wizard.message_id or mails.sorted("id")[-1:]

    @api.depends("message_id")
    def _compute_address(self):
        for wizard in self:
            sender = wizard.message_id.email_from or ""
            wizard.address = email_normalize(sender, strict=False)

    @api.depends("address", "company_id")
    def _compute_owner_id(self):
        for wizard in self:
            wizard.owner_id = wizard.env["res.partner"]._helpdesk_find_by_email(
                wizard.address or "", company=wizard.company_id
            )

    @api.depends("message_id")
    def _compute_name(self):
        for wizard in self:
            wizard.name = wizard.message_id.subject or wizard.ticket_id.name

    @api.depends("mistake", "message_id")
    def _compute_partner_id(self):
        """Propose the current author of a mail that is only in the wrong ticket."""
        for wizard in self:
            wrong = wizard.mistake == "contact"
            wizard.partner_id = not wrong and wizard.message_id.author_id

    @api.depends("mistake")
    def _compute_learn(self):
        """Propose to learn the address, unless the mail was only in the wrong
        ticket."""
        for wizard in self:
            wizard.learn = wizard.mistake == "contact"

    def action_correct(self):
        """Move the mail to where it belongs, and remember whose address it has.

        :return: an `ir.actions.act_window` with the form of the ticket that contains
            the mail now
        :rtype: dict
        :raise UserError: when something is missing
        :raise AccessError: when the user may not write to one of the tickets
        """
        self.ensure_one()
        self.ticket_id.check_access("write")
        if not self._is_mail_of_ticket():
            raise UserError(self.env._("This ticket contains no mail to correct."))
        if self.learn and self.partner_id:
            self._learn_address()
        ticket = getattr(self, f"_correct_{self.mistake}")()
        return ticket.action_open_form()

    def _is_mail_of_ticket(self):
        mail = self.message_id
        return (
            mail.message_type == "email"
            and mail.model == "helpdesk.ticket"
            and mail.res_id == self.ticket_id.id
        )

    # -- what was wrong: each returns the ticket that contains the mail now -----

    def _correct_contact(self):
        if not self.partner_id:
            raise UserError(self.env._("Choose the sender of the mail."))
        before = self.ticket_id.partner_id
        self._set_author()
        self.ticket_id.partner_id = self.partner_id
        self.ticket_id._message_log(
            body=self.env._(
                "Sender of a mail corrected: %(right)s instead of %(wrong)s.",
                right=self.partner_id.display_name,
                wrong=before.display_name or self.address or "?",
            )
        )
        return self.ticket_id

    def _correct_ticket(self):
        target = self.target_id
        if not target:
            raise UserError(self.env._("Choose the ticket that the mail belongs to."))
        target.check_access("write")
        if target.company_id != self.company_id or target.merged_into_id:
            raise UserError(
                self.env._(
                    "Choose a ticket of the same company that has not been merged."
                )
            )
        self._set_author()
        if self._is_only_message():
            # there is nothing else in it: the whole ticket belongs there
            self.ticket_id._merge_into(target)
        else:
            self._move_to(target)
        # sudo: only the kind of the message, which may reopen the right ticket
        meaning = target._get_meaning(self.message_id.sudo())
        if meaning.event == "customer_answered":
            target._move(meaning.event)
        return target

    def _correct_new(self):
        if self._is_only_message():
            raise UserError(
                self.env._(
                    "This ticket contains no other messages, so the mail already has "
                    "a ticket of its own. Choose the right contact or another ticket "
                    "instead."
                )
            )
        self._set_author()
        values = {"name": self.name or self.ticket_id.name}
        if self.partner_id:
            values.update(partner_id=self.partner_id.id)
            values.update(customer_id=self.partner_id.commercial_partner_id.id)
        return self.ticket_id._split_off(self.message_id, values)

    def _move_to(self, target):
        # sudo: the message is a customer's; the user may write both tickets
        self.ticket_id.sudo()._move_messages(target.sudo(), self.message_id.sudo())
        target._message_log(
            body=self.env._(
                "A mail was moved here from %(ticket)s.",
                ticket=self.ticket_id._get_html_link(self.ticket_id.number),
            )
        )
        self.ticket_id._message_log(
            body=self.env._(
                "A mail was moved to the ticket %(ticket)s.",
                ticket=target._get_html_link(target.number),
            )
        )

    def _is_only_message(self):
        others = [
            ("model", "=", "helpdesk.ticket"),
            ("res_id", "=", self.ticket_id.id),
            ("message_type", "in", SPOKEN),
            ("id", "!=", self.message_id.id),
        ]
        # sudo: private messages of others count too
        found = self.env["mail.message"].sudo().search(others, limit=50)
        return all(message.message_type == "auto_comment" for message in found)

    def _set_author(self):
        """Make the right contact the author of the mail."""
        if self.partner_id:
            # sudo: users cannot edit mails of others; only the author is corrected
            self.message_id.sudo().author_id = self.partner_id

    # -- learn -----------------------------------------------------------------

    def _learn_address(self):
        """Assign the sender's address to the right contact from now on (K03).

        :raise UserError: when the address is somebody's login
        """
        partner, address, owner = self.partner_id, self.address, self.owner_id
        if not address or owner == partner:
            return
        if owner.user_ids:
            raise UserError(
                self.env._(
                    "%(address)s is the address of the user %(user)s and cannot be "
                    "changed here. Untick “Remember the address”, or correct the user "
                    "first.",
                    address=address,
                    user=owner.display_name,
                )
            )
        further = self.env["helpdesk.contact.address"].search(
            [("email_normalized", "=", address)]
        )
        if owner.email_normalized == address:
            owner.email = False
        if further:
            further.partner_id = partner
        elif partner.email:
            further.create({"email": address, "partner_id": partner.id})
        else:
            partner.email = address
