from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.tools import SQL
from odoo.tools.mail import email_normalize

from ..own_addresses import OwnAddresses, without_tag


class HelpdeskOwnAddress(models.Model):
    """Which addresses are our own: the one list of them (N02, E07).

    Mailboxes, sender addresses, aliases, catchall and bounce are known; here are the
    others: aliases and groups of the mail server, which received mails show, and which
    managers add.
    """

    _name = "helpdesk.own.address"
    _description = "Address of Our Own"
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
        help="The mail server said that a mail which we received was for this address.",
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
                        "mails would open no tickets any more. Enter an address that "
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

    # -- the one question --------------------------------------------------------------

    @api.model
    def _get_own(self, addresses=()):
        """Return our own addresses.

        :param addresses: normalised addresses that are asked about; of the aliases,
            which may be many, only these are looked up
        :rtype: OwnAddresses
        """
        own = self._get_known()
        asked = {address for address in addresses if address}
        asked |= {without_tag(address) for address in asked}
        unknown = [address for address in asked if address not in own.addresses]
        if not unknown:
            return own
        # sudo: addresses are compared, whoever asks
        domains = self.env["mail.alias.domain"].sudo()
        return own.also(domains._find_aliases(sorted(unknown)))

    @api.model
    def _is_own(self, address):
        """Say whether mail to an address comes back into this database (N02).

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
        # sudo: addresses are compared, whoever asks
        env = self.sudo().env
        domains = env["mail.alias.domain"].search(Domain.TRUE)
        fixed = ("bounce_email", "catchall_email", "default_from_email")
        texts = env["fetchmail.server"].search(Domain.TRUE).mapped("user")
        texts += (
            env["res.company"].search(Domain.TRUE).mapped("helpdesk_sender_address")
        )
        texts += [text for name in fixed for text in domains.mapped(name)]
        addresses = {
            email_normalize(text) or text.strip().lower() for text in texts if text
        }
        names = set(domains.mapped("name")) | {
            address.rpartition("@")[2] for address in addresses if "@" in address
        }
        is_free = env["helpdesk.mail.domain"]._is_free_mail
        more = (
            env["helpdesk.own.address"].search(Domain.TRUE).mapped("email_normalized")
        )
        return OwnAddresses(
            addresses=frozenset(addresses | set(more)),
            domains=frozenset(name for name in names if name and not is_free(name)),
        )

    # -- learning ----------------------------------------------------------------------

    @api.model
    def _learn(self, addresses, company):
        """Remember addresses for which our mail server took a mail.

        Not those of people: a mailbox may also hold what was written to a colleague.

        :param addresses: normalised addresses
        :param company: `res.company` whose mailbox it was
        """
        own = self._get_own(addresses)
        new = {without_tag(address) for address in addresses if address not in own}
        new -= self._find_persons(new)
        for address in sorted(new):
            # two workers may learn the same address at the same time
            self.env.execute_query(
                SQL(
                    "INSERT INTO helpdesk_own_address"
                    " (email, email_normalized, company_id, is_learned,"
                    " create_uid, create_date, write_uid, write_date)"
                    " VALUES (%(email)s, %(email)s, %(company)s, TRUE,"
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
        """Return those addresses that belong to contacts or users.

        Our own companies have the address of a mailbox, too, and are nobody's.

        :param addresses: normalised addresses
        :rtype: set
        """
        # sudo: addresses are compared; nothing of the contacts is shown
        env = self.with_context(active_test=False).sudo().env
        wanted = [("email_normalized", "in", list(addresses))]
        partners = env["res.partner"].search(wanted)
        partners -= env["res.company"].search(Domain.TRUE).partner_id
        further = env["helpdesk.contact.address"].search(wanted)
        return {
            record.email_normalized for rows in (partners, further) for record in rows
        }
