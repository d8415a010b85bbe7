import json
from dataclasses import replace

import psycopg2

from odoo import models
from odoo.exceptions import RedirectWarning, UserError

from .helpdesk_entra_run import COUNTS, MOST_EXAMPLES
from .plan import Step

QUIET = {"tracking_disable": True, "mail_create_nosubscribe": True}


class HelpdeskEntraRun(models.Model):
    """Carries out what is planned for a page of users, and logs it."""

    _inherit = "helpdesk.entra.run"

    def _process(self, people):
        """Plan, carry out unless this is a dry run, and count.

        :param list people: of `Person`
        """
        if self.is_full and self.kind != "preview":
            rows = self._get_rows([person.key for person in people])
            rows.seen_run_id = self.id
        steps = self._plan(people)
        if not self._is_dry():
            steps = self._carry_out(steps)
        self.read_count += len(people)
        self._write_down(steps)

    def _let_go(self, rows):
        """Deactivate the contacts of users who no longer exist."""
        staff = self._find_staff(rows.partner_id, {})
        steps = [
            self._decide_to_deactivate(self._get_gone_person(row), row, staff)
            for row in rows
        ]
        if not self._is_dry():
            # their data is requested again if they return
            rows.is_read = False
            self._deactivate(steps)
        self._write_down(steps)

    def _get_gone_person(self, row):
        [person] = self._read([{"id": row.external_id, "@removed": {}}])
        return replace(person, name=row.partner_id.name or row.external_id)

    # -- carrying out ------------------------------------------------------------

    def _carry_out(self, steps):
        """Carry out the steps.

        :return: the steps; refused ones have become conflicts
        """
        steps = self._update_contacts(self._exchange_addresses(steps))
        steps = self._create_contacts(steps)
        self._deactivate(steps)
        back = [step for step in steps if step.action == "reactivate"]
        partners = self.env["res.partner"].union(*(step.partner for step in back))
        partners.with_context(**QUIET).active = True
        self._link(steps)
        return steps

    def _exchange_addresses(self, steps):
        """Swap addresses among contacts: all of them, or none.

        An address may belong to only one contact at any time (K03), so all are removed
        first.
        """
        moving = [step for step in steps if "email" in step.values and step.partner]
        if not any(step.is_exchange for step in moving):
            return steps
        partners = self.env["res.partner"].union(*(step.partner for step in moving))
        partners = partners.with_context(**QUIET)

        def exchange(addresses):
            partners.email = False
            self.env.flush_all()
            for partner in partners:
                partner.email = addresses[partner.id]

        refusal = self._try(
            exchange, {step.partner.id: step.values["email"] for step in moving}
        )[1]
        if not refusal:
            return steps
        keys = {step.person.key for step in moving}
        return [
            replace(step, action="conflict", values={}, conflict=refusal)
            if step.person.key in keys
            else step
            for step in steps
        ]

    def _update_contacts(self, steps):
        """Write changed values, with one write for equal values."""
        alike = {}
        for index, step in enumerate(steps):
            if step.values and step.partner:
                alike.setdefault(json.dumps(step.values, sort_keys=True), []).append(
                    index
                )
        steps = list(steps)
        prepared = self._prepare_values(
            [steps[indexes[0]].values for indexes in alike.values()]
        )
        for indexes, values in zip(alike.values(), prepared, strict=True):
            partners = self.env["res.partner"].union(
                *(steps[i].partner for i in indexes)
            )
            refusal = self._try(partners.with_context(**QUIET).write, values)[1]
            if refusal:
                for i in indexes:
                    steps[i] = replace(steps[i], action="conflict", conflict=refusal)
        return steps

    def _create_contacts(self, steps):
        """Create the new contacts of a page at once, or one by one if that fails."""
        new = [step for step in steps if step.action == "create"]
        if not new:
            return steps
        values = [
            self._prepare_contact(v)
            for v in self._prepare_values([s.values for s in new])
        ]
        Partner = self.env["res.partner"].with_context(**QUIET)
        created, refusal = self._try(Partner.create, values)
        done = {}
        if refusal:
            for step, each in zip(new, values, strict=True):
                partner, refusal = self._try(Partner.create, [each])
                done[step.person.key] = (
                    replace(step, action="conflict", conflict=refusal)
                    if refusal
                    else replace(step, partner=partner)
                )
        else:
            for step, partner in zip(new, created, strict=True):
                done[step.person.key] = replace(step, partner=partner)
        return [done.get(step.person.key, step) for step in steps]

    def _try(self, method, values):
        """Call a method and return (result, ""), or (None, reason) if it was
        refused."""
        try:
            with self.env.cr.savepoint():
                result = method(values)
                self.env.flush_all()
                return result, ""
        except (RedirectWarning, UserError) as error:
            return None, error.args[0]
        except psycopg2.IntegrityError:
            return None, self._get_words()._(
                "Another contact was given the same address at the same moment."
            )

    def _prepare_contact(self, values):
        """Return the values of a new contact of the customer."""
        customer = self.connection_id.partner_id
        fallback = self.connection_id.company_id._get_helpdesk_fallback_language()
        return {
            "parent_id": customer.id,
            "company_id": customer.company_id.id,
            "is_company": False,
            **values,
            "lang": values.get("lang") or customer.lang or fallback.code,
        }

    def _prepare_values(self, all_values):
        """Return values for contacts, with ids of departments, which are created if
        needed."""
        names = {
            values["department_id"]
            for values in all_values
            if values.get("department_id")
        }
        Department = self.env["res.partner.department"]
        known = Department.search([("name", "in", list(names))])
        ids = {department.name: department.id for department in known}
        missing = sorted(names - ids.keys())
        made = Department.create([{"name": name} for name in missing])
        ids.update(zip(missing, made.ids, strict=True))
        return [
            {
                name: ids.get(value, False) if name == "department_id" else value
                for name, value in values.items()
            }
            for values in all_values
        ]

    def _deactivate(self, steps):
        """Deactivate contacts and their portal users."""
        leaving = [step for step in steps if step.action == "deactivate"]
        partners = self.env["res.partner"].union(*(step.partner for step in leaving))
        users = self.env["res.users"].search([("partner_id", "in", partners.ids)])
        users.filtered("share").active = False
        partners.filtered("active").with_context(**QUIET).active = False
        rows = self.env["helpdesk.entra.user"].union(*(step.row for step in leaving))
        rows.is_deactivated = True

    def _link(self, steps):
        """Store which user belongs to which contact, and what the directory wrote."""
        rows = self.env["helpdesk.entra.user"].union(*(step.row for step in steps))
        rows.is_read = True
        linked = [
            s for s in steps if s.action in ("create", "update", "same", "reactivate")
        ]
        fresh = self.env["res.partner"].union(
            *(step.partner for step in linked if step.row.partner_id != step.partner)
        )
        # a user recreated in the directory takes over its contact
        earlier = self.env["helpdesk.entra.user"].search(
            [("partner_id", "in", fresh.ids)]
        )
        earlier.partner_id = False
        for step in linked:
            if step.row:
                step.row.write(self._prepare_link(step))
        rows.create(
            [
                {
                    "connection_id": self.connection_id.id,
                    "external_id": step.person.key,
                    "is_read": True,
                    "seen_run_id": self.id,
                    **self._prepare_link(step),
                }
                for step in linked
                if not step.row
            ]
        )

    def _prepare_link(self, step):
        values = {"partner_id": step.partner.id, "written": step.written}
        if step.action == "reactivate":
            values["is_deactivated"] = False
        return values

    # -- log ---------------------------------------------------------------------

    def _write_down(self, steps):
        """Count the steps; log conflicts, and in a dry run what would be done."""
        actions = [step.action for step in steps]
        counts = {
            f"{action}_count": self[f"{action}_count"] + actions.count(action)
            for action in COUNTS
        }
        self.write(
            {
                **counts,
                "kept_count": self.kept_count + sum(step.kept for step in steps),
                "conflict_count": self.conflict_count
                + sum(bool(step.conflict) for step in steps),
            }
        )
        room = MOST_EXAMPLES - len(self.line_ids) if self._is_dry() else 0
        told = []
        for step in steps:
            example = room > 0 and step.action not in ("same", "skip")
            if step.conflict or example:
                told.append(step)
                room -= not step.conflict
        self.env["helpdesk.entra.run.line"].create(
            [self._prepare_line(step) for step in told]
        )

    def _prepare_line(self, step: Step):
        words = self._get_words()
        fields = words["res.partner"]._fields
        details = ", ".join(
            f"{fields[name]._description_string(words)}: {value}"
            for name, value in step.values.items()
            if name != "parent_id"
        )
        return {
            "run_id": self.id,
            "name": step.person.name or step.partner.name or step.person.key,
            "external_id": step.person.key,
            "partner_id": step.partner.id,
            "action": "conflict" if step.conflict else step.action,
            "text": step.conflict or details,
        }
