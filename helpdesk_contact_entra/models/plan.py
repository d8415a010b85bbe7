from dataclasses import dataclass, field, replace

from odoo import models

from ..person import Person

# They are never emptied: a contact needs a name and an address.
KEPT_WHEN_EMPTY = ("email", "firstname", "lastname", "lang")


@dataclass(frozen=True)
class Step:
    """What is to be done about one person.

    :param str action: `create`, `update`, `same`, `deactivate`, `reactivate`, `skip`
        or `conflict`
    :param row: `helpdesk.entra.user`, empty when there is none
    :param partner: `res.partner`, empty when it is new
    :param dict values: what to write on the contact, texts in place of ids
    :param dict written: what the directory has written on it then
    :param str conflict: what a person must settle
    :param int kept: how many edits made here are kept
    :param bool is_exchange: whether the new address is one that another contact of
        the page gives up
    """

    action: str
    person: Person
    row: object
    partner: object
    values: dict = field(default_factory=dict)
    written: dict = field(default_factory=dict)
    conflict: str = ""
    kept: int = 0
    is_exchange: bool = False


class HelpdeskEntraRun(models.Model):
    """What is to be done about the persons of a page. Writes nothing."""

    _inherit = "helpdesk.entra.run"

    def _plan(self, people):
        """Return a `Step` for each person; a fixed number of queries.

        :param list people: of `Person`
        """
        self = self.with_context(active_test=False)
        rows = self._get_rows([person.key for person in people])
        by_key = {row.external_id: row for row in rows}
        owners = self._find_owners(people)
        holders = self.env["helpdesk.entra.user"].search(
            [("partner_id", "in", [owner.id for owner in owners.values()])]
        )
        known = _Known(
            owners,
            {row.partner_id: row for row in holders},
            self._find_givers(people, by_key),
            set(),
        )
        none = self.env["helpdesk.entra.user"]
        staff = self._find_staff(rows.partner_id | holders.partner_id, owners)
        return [
            self._decide(person, by_key.get(person.key, none), known, staff)
            for person in people
        ]

    def _get_words(self):
        """Return the environment that speaks the language of the company.

        The log is for its people, and the scheduled action has no language. Values
        are read and written without one: departments are translated.
        """
        company = self.connection_id.company_id
        lang = company._get_helpdesk_fallback_language().code
        return self.with_context(lang=lang).env

    def _find_owners(self, people):
        """Return who has the addresses: `res.partner` by address."""
        self.env.flush_all()
        addresses = {person.address for person in people} - {""}
        company = self.connection_id.partner_id.company_id
        found = self.env["res.partner"]._find_address_owners(list(addresses))
        # Each company may know the person; one of no company is everybody's.
        return {
            address: owner
            for address, owner in found
            if len(owner.company_id | company) < 2
        }

    def _find_givers(self, people, by_key):
        """Return the contacts that get another address in this page."""
        changed = [
            by_key[person.key].partner_id
            for person in people
            if person.key in by_key
            and person.address
            and person.active is not False
            # a swap: another one of the page may get the address that becomes free
            and person.address != by_key[person.key].partner_id.email_normalized
        ]
        return self.env["res.partner"].union(*changed)

    def _find_staff(self, partners, owners):
        """Return the partners among these who work here: the directory of a customer
        says nothing about them."""
        partners = partners.union(*owners.values())
        users = self.env["res.users"].search(
            [("partner_id", "in", partners.ids), ("share", "=", False)]
        )
        return users.partner_id

    def _decide(self, person, row, known, staff):
        if person.active is False or not self._is_wanted(row):
            if not row.partner_id or row.is_deactivated:
                return Step("skip", person, row, row.partner_id)
            return self._decide_to_deactivate(person, row, staff)
        if row.partner_id:
            return self._decide_on_known(person, row, known)
        return self._decide_on_new(person, row, known, staff)

    def _decide_to_deactivate(self, person, row, staff):
        partner = row.partner_id
        step = Step("deactivate", person, row, partner)
        if partner in staff:
            return replace(
                step,
                action="conflict",
                conflict=self._get_words()._(
                    "%(contact)s is one of our own users, so the contact stays active.",
                    contact=partner.display_name,
                ),
            )
        return step

    def _decide_on_known(self, person, row, known):
        step = self._compare(
            Step("same", person, row, row.partner_id), row.written or {}, known
        )
        if row.is_deactivated and person.active:
            return replace(step, action="reactivate")
        return step

    def _decide_on_new(self, person, row, known, staff):
        partner = known.owners.get(person.address, self.env["res.partner"])
        step = Step("create", person, row, partner)
        conflict = self._find_conflict(person, partner, known, staff)
        if conflict:
            return replace(step, action="conflict", conflict=conflict)
        known.claimed.add(person.address)
        if not partner:
            values = {name: value for name, value in person.values.items() if value}
            if not (values.get("firstname") or values.get("lastname")):
                values["lastname"] = person.name
            return replace(step, values=self._check_language(values), written=values)
        step = self._compare(replace(step, action="same"), {}, known)
        if not partner.parent_id:
            values = {**step.values, "parent_id": self.connection_id.partner_id.id}
            step = replace(step, action="update", values=values)
        # a user that was made anew in the directory: we deactivated the contact
        return replace(step, action="reactivate") if partner in known.holders else step

    def _find_conflict(self, person, partner, known, staff):
        """Return why a user cannot become a contact, "" when it can."""
        customer = self.connection_id.partner_id.commercial_partner_id
        if not person.address:
            return self._get_words()._("The user has no e-mail address.")
        holder = known.holders.get(partner)
        if person.address in known.claimed or (holder and not holder.is_deactivated):
            return self._get_words()._(
                "%(address)s is the address of another user of a directory.",
                address=person.address,
            )
        if partner in staff:
            return self._get_words()._(
                "%(address)s belongs to %(contact)s, one of our own users.",
                address=person.address,
                contact=partner.name,
            )
        if partner.parent_id and partner.commercial_partner_id != customer:
            return self._get_words()._(
                "%(address)s belongs to %(contact)s of another customer, %(customer)s.",
                address=person.address,
                contact=partner.name,
                customer=partner.commercial_partner_id.name,
            )
        return ""

    def _compare(self, step, written, known):
        """Return a step with what changes on a contact that exists.

        What was edited here is kept, unless the mapping says otherwise: a value that is
        not what the directory wrote last, and of a contact that was here before, each
        value that is not empty.
        """
        stubborn = {m.target for m in self.connection_id.mapping_ids if m.overwrite}
        values, after, kept, conflict, exchange = {}, dict(written), 0, "", False
        for target, value in self._check_language(step.person.values).items():
            if not value and target in KEPT_WHEN_EMPTY:
                continue
            current = self._get_current(step.partner, target)
            free = current == (written.get(target) or "") or target in stubborn
            if value != current and not free:
                kept += 1
                continue
            if target == "email" and value != current:
                owner = known.owners.get(value, step.partner)
                exchange = owner != step.partner and owner in known.givers
                taken = owner != step.partner and not exchange
                if taken or value in known.claimed:
                    conflict = self._get_words()._(
                        "The new address %(address)s belongs to %(contact)s.",
                        address=value,
                        contact=owner.name,
                    )
                    continue
                known.claimed.add(value)
            after[target] = value
            if value != current:
                values[target] = value
        return replace(
            step,
            action="update" if values else "same",
            values=values,
            written=after,
            kept=kept,
            conflict=conflict,
            is_exchange=exchange,
        )

    def _get_current(self, partner, target):
        """Return what a contact has for a target, as a text."""
        if target == "email":
            return partner.email_normalized or ""
        if target == "department_id":
            return partner.department_id.name or ""
        return partner[target] or ""

    def _check_language(self, values):
        """Return the values with a support language in place of any other (K06)."""
        if "lang" not in values:
            return values
        languages = self.connection_id.company_id._get_helpdesk_languages()
        codes = languages.mapped("code")
        wanted = (values["lang"] or "").replace("-", "_")
        alike = [c for c in codes if c.partition("_")[0] == wanted.partition("_")[0]]
        code = wanted if wanted in codes else next(iter(alike), "")
        return {**values, "lang": code}


@dataclass(frozen=True)
class _Known:
    """What is known of the addresses of a page.

    :param dict owners: `res.partner` by address
    :param dict holders: `helpdesk.entra.user` by `res.partner`
    :param givers: `res.partner` whose address becomes free
    :param set claimed: addresses that persons of this page get
    """

    owners: dict
    holders: dict
    givers: object
    claimed: set
