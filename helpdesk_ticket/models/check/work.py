from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools.misc import format_date

from ...self_check import (
    ATTENTION,
    BROKEN,
    FINE,
    MANAGER,
    UNSET,
    Check,
    Screen,
    some,
)
from .mail import SETTINGS

# States in which somebody waits for an answer.
PATIENCE = timedelta(days=1)


class HelpdeskCheck(models.TransientModel):
    """The self-check of the helpdesk's own settings, and of waiting requests."""

    _inherit = "helpdesk.check"

    @api.model
    def _get_work_check_methods(self):
        return [
            self._check_teams,
            self._check_deadlines,
            self._check_requests,
            self._check_public_form,
            self._check_links,
            self._check_languages,
            self._check_contacts,
            self._check_primary_contacts,
        ]

    def _check_teams(self):
        """Check whether each team has an available member (T10)."""
        teams = self.env["helpdesk.team"].search(
            [("company_id", "in", self.env.companies.ids)]
        )
        checks = []
        for company in self.env.companies:
            own = teams.filtered(
                lambda team, company=company: team.company_id == company
            )
            empty = own.filtered(lambda team: not team.member_ids)
            state, step = FINE, ""
            text = self.env._("%(count)s teams, all with members.", count=len(own))
            if not own:
                state, text = BROKEN, self.env._("There is no team.")
                step = self.env._("Create a team and add its members.")
            elif empty:
                state = ATTENTION
                names = some(empty.mapped("name"))
                text = self.env._("Teams without members: %(names)s.", names=names)
                step = self.env._(
                    "Add members so that somebody is notified of new tickets."
                )
            checks.append(
                Check(
                    "teams",
                    "helpdesk",
                    self.env._("Teams"),
                    state,
                    text,
                    step,
                    Screen(
                        "helpdesk_ticket.action_helpdesk_team",
                        empty.id if len(empty) == 1 else 0,
                        groups=(MANAGER,),
                    ),
                    company.id,
                )
            )
        return checks

    def _check_deadlines(self):
        """Check whether promised hours are working hours (T25, T26)."""
        policies = self.env["helpdesk.sla"].search(
            [("company_id", "in", self.env.companies.ids)]
        )
        return [
            Check(
                "deadlines",
                "helpdesk",
                self.env._("Deadlines"),
                *self._describe_deadlines(
                    company,
                    policies.filtered(
                        lambda policy, company=company: policy.company_id == company
                    ),
                ),
                company.id,
            )
            for company in self.env.companies
        ]

    @api.model
    def _describe_deadlines(self, company, policies):
        """Return the state of the deadlines, what was found, what to do, and where.

        :param company: `res.company`
        :param policies: its `helpdesk.sla`
        :rtype: tuple
        """
        promised = any(company[name] for name in company._get_helpdesk_hours_fields())
        clocks = policies.filtered(lambda policy: not policy.calendar_id)
        empty = (policies.calendar_id | company.helpdesk_calendar_id).filtered(
            lambda calendar: not calendar._has_helpdesk_hours(company)
        )
        screen = Screen("helpdesk_ticket.action_helpdesk_sla", groups=(MANAGER,))
        if not policies and not promised:
            text = self.env._(
                "No response or solution times are promised to customers."
            )
            step = self.env._("Enter a response time, or create a service level.")
            return UNSET, text, step, screen
        if empty:
            names = some(empty.mapped("name"))
            text = self.env._(
                "Calendars without working hours: %(names)s. What is promised in them "
                "counts around the clock.",
                names=names,
            )
            step = self.env._("Add working hours, or choose another calendar.")
            return BROKEN, text, step, screen
        if promised and not company.helpdesk_calendar_id:
            text = self.env._(
                "Hours are counted around the clock, including nights and Sundays."
            )
            step = self.env._("Choose the working hours of the helpdesk.")
            return ATTENTION, text, step, SETTINGS
        if clocks:
            names = some(clocks.mapped("name"))
            text = self.env._("These count around the clock: %(names)s.", names=names)
            step = self.env._("Choose working hours if nobody works at night.")
            return ATTENTION, text, step, screen
        return FINE, self.env._("Deadlines are counted in working hours."), "", screen

    def _count_waiting(self, domain):
        """Count waiting requests by company.

        :param Domain domain: of waiting requests
        :return: dict of `res.company` -> (number, date of the oldest)
        :rtype: dict
        """
        return {
            company: (count, oldest)
            for company, count, oldest in self.env[
                "helpdesk.ticket.request"
            ]._read_group(
                Domain("company_id", "in", self.env.companies.ids) & domain,
                ["company_id"],
                ["__count", "create_date:min"],
            )
        }

    def _check_requests(self):
        """Check for requests waiting for the primary contact or for us (C07)."""
        waiting = self._count_waiting(
            Domain("partner_id", "!=", False)
            & Domain("state", "in", ("held", "declined"))
        )
        checks = []
        for company in self.env.companies:
            count, oldest = waiting.get(company, (0, None))
            old = count and oldest < fields.Datetime.now() - PATIENCE
            text = self.env._("None is waiting.")
            if count:
                since = format_date(self.env, oldest)
                text = self.env._(
                    "Waiting: %(count)s, since %(date)s.", count=count, date=since
                )
            checks.append(
                Check(
                    "requests",
                    "helpdesk",
                    self.env._("Requests on hold"),
                    ATTENTION if old else FINE,
                    text,
                    self.env._("Create tickets from them, or decline them.")
                    if old
                    else "",
                    Screen(
                        "helpdesk_ticket.action_helpdesk_ticket_request",
                        groups=(MANAGER,),
                    ),
                    company.id,
                )
            )
        return checks

    def _check_public_form(self):
        """Check whether the public form is enabled, and for its waiting requests."""
        waiting = self._count_waiting(
            Domain("partner_id", "=", False) & Domain("state", "in", ("held", "failed"))
        )
        checks = []
        for company in self.env.companies:
            count, _oldest = waiting.get(company, (0, None))
            state, step, screen = FINE, "", SETTINGS
            text = self.env._("Anyone can use it.")
            if company.helpdesk_form_known_only:
                text = self.env._("Only known addresses can use it.")
            if count:
                state = ATTENTION
                text = self.env._(
                    "Entries waiting for a manager: %(count)s.", count=count
                )
                step = self.env._("Create tickets from them, or delete them.")
                screen = Screen(
                    "helpdesk_ticket.action_helpdesk_ticket_request", groups=(MANAGER,)
                )
            elif not company.helpdesk_form:
                state, text = UNSET, self.env._("It is switched off.")
                step = self.env._(
                    "Switch it on if visitors to your website should be able to ask "
                    "there."
                )
            checks.append(
                Check(
                    "public_form",
                    "channel",
                    self.env._("Public form"),
                    state,
                    text,
                    step,
                    screen,
                    company.id,
                )
            )
        return checks

    def _check_links(self):
        """Check whether mails contain a link to the ticket."""
        return [
            Check(
                "links",
                "channel",
                self.env._("Links in mails"),
                FINE if company.helpdesk_link else UNSET,
                self.env._("Every ticket mail contains a link to the ticket.")
                if company.helpdesk_link
                else self.env._(
                    "Customers without an account cannot see their tickets."
                ),
                ""
                if company.helpdesk_link
                else self.env._(
                    "Switch the links on if they should be able to see and answer "
                    "their tickets."
                ),
                SETTINGS,
                company.id,
            )
            for company in self.env.companies
        ]

    def _check_languages(self):
        """Check in which languages customers are answered (K05, K06)."""
        checks = []
        for company in self.env.companies:
            everything = company.with_context(active_test=False)
            chosen = everything.helpdesk_language_ids
            gone = chosen.filtered(lambda language: not language.active)
            fallback = company.helpdesk_fallback_language_id
            if fallback and not fallback.active:
                gone |= fallback
            languages = company._get_helpdesk_languages()
            state, step = FINE, ""
            text = some(languages.mapped("name"))
            if gone:
                state = ATTENTION
                names = some(gone.mapped("name"))
                text = self.env._("Not installed any more: %(names)s.", names=names)
                step = self.env._("Install the language again, or choose others.")
            elif len(languages) == 1:
                state = UNSET
                text = self.env._("Only %(name)s is installed.", name=languages.name)
                step = self.env._("Install the other languages of your customers.")
            checks.append(
                Check(
                    "languages",
                    "helpdesk",
                    self.env._("Support languages"),
                    state,
                    text,
                    step,
                    Screen("base.res_lang_act_window") if state == UNSET else SETTINGS,
                    company.id,
                )
            )
        return checks

    def _get_partner_domain(self):
        """Return a domain of contacts of the checked companies."""
        return Domain("company_id", "in", [*self.env.companies.ids, False])

    def _check_contacts(self):
        """Check for contacts that share an address (K03)."""
        partners = self.env["res.partner"]
        count = partners.search_count(
            partners._get_duplicate_contacts_domain() & self._get_partner_domain()
        )
        text = self.env._("Each address belongs to one contact.")
        if count:
            text = self.env._("Contacts that share an address: %(count)s.", count=count)
        return [
            Check(
                "contacts",
                "helpdesk",
                self.env._("Contacts"),
                ATTENTION if count else FINE,
                text,
                self.env._("Merge those that are the same person.") if count else "",
                Screen(
                    "helpdesk_contact.action_helpdesk_contact_duplicates",
                    groups=(MANAGER,),
                ),
            )
        ]

    def _check_primary_contacts(self):
        """Check whether somebody may open tickets for each customer (C02, C07)."""
        nobody = Domain("primary_contact_id", "=", False)
        customers = self.env["res.partner"].search_fetch(
            Domain("helpdesk_primary_contact_only", "=", True)
            & Domain("parent_id", "=", False)
            & (nobody | Domain("primary_contact_id.active", "=", False))
            & self._get_partner_domain(),
            ["name"],
        )
        text = self.env._("Each customer that needs one has a primary contact.")
        if customers:
            text = self.env._(
                "Only the primary contact may open tickets, but there is none: "
                "%(names)s.",
                names=some(customers.mapped("name")),
            )
        return [
            Check(
                "primary_contacts",
                "helpdesk",
                self.env._("Primary contacts"),
                ATTENTION if customers else FINE,
                text,
                self.env._("Make one of their contacts the primary contact.")
                if customers
                else "",
                Screen(
                    "helpdesk_contact.action_helpdesk_customer",
                    customers.id if len(customers) == 1 else 0,
                    groups=(MANAGER,),
                ),
            )
        ]
