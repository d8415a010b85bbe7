from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import consteq, escape_psql
from odoo.tools.mail import email_normalize, formataddr
from odoo.tools.misc import hmac

from ...exceptions import TooManyRequestsError

SCOPE = "helpdesk_ticket.address"
# How long the link in a mail is valid.
LINK_HOURS = 48
MAX_ID = 2**31 - 1


class ResPartner(models.Model):
    """An address that a customer enters is used only after the link mailed to it was
    opened (K03, rel-A4).

    Mail from an address is attributed to its contact, and mail to the contact is sent
    there, so an unconfirmed address would expose the mail of its real owner. The link
    is a keyed hash of the contact, the address and the moment when it was entered: it
    becomes invalid once it is used, or another address is entered.
    """

    _inherit = "res.partner"

    helpdesk_new_email = fields.Char(
        "Unconfirmed e-mail",
        readonly=True,
        copy=False,
        index="btree_not_null",
        groups=NO_ACCESS,
    )
    helpdesk_new_email_date = fields.Datetime(
        "Unconfirmed e-mail since", readonly=True, copy=False, groups=NO_ACCESS
    )

    # -- enter --------------------------------------------------------------------

    def _hold_back_address(self, vals):
        """Hold back the address if a customer writes these values.

        :param dict vals: of `write`, with an address
        :return: the values that may be written now
        :rtype: dict
        :raise UserError: see `_ask_confirmation`
        :raise AccessError: the customer may not write to the contact
        """
        email = vals["email"]
        if not email or not self.env.user._is_portal():
            return vals
        self.check_access("write")
        changed = self.filtered(lambda partner: not partner._is_confirmed(email))
        for partner in changed:  # one: customers write their own contact
            partner._ask_confirmation(email)
        if not changed:
            return vals
        return {name: value for name, value in vals.items() if name != "email"}

    def _hold_back_new_address(self):
        """Hold back the address of a contact that a customer has just added, until it
        is confirmed.

        :raise UserError: see `_ask_confirmation`
        """
        email = self.email
        if email and not self.env.user.partner_id._is_confirmed(email):
            # sudo: customers can add contacts only through the portal
            self.sudo().email = False
            self._ask_confirmation(email)

    def _is_confirmed(self, email):
        """Return whether an address already belongs to this contact or to the user.

        :param str email: as entered
        :rtype: bool
        """
        user = self.env.user.partner_id
        known = {self.email_normalized, user.email_normalized} - {False}
        return email_normalize(email) in known

    def _ask_confirmation(self, email, signs_up=False):
        """Mail a link to a new address of this contact, which confirms the address.

        :param str email: as entered
        :param bool signs_up: the contact belongs to a new account
        :raise UserError: the address cannot be used; the sentence is always the same,
            so that nobody learns who else has the address
        """
        self.ensure_one()
        address = email_normalize(email)
        if not address or not self._may_have_address(address, signs_up):
            raise UserError(self._get_address_refusal())
        if not self.env["helpdesk.throttle"]._take_at_once(
            ("address", str(self.id), 1), ("address_mail", address, 1)
        ):
            raise TooManyRequestsError(
                self.env._(
                    "Your e-mail address was changed many times in a short time. Wait "
                    "a few minutes, then try again."
                )
            )
        # sudo: customers have no write access to contacts
        partner = self.sudo()
        partner.write(
            {
                "helpdesk_new_email": address,
                "helpdesk_new_email_date": fields.Datetime.now(),
            }
        )
        partner._send_confirmation()

    @api.model
    def _get_address_refusal(self):
        """Return the sentence for all addresses that are refused."""
        return self.env._(
            "This e-mail address cannot be used here. Check it, or ask our support."
        )

    def _may_have_address(self, address, signs_up=False):
        """Return whether an address is neither ours nor that of someone else.

        :param str address: normalised
        :param bool signs_up: ignore contacts without an account, who may be the person
            who signs up
        :rtype: bool
        """
        if self.env["helpdesk.own.address"]._is_own(address):
            return False
        # sudo: addresses are only compared, nothing of others is shown
        env = self.sudo().with_context(active_test=False).env
        login = Domain("login", "=ilike", escape_psql(address))
        if env["res.users"].search_count(
            login & Domain("partner_id", "!=", self.id), limit=1
        ):
            return False
        others = self._find_others_with(address)
        if signs_up and len(others) == 1 and not others.is_company:
            return not others.user_ids
        return not others

    def _find_others_with(self, address):
        """Return the other contacts with an address, as sudo: also deactivated ones,
        but not this contact's own invoice and delivery addresses.

        :param str address: normalised
        """
        # sudo: as in `_may_have_address`
        partners = self.sudo().with_context(active_test=False)
        found = partners.search(
            Domain("email_normalized", "=", address) & Domain("id", "!=", self.id)
        )
        places = found.filtered(
            lambda one: (
                one.type != "contact"
                and one.commercial_partner_id == self.commercial_partner_id
            )
        )
        owners = partners.env["helpdesk.contact.address"]._find_owner_ids([address])
        return (found - places) | partners.browse(owners.values()) - self

    # -- mail ---------------------------------------------------------------------

    def _send_confirmation(self):
        """Send the mail with the link to the new address, in the contact's language."""
        template = self.env.ref(
            "helpdesk_ticket.mail_template_confirm_address", raise_if_not_found=False
        )
        if not template:
            return
        company = self.company_id or self.env.company
        # RFC 3834 section 5: an automatic answer says so, and programs don't reply.
        values = {"headers": repr({"Auto-Submitted": "auto-replied"})}
        if address := company.helpdesk_sender_address:
            sender = formataddr((company.name, address))
            values.update(email_from=sender, reply_to=sender)
        mail_id = template.send_mail(
            self.id,
            # A mail of no document: only its recipient reads the link in it.
            email_values={
                **values,
                "model": False,
                "res_id": False,
                "helpdesk_is_alone": True,
            },
            email_layout_xmlid="helpdesk_ticket.mail_layout",
        )
        # sudo: outgoing mails are technical; this one was just created here
        self.env["mail.mail"].sudo().browse(mail_id).send_after_commit()

    def _sign_address(self):
        # sudo: reads the secret of the database; only a hash is returned
        partner = self.sudo()
        parts = (self.id, partner.helpdesk_new_email, partner.helpdesk_new_email_date)
        return hmac(partner.env, SCOPE, parts)

    def _get_confirmation_url(self):
        """Return the URL of the page on which a new address is confirmed with a click.

        :rtype: str
        """
        self.ensure_one()
        path = f"/helpdesk/address/{self.id}/{self._sign_address()}"
        return self.get_base_url() + path

    # -- confirm ------------------------------------------------------------------

    @api.model
    def _find_by_link(self, partner_id, _recipient_id, signature):
        """Return the contact whose new address a link confirms.

        Callers do not learn why a link is invalid.

        :param int partner_id: from the link
        :param str signature: from the link
        :return: the `res.partner`, empty or as sudo
        """
        # sudo: the signature is checked below, before anything is returned
        partner = self.sudo().browse(partner_id if partner_id <= MAX_ID else 0).exists()
        is_right = consteq(signature.encode(), partner._sign_address().encode())
        return partner if is_right and partner._has_new_address() else self.browse()

    def _has_new_address(self):
        """Return whether there is an address that can still be confirmed."""
        since = fields.Datetime.now() - timedelta(hours=LINK_HOURS)
        return self.helpdesk_new_email and self.helpdesk_new_email_date >= since

    def _confirm_address(self):
        """Confirm the new address, once, for anybody who has the link.

        A new account is assigned to the contact that already has the address.

        :return: whether the address is used now; False if it became ours or somebody
            else's meanwhile
        :rtype: bool
        """
        self.ensure_one()
        partner = self.with_user(SUPERUSER_ID)
        # Of two simultaneous clicks only one confirms.
        if not partner.try_lock_for_update() or not partner._has_new_address():
            return False
        address = partner.helpdesk_new_email
        signs_up = not partner.email and bool(partner.user_ids)
        partner.write({"helpdesk_new_email": False, "helpdesk_new_email_date": False})
        if not partner._may_have_address(address, signs_up):
            return False
        if owner := partner._find_others_with(address):
            owner.active = True
            wizard = partner.env["base.partner.merge.automatic.wizard"]
            wizard._merge((partner | owner).ids, owner.with_user(SUPERUSER_ID))
        else:
            partner.email = address
        # Whose tickets they see is in the cache of the record rules (C07).
        self.env.registry.clear_cache()
        return True

    # -- show ---------------------------------------------------------------------

    @api.model
    def _get_unconfirmed_addresses(self):
        """Return the addresses that the current user entered and has not confirmed.

        :rtype: list
        """
        partner = self.env.user.partner_id
        if not self.env.user._is_portal():
            return []
        # sudo: only the addresses that the user entered
        entered = self.sudo().search(
            Domain("helpdesk_new_email", "!=", False)
            & Domain("id", "child_of", partner.id)
        )
        waiting = entered.filtered(lambda one: one._has_new_address())
        return waiting.mapped("helpdesk_new_email")
