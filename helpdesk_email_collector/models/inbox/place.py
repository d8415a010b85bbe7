import ast
from dataclasses import replace
from types import MappingProxyType

from odoo import api, models
from odoo.tools.mail import formataddr

from odoo.addons.helpdesk_ticket.own_addresses import without_tag

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
        place = Place(self._address_arrival(mail, arrival))
        place = self._place_recipients(mail, place)
        place = self._place_sender(mail, place)
        if arrival.forced_by:
            return self._place_new(mail, self._place_message_id(mail, place))
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
    def _address_arrival(self, mail, arrival):
        """Say which company's helpdesk a mail was written to.

        That of the mailbox, unless it is one for several and the mail names only the
        address of another company's team.

        :rtype: Arrival
        """
        # sudo: compares the address of the mailbox
        server = self.env["fetchmail.server"].sudo().browse(arrival.server_id or [])
        if server and (server.user or "").lower() in mail.recipients:
            return arrival
        company = self._get_addressed_company(mail)
        return replace(arrival, company_id=company.id) if company else arrival

    @api.model
    def _get_addressed_company(self, mail):
        """Return the `res.company` of the first team's address that a mail names."""
        for alias in self._get_reached_aliases(mail).values():
            if alias.alias_model_id.model == "helpdesk.ticket":
                values = ast.literal_eval(alias.alias_defaults or "{}")
                company = self.env["res.company"].browse(values.get("company_id") or [])
                team = self.env["helpdesk.team"].browse(values.get("team_id") or [])
                return company or team.company_id
        return self.env["res.company"]

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
        own, named = self.env["helpdesk.own.address"], named_addresses(mail.head)
        known = own._get_known().also(self._find_aliases(mail, named))
        new = {address for address in mail.delivered_to if address not in known}
        return known.also(new - own._find_persons(new) if new else ())

    @api.model
    def _find_aliases(self, mail, addresses):
        """Return which addresses are aliases: dict of `mail.alias` by address."""

        def search():
            asked = {address: without_tag(address) for address in addresses}
            # sudo: compares addresses; nothing of the aliases is shown
            aliases = self.env["mail.alias"].sudo()
            names = sorted({*asked, *asked.values()})
            found = {
                alias.alias_full_name: alias
                for alias in aliases.search([("alias_full_name", "in", names)])
            }
            return {
                address: found.get(address) or found[bare]
                for address, bare in asked.items()
                if address in found or bare in found
            }

        return mail.source("aliases", search)

    @api.model
    def _get_reached_aliases(self, mail):
        """Return the aliases that a mail was sent to, those that a server names first.

        :return: dict of `mail.alias` by address
        """
        found = self._find_aliases(mail, named_addresses(mail.head))
        return {one: found[one] for one in mail.recipients if one in found}

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
        if self._is_answer_elsewhere(mail, message):
            return self._settle_elsewhere(place, message.model, message.res_id)
        aliases = self._get_reached_aliases(mail)
        models = [alias.alias_model_id.model for alias in aliases.values()]
        if not models or "helpdesk.ticket" in models:
            return None
        if any(one in place.own and one not in aliases for one in mail.recipients):
            return None  # an address of ours that no other app has got it too
        return self._settle_elsewhere(place, models[0])

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
        for alias in self._get_reached_aliases(mail).values():
            if alias.alias_model_id.model == "helpdesk.ticket":
                values |= ast.literal_eval(alias.alias_defaults or "{}")
                break
        values.pop("company_id", None)  # decided when the mail came
        place = place.change(values=MappingProxyType(values), automatic=place.unasked)
        return self._place_forwarded(mail, place)

    @api.model
    def _get_mailbox_values(self, place):
        # sudo: the gateway reads the settings of the mailbox, whoever runs it
        servers = self.env["fetchmail.server"].sudo()
        team = servers.browse(place.arrival.server_id or []).helpdesk_team_id
        return {"team_id": team.id} if team else {}
