import ast
from types import MappingProxyType

from odoo import api, models
from odoo.tools.mail import formataddr

from ...place import OTHER, OVERSIZED, OWN, Place
from ...sender import named_addresses

MEGABYTE = 1024 * 1024


class HelpdeskInboxMail(models.Model):
    """Where a mail belongs before any rule is asked (E06). Nothing is written here."""

    _inherit = "helpdesk.inbox.mail"

    @api.model
    def _find_place(self, mail, arrival):
        """Find out who wrote a mail, and where it belongs.

        A mail that somebody wants a ticket of is never put aside.

        :param Mail mail: as it was read
        :param Arrival arrival: how it came
        :rtype: Place
        """
        place = self._place_recipients(mail, Place(arrival))
        place = self._place_sender(mail, place)
        if arrival.forced_by:
            return self._place_new(mail, place.change(message_id=self._rename(mail)))
        for find in (
            self._place_oversized,
            self._place_twin,
            self._place_report,
            self._place_own,
        ):
            if found := find(mail, place):
                return found
        place = self._place_message_id(mail, place)
        return (
            self._place_answer(mail, place)
            or self._place_elsewhere(mail, place)
            or self._place_new(mail, self._place_quotation(mail, place))
        )

    # -- for whom --------------------------------------------------------------

    @api.model
    def _place_recipients(self, mail, place):
        """Tell our own addresses from other people's."""
        own = self._find_own(mail)
        others = {
            name: ", ".join(
                formataddr((person, address))
                for person, address in people
                if address not in own
            )
            for name, people in (("to", mail.to), ("cc", mail.cc))
        }
        return place.change(own=own, **others)

    @api.model
    def _find_own(self, mail):
        """Return which addresses in the head of a mail are our own (E06).

        Those for which our mail server took the mail are ours too, unless they are
        somebody's: a mailbox may also hold what was written to a colleague.

        :rtype: OwnAddresses
        """
        own = self.env["helpdesk.own.address"]
        known, delivered = own._get_own(named_addresses(mail.head)), mail.delivered_to
        new = {address for address in delivered if address not in known}
        return known.also(new - own._find_persons(new) if new else ())

    @api.model
    def _find_aliases(self, mail):
        """Return the `mail.alias` that a mail is addressed to, in its order."""

        def search():
            # sudo: compares addresses; nothing of the aliases is shown
            aliases = self.env["mail.alias"].sudo()
            found = aliases.search([("alias_full_name", "in", list(mail.recipients))])
            order = {address: number for number, address in enumerate(mail.recipients)}
            return found.sorted(lambda alias: order.get(alias.alias_full_name, 0))

        return mail.source("aliases", search)

    # -- what is put aside -------------------------------------------------------

    @api.model
    def _place_oversized(self, mail, place):
        if not self._is_oversized(mail.raw, place.arrival):
            return None
        company = self.env["res.company"].browse(place.company_id)
        return place.settle(
            OVERSIZED,
            "oversized",
            size=round(len(mail.raw) / MEGABYTE, 1),
            limit=company.helpdesk_mail_max_size,
        )

    @api.model
    def _is_oversized(self, raw, arrival):
        company = self.env["res.company"].browse(arrival.company_id)
        limit = company.helpdesk_mail_max_size * MEGABYTE
        return bool(limit) and len(raw) > limit and not arrival.forced_by

    @api.model
    def _place_own(self, mail, place):
        """Put aside what comes from one of our own addresses: a loop (E07, rel-H2)."""
        address = place.sender.address
        if address not in place.own:
            return None
        return place.settle(OWN, "own_address", address=address)

    # -- other apps ----------------------------------------------------------------

    @api.model
    def _place_elsewhere(self, mail, place):
        """Leave to Odoo what is for another app alone: an answer to its documents, or
        mail that only its addresses got.

        Where one of our addresses got it too, it is a request to us.
        """
        message = self._find_answered(mail, place)
        if message.model and message.model != "helpdesk.ticket":
            return self._settle_elsewhere(place, message.model, message.res_id)
        aliases = self._find_aliases(mail)
        models = aliases.alias_model_id.mapped("model")
        others = [model for model in models if model != "helpdesk.ticket"]
        if not others or len(others) < len(models) or self._reached_mailbox(mail, place):
            return None
        return self._settle_elsewhere(place, others[0])

    @api.model
    def _reached_mailbox(self, mail, place):
        """Tell whether a mail names an address of ours that no other app has."""
        foreign = set(self._find_aliases(mail).mapped("alias_full_name"))
        return any(
            address in place.own and address not in foreign
            for address in mail.recipients
        )

    @api.model
    def _settle_elsewhere(self, place, model, res_id=0):
        # sudo: the name of a document, for the managers who read the inbox
        record = self.env[model].sudo().browse(res_id or []).exists()
        name = record.display_name if record else record._description
        return place.settle(OTHER, "other", document=name)

    # -- a new request ---------------------------------------------------------------

    @api.model
    def _place_new(self, mail, place):
        """Say what the address that a request came to gives its ticket."""
        values = self._get_mailbox_values(place)
        for alias in self._find_aliases(mail):
            if alias.alias_model_id.model == "helpdesk.ticket":
                values |= ast.literal_eval(alias.alias_defaults or "{}")
                break
        values.pop("company_id", None)  # decided when the mail came
        place = place.change(
            values=MappingProxyType(values), automatic=place.unasked
        )
        return self._place_forwarded(mail, place)

    @api.model
    def _get_mailbox_values(self, place):
        # sudo: the gateway reads the settings of the mailbox, whoever runs it
        servers = self.env["fetchmail.server"].sudo()
        team = servers.browse(place.arrival.server_id or []).helpdesk_team_id
        return {"team_id": team.id} if team else {}
