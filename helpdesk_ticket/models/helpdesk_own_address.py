from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.tools import SQL
from odoo.tools.mail import email_normalize

from ..own_addresses import OwnAddresses, without_tag


class HelpdeskOwnAddressSource(models.AbstractModel):
    """Records that contain addresses of ours: changes take effect at once (N02)."""

    _name = "helpdesk.own.address.source"
    _description = "Own Address Source"
    # Fields from which such an address is composed.
    _own_address_fields = frozenset()

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        res = super().write(vals)
        if self._own_address_fields & vals.keys():
            self.env.registry.clear_cache()
        return res

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()


class FetchmailServer(models.Model):
    _name = "fetchmail.server"
    _inherit = ["helpdesk.own.address.source", "fetchmail.server"]
    _own_address_fields = frozenset({"user", "active"})


class MailAliasDomain(models.Model):
    _name = "mail.alias.domain"
    _inherit = ["helpdesk.own.address.source", "mail.alias.domain"]
    _own_address_fields = frozenset(
        {"name", "bounce_alias", "catchall_alias", "default_from"}
    )


class HelpdeskOwnAddress(models.Model):
    """Our own e-mail addresses (N02, E07).

    Mailboxes, sender addresses, aliases, catchall and bounce addresses are known from
    elsewhere. The rows are all others: aliases and groups of the mail server, learned
    from received mails or added by managers.
    """

    _name = "helpdesk.own.address"
    _description = "Own Address"
    _order = "email"
    _rec_name = "email"

    email = fields.Char(string="E-mail", required=True)
    email_normalized = fields.Char(
        compute="_compute_email_normalized", store=True, precompute=True
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
    )
    is_learned = fields.Boolean(
        "Seen in Mail",
        readonly=True,
        help="According to the mail server, a mail that we received was sent to this "
        "address.",
    )

    active = fields.Boolean(
        default=True,
        help="Archive an address that turns out to belong to a person: it is not added "
        "again.",
    )

    _email_uniq = models.Constraint(
        "UNIQUE(email_normalized, company_id)", "This address is in the list already."
    )

    @api.depends("email")
    def _compute_email_normalized(self):
        for address in self:
            address.email_normalized = email_normalize(address.email)

    @api.constrains("email")
    def _check_email(self):
        for address in self:
            if not address.email_normalized:
                raise ValidationError(
                    self.env._(
                        "“%(address)s” is not an e-mail address. Enter one address, "
                        "for example info@example.com.",
                        address=address.email,
                    )
                )
            if self._find_persons([address.email_normalized]):
                raise ValidationError(
                    self.env._(
                        "“%(address)s” is the address of a contact or a user, whose "
                        "mails would no longer open tickets. Enter an address that "
                        "leads to one of your mailboxes.",
                        address=address.email,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    # -- which addresses are ours ------------------------------------------------------

    @api.model
    def _get_own(self, addresses=()):
        """Return our own addresses.

        :param addresses: normalised addresses in question; of the aliases, which can be
            many, only these are read
        :rtype: OwnAddresses
        """
        own = self._get_known()
        asked = {address for address in addresses if address}
        asked |= {without_tag(address) for address in asked}
        unknown = [address for address in asked if address not in own.addresses]
        if not unknown:
            return own
        # sudo: addresses are only compared
        domains = self.env["mail.alias.domain"].sudo()
        aliases = domains._find_aliases(sorted(unknown))
        return own.also(aliases) if aliases else own

    @api.model
    def _is_own(self, address):
        """Return whether mail to an address comes back into this database (N02).

        :param str address: one e-mail address
        :rtype: bool
        """
        normalized = email_normalize(address)
        return bool(normalized) and normalized in self._get_own([normalized])

    @api.model
    @tools.ormcache()
    def _get_known(self):
        """Return the addresses of mailboxes, senders, alias domains, and of this list.

        :rtype: OwnAddresses
        """
        # sudo: addresses are only compared
        env = self.sudo().env
        domains = env["mail.alias.domain"].search([("name", "!=", False)])
        fixed = ("bounce_email", "catchall_email", "default_from_email")
        texts = [
            text
            for model, name in (
                ("fetchmail.server", "user"),
                ("res.company", "helpdesk_sender_address"),
            )
            for text in env[model].search([(name, "!=", False)]).mapped(name)
        ]
        texts += [text for name in fixed for text in domains.mapped(name)]
        addresses = {
            email_normalize(text) or text.strip().lower() for text in texts if text
        }
        names = set(domains.mapped("name")) | {
            address.rpartition("@")[2] for address in addresses if "@" in address
        }
        is_free = env["helpdesk.mail.domain"]._is_free_mail
        added = env["helpdesk.own.address"].search([("email_normalized", "!=", False)])
        return OwnAddresses(
            addresses=frozenset(addresses | set(added.mapped("email_normalized"))),
            domains=frozenset(name for name in names if name and not is_free(name)),
        )

    # -- learning ----------------------------------------------------------------------

    @api.model
    def _learn(self, addresses, company):
        """Store addresses that our mail server accepted a mail for.

        Not those of people, because a mailbox may also contain mail to a colleague.

        :param addresses: normalised addresses
        :param company: `res.company` of the mailbox
        """
        own = self._get_own(addresses)
        new = {without_tag(address) for address in addresses if address not in own}
        new -= self._find_persons(new)
        for address in sorted(new):
            # two workers may learn the same address at the same time
            self.env.execute_query(
                SQL(
                    "INSERT INTO helpdesk_own_address"
                    " (email, email_normalized, company_id, is_learned, active,"
                    " create_uid, create_date, write_uid, write_date)"
                    " VALUES (%(email)s, %(email)s, %(company)s, TRUE, TRUE,"
                    " %(uid)s, now() at time zone 'UTC',"
                    " %(uid)s, now() at time zone 'UTC')"
                    " ON CONFLICT DO NOTHING RETURNING id",
                    email=address,
                    company=company.id,
                    uid=self.env.uid,
                )
            )
        if new:
            self.env.registry.clear_cache()

    @api.model
    def _find_persons(self, addresses):
        """Return those addresses that belong to people.

        These are users and contacts, except contacts without a user in one of our own
        domains: replies to all have created contacts for many groups.

        :param addresses: normalised addresses
        :rtype: set
        """
        # sudo: addresses are only compared, nothing of the contacts is shown
        env = self.with_context(active_test=False).sudo().env
        own = self._get_known()
        wanted = [("email_normalized", "in", list(addresses))]
        partners = env["res.partner"].search([*wanted, ("ref_company_ids", "=", False)])
        further = env["helpdesk.contact.address"].search(wanted)
        people = [(one.email_normalized, one) for one in partners]
        people += [(one.email_normalized, one.partner_id) for one in further]
        return {
            address
            for address, partner in people
            if partner.user_ids or not own.has_domain(address)
        }
