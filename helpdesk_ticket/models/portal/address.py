from datetime import timedelta

from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import NO_ACCESS, Domain
from odoo.tools import consteq, escape_psql
from odoo.tools.mail import email_normalize, formataddr
from odoo.tools.misc import hmac

from ...exceptions import TooManyRequestsError

SCOPE = "helpdesk_ticket.address"
# So long the link of a mail confirms an address.
LINK_HOURS = 48
MAX_ID = 2**31 - 1


class ResPartner(models.Model):
    """An address that a customer enters counts when the link in a mail to it was used
    (K03, rel-A4).

    Whoever writes from an address is the contact that has it, and mail for the contact
    goes there. So an address that nobody confirmed would give away the mail of
    whomever it belongs to. The link is a keyed hash of the contact, the address and the
    moment when it was entered: using it once ends it, and so does another address.
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
        """Keep the address of some values apart when a customer writes it.

        :param dict vals: of `write`, with an address
        :return: the values that may be written now
        :rtype: dict
        :raise UserError: see `_ask_confirmation`
        :raise AccessError: the contact is not the customer's to write
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
        """Take the address from a contact that a customer has just added, until it is
        confirmed.

        :raise UserError: see `_ask_confirmation`
        """
        email = self.email
        if email and not self.env.user.partner_id._is_confirmed(email):
            # sudo: customers add contacts by the portal only
            self.sudo().email = False
            self._ask_confirmation(email)

    def _is_confirmed(self, email):
        """Say whether an address is this contact's already, or that of the user.

        :param str email: what was entered
        :rtype: bool
        """
        user = self.env.user.partner_id
        known = {self.email_normalized, user.email_normalized} - {False}
        return email_normalize(email) in known

    def _ask_confirmation(self, email, signs_up=False):
        """Mail a link to a new address of this contact; it counts when that is used.

        :param str email: what was entered
        :param bool signs_up: the contact belongs to a new account
        :raise UserError: the address cannot be the contact's; the sentence is the same
            whatever the reason, and tells nobody who else has the address
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
        # sudo: customers write nothing of a contact themselves
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
        """Return the one sentence for all addresses that are not taken."""
        return self.env._(
            "This e-mail address cannot be used here. Check it, or ask our support."
        )

    def _may_have_address(self, address, signs_up=False):
        """Say whether an address is neither ours nor somebody else's.

        :param str address: normalised
        :param bool signs_up: a contact without an account may be who signs up
        :rtype: bool
        """
        if self.env["helpdesk.own.address"]._is_own(address):
            return False
        # sudo: addresses are compared; nothing of the others is shown
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
        but none of the places that invoices and goods of this one go to.

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
        # sudo: outgoing mails are technical; this one was just made here
        self.env["mail.mail"].sudo().browse(mail_id).send_after_commit()

    def _sign_address(self):
        # sudo: reads the secret of the database; only the hash leaves this method
        partner = self.sudo()
        parts = (self.id, partner.helpdesk_new_email, partner.helpdesk_new_email_date)
        return hmac(partner.env, SCOPE, parts)

    def _get_confirmation_url(self):
        """Return where a new address is confirmed: a page that asks for a click.

        :rtype: str
        """
        self.ensure_one()
        path = f"/helpdesk/address/{self.id}/{self._sign_address()}"
        return self.get_base_url() + path

    # -- confirm ------------------------------------------------------------------

    @api.model
    def _find_by_link(self, partner_id, _recipient_id, signature):
        """Return the contact whose new address a link confirms.

        Nothing says why a link does not.

        :param int partner_id: from the link
        :param str signature: from the link
        :return: the `res.partner`, empty or as sudo
        """
        # sudo: the signature is checked below, before anything leaves this method
        partner = self.sudo().browse(partner_id if partner_id <= MAX_ID else 0).exists()
        is_right = consteq(signature.encode(), partner._sign_address().encode())
        return partner if is_right and partner._has_new_address() else self.browse()

    def _has_new_address(self):
        """Say whether there is an address that can still be confirmed."""
        since = fields.Datetime.now() - timedelta(hours=LINK_HOURS)
        return self.helpdesk_new_email and self.helpdesk_new_email_date >= since

    def _confirm_address(self):
        """Let the new address count, whoever holds the link, once.

        A new account becomes that of the contact who has the address already.

        :return: whether the address counts now; False when it became ours or somebody
            else's meanwhile
        :rtype: bool
        """
        self.ensure_one()
        partner = self.with_user(SUPERUSER_ID)
        # Two clicks at once confirm once.
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
        # Whose tickets they see is kept in the cache of the record rules (C07).
        self.env.registry.clear_cache()
        return True

    # -- show ---------------------------------------------------------------------

    @api.model
    def _get_unconfirmed_addresses(self):
        """Return the addresses that the user of a page entered and has to confirm.

        :rtype: list
        """
        partner = self.env.user.partner_id
        if not self.env.user._is_portal():
            return []
        # sudo: the user's own addresses only, which it entered
        entered = self.sudo().search(
            Domain("helpdesk_new_email", "!=", False)
            & Domain("id", "child_of", partner.id)
        )
        waiting = entered.filtered(lambda one: one._has_new_address())
        return waiting.mapped("helpdesk_new_email")
