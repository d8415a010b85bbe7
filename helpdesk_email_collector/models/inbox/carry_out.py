from dataclasses import replace
from datetime import timedelta

from markupsafe import Markup, escape

from odoo import SUPERUSER_ID, api, fields, models
from odoo.tools.mail import (
    email_normalize,
    email_normalize_all,
    formataddr,
    is_html_empty,
)
from odoo.tools.translate import LazyTranslate

from odoo.addons.helpdesk_ticket.incoming import (
    PUBLIC,
    IncomingMessage,
    IncomingRequest,
    Person,
)

from ...decision import CREATE, ELSEWHERE, OVERSIZED, REPLY, REPORT, TWIN, Outcome
from ...decision import OTHER as OTHER_APP
from ...reading.process import read_mail
from ...verdicts import PASS

CHANNEL = "helpdesk_ticket.channel_email"

_lt = LazyTranslate(__name__)
# Why an agent's mail was kept from the customer, by the warning of its place.
WARNINGS = {
    "hidden": _lt(
        "The last mail from %(address)s does not say who received it. It was logged as "
        "an internal note, and the customer did not receive it from here. Answer the "
        "customer from the ticket."
    ),
    "two_meanings": _lt(
        "The subject of the last mail from %(address)s begins with “VS:”, the sign of "
        "a forward in Danish and Norwegian and of an answer in Finnish. It was logged "
        "as an internal note, and the customer did not receive it. If it was for the "
        "customer, answer from the ticket."
    ),
    "unknown_sign": _lt(
        "The subject of the last mail from %(address)s begins with a sign that is not "
        "known to be that of an answer. It was logged as an internal note, and the "
        "customer did not receive it. If it was for the customer, answer from the "
        "ticket."
    ),
    "from_note": _lt(
        "The last mail from %(address)s continues a conversation that an internal note "
        "is part of. It was logged as an internal note, and the customer did not "
        "receive it. If it was for the customer, answer from the ticket."
    ),
    "unproven_agent": _lt(
        "The last mail claims to be from %(address)s, but nothing proves it. It was "
        "logged as an internal note, and the customer did not receive it. Answer from "
        "the ticket, or add your mail server to the trusted servers in the settings."
    ),
}


class HelpdeskInboxMail(models.Model):
    """What was decided about a mail is done (E03): only here a mail makes something be
    written or sent, beside its own row."""

    _inherit = "helpdesk.inbox.mail"

    @api.model
    def _carry_out(self, cases):
        """Make of mails what was decided; those that open tickets open them together.

        :param list cases: `Case` of mails that have nothing to do with each other
        :return: list of `Outcome`, one for each case
        """
        cases = [
            replace(case, answers=case.answers and self._may_acknowledge(case))
            for case in cases
        ]
        answering = [case for case in cases if case.decision.kind == REPLY]
        if answering:
            self._read_answered(answering)
        opening = [case for case in cases if case.decision.kind == CREATE]
        opened = iter(self._open_tickets(opening) if opening else ())
        return [
            self._complete(case, next(opened) if case.decision.kind == CREATE else None)
            for case in cases
        ]

    @api.model
    def _read_answered(self, cases):
        """Read at once who takes part in the tickets that mails answer: each mail asks
        for that.

        :param list cases: `Case` of answers
        """
        ids = [case.decision.ticket_id for case in cases]
        # sudo: filled for the gateway, which posts whoever wrote
        tickets = self.env["helpdesk.ticket"].sudo().browse(ids).exists()
        people = tickets.message_partner_ids | tickets.partner_id
        people.helpdesk_address_ids.mapped("email_normalized")

    @api.model
    def _complete(self, case, opened):
        """Do what is left to do for a mail.

        :param Case case: the mail
        :param opened: the `helpdesk.ticket` that was opened for it, or None
        :rtype: Outcome
        """
        mail, place, decision = case.mail, case.place, case.decision
        ticket = self.env["helpdesk.ticket"].browse(place.ticket_id or [])
        acknowledged = told = False
        if opened:
            ticket = opened
            acknowledged = case.answers and ticket.notify_partner
        elif decision.kind == REPLY:
            ticket = self._join_ticket(case)
        else:
            told = self._put_aside(mail, place, decision)
        holds = decision.kind in (CREATE, REPLY)
        # sudo: a counter of Odoo's, for whoever runs the gateway
        contact = self.env["res.partner"].sudo().browse(place.author_id or [])
        if holds and contact.message_bounce:
            contact.message_bounce = 0  # who writes can be reached again (E07)
        operations = self.env["helpdesk.email.collector.operation"]
        answered = bool(decision.operations) and operations._apply(
            mail, place, decision, ticket, case.answers
        )
        acknowledged |= holds and answered
        told |= not holds and answered
        return Outcome(ticket.id or 0, bool(acknowledged), told)

    @api.model
    def _may_acknowledge(self, case):
        """Return whether the sender of a mail may get an automatic answer (rel-H1, H5).

        Not if the mail was sent so long before it arrived that its sender no longer
        expects one: it was in a mailbox that was connected later (E01).

        :param Case case: the mail
        :rtype: bool
        """
        mail, place = case.mail, case.place
        if place.doubt or place.automatic or place.spam or place.quiet:
            return False
        company = self.env["res.company"].browse(place.company_id)
        days = company.helpdesk_acknowledge_days
        if not days or not mail.sent:
            return True
        row = self.browse(place.arrival.row_id or [])
        received = row.received_date or fields.Datetime.now()
        return received - mail.sent <= timedelta(days=days)

    # -- tickets -------------------------------------------------------------------

    @api.model
    def _open_tickets(self, cases):
        """Open the tickets of mails and note on them what agents should know.

        :param list cases: `Case` of mails to one company
        :return: `helpdesk.ticket`, one for each case
        """
        intake = self.env["helpdesk.intake"]
        outcomes = intake._open_all([self._prepare_request(case) for case in cases])
        # the gateway notes it, whoever wrote and whoever runs it
        tickets = self.env["helpdesk.ticket"].with_user(SUPERUSER_ID)
        tickets = tickets.with_company(cases[0].place.company_id).browse(
            [outcome.ticket_id for outcome in outcomes]
        )
        for case, ticket in zip(cases, tickets, strict=True):
            if case.mail.notes:
                self._note_remarks(case.mail, case.place, ticket)
            if case.place.forwarded:
                self._finish_forwarded(case.place, ticket)
            if ticket.quoted_ticket_id:
                ticket._note_quotation(case.place.sender.address)
        return tickets

    @api.model
    def _prepare_request(self, case):
        """Return a mail as `IncomingRequest`; a hook.

        :param Case case: the mail
        """
        mail, place, decision = case.mail, case.place, case.decision
        sender, customer = place.sender, decision.customer
        person = Person(sender.name, sender.address, place.author_id)
        if customer and customer != sender.address:
            company = self.env["res.company"].browse(place.company_id)
            person = self.env["helpdesk.intake"]._get_person(customer, company)
        values = {
            "sender_doubt": place.doubt,
            "reply_to": not place.doubt and sender.reply_to,
            "quoted_ticket_id": decision.quoted_id or place.quoted_id or False,
            "requested_date": place.forwarded.date if place.forwarded else False,
        }
        if place.arrival.forced_by and not decision.customer:
            values.update(self._get_values_of_request(place))
        values.update(decision.values)
        # never of nobody, of a program, of what the mail server calls spam or of
        # ourselves; always when a rule names whose ticket it is; else as set (C09)
        no_person = place.doubt or place.automatic or place.spam
        creates = False if no_person or sender.address in place.own else None
        return IncomingRequest(
            channel=CHANNEL,
            company_id=place.company_id,
            person=person,
            message=self._prepare_message(mail, place),
            creates_contact=True if decision.customer else creates,
            acknowledges=case.answers,
            decided=True,
            values=values,
        )

    @api.model
    def _get_values_of_request(self, place):
        """Return whose ticket a mail opens that was on hold until somebody decided: its
        sender may have another employer since then (C07, K11).

        :rtype: dict
        """
        # sudo: what was kept of this mail, whoever runs the worker
        requests = self.env["helpdesk.ticket.request"].sudo()
        held = [("inbox_mail_id", "=", place.arrival.row_id)]
        contact = self.env["res.partner"].browse(place.author_id or [])
        return requests.search(held, limit=1)._get_values_of_then(contact)

    @api.model
    def _prepare_message(self, mail, place):
        """Return a mail as `IncomingMessage`, or the original of a forwarded one.

        :rtype: IncomingMessage
        """
        sender, forwarded = place.sender, place.forwarded
        # of a sender that cannot be read, what stands in the mail
        written = sender.address and formataddr((sender.name or "", sender.address))
        # sudo: a setting of the mailbox, for whoever runs the gateway
        servers = self.env["fetchmail.server"].sudo()
        server = servers.browse(place.arrival.server_id or [])
        files = mail.files + (forwarded.files if forwarded else ())
        return IncomingMessage(
            body=forwarded.body if forwarded else mail.body,
            text=mail.text,
            subject=forwarded.subject if forwarded else mail.subject,
            files=() if server and not server.attach else files,
            message_id=place.message_id or mail.message_id,
            date=(forwarded.date if forwarded else None) or mail.date,
            email_from=written or mail.email_from,
            author_id=place.author_id,
            # the agent chose them, and not the writer of the original
            to="" if forwarded else place.to,
            cc="" if forwarded else place.cc,
            parent_id=place.parent_id,
            audience=place.audience,
            automatic=bool(place.automatic),
        )

    @api.model
    def _finish_forwarded(self, place, ticket):
        """Let the agent follow the ticket, and keep what it wrote above the original.
        Who else got the forward takes no part: what they answer is for us (E06).

        :param ticket: `helpdesk.ticket` that holds the original now
        """
        agent = self.env["res.partner"].browse(place.forwarded.agent_id)
        ticket.message_subscribe(agent.ids)
        text = self.env._("Forwarded by %(agent)s.", agent=agent.display_name)
        body = Markup("<p>%s</p>") % text
        if not is_html_empty(place.forwarded.note):
            body += Markup(place.forwarded.note)  # as above
        ticket.message_post(
            body=body,
            author_id=agent.id,
            incoming_email_to=place.to,
            incoming_email_cc=place.cc,
            message_type="comment",
            subtype_xmlid="mail.mt_note",
        )

    @api.model
    def _join_ticket(self, case):
        """Post a mail on its ticket, or on the one that goes on for it (E06, T13).

        :param Case case: the mail
        :return: the `helpdesk.ticket` that has it
        """
        mail, place, decision = case.mail, case.place, case.decision
        # sudo: the gateway posts, whoever wrote
        ticket = self.env["helpdesk.ticket"].sudo().browse(decision.ticket_id)
        message = self._prepare_message(mail, place)
        if decision.ticket_id != place.ticket_id:  # a rule found it
            place = self._place_audience(mail, place, ticket, "rule_joined")
            message = self._prepare_message(mail, place)
        asks = place.audience == PUBLIC and not place.is_internal
        if asks and not place.automatic:
            ticket = ticket._get_last_of_chain()
            if ticket._needs_follow_up():
                values = ticket._prepare_answer_values()
                follow_up = replace(decision, kind=CREATE, quoted_id=0).give(**values)
                case = replace(case, decision=follow_up, place=place)
                return self._open_tickets([case])
        # by what anybody can write: the people in its copy are noted and get nothing
        # (reliability D4)
        by_name = decision.reason in ("reply_number", "rule_joined")
        if by_name and place.proof != PASS:
            message = message.leave_out_copies()
        if asks and not place.automatic:
            message = self._restore_contact(case, ticket, message)
        self.env["helpdesk.intake"]._join(ticket, message)
        if not message.takes_copies:
            self._note_copies(place, ticket, [message.to, message.cc])
        if mail.notes:
            self._note_remarks(mail, place, ticket)
        if place.warning:
            self._note_warning(place, ticket)
        return ticket

    @api.model
    def _restore_contact(self, case, ticket, message):
        """Give a ticket that is nobody's, as its contact was deleted, the contact back
        whose first mail opened it: an answer would reach nobody (K12, C09).

        :return: the `IncomingMessage`, of that contact
        """
        place = case.place
        if place.doubt or ticket.partner_id or ticket.partner_email:
            return message
        mails = ticket.message_ids.filtered(lambda one: one.message_type == "email")
        first = email_normalize_all(mails.sorted("id")[:1].email_from)
        if place.sender.address not in first:
            return message
        company = self.env["res.company"].browse(place.company_id)
        contact = self.env["res.partner"].browse(place.author_id or [])
        if not contact and company.helpdesk_auto_create_contact:
            text = f"{message.subject}\n{message.text}"
            sender = (place.sender.address, place.sender.name, text, "")
            # sudo: as the door does it for a new sender
            contacts = self.env["res.partner"].sudo()
            contact = contacts._helpdesk_create_from_emails([sender], company)[0]
        if contact:
            ticket.partner_id = contact
        else:
            ticket.partner_email = place.sender.address
        return replace(message, author_id=contact.id or 0)

    # -- no ticket -----------------------------------------------------------------

    @api.model
    def _put_aside(self, mail, place, decision):
        """Do what is left to do for a mail that becomes no ticket.

        :return: whether its sender was told so
        """
        if place.kind == OTHER_APP and decision.kind == ELSEWHERE:
            self.env["mail.thread"]._helpdesk_pass_on(self._make_readable(mail))
        elif place.kind == REPORT and decision.reason == "bounced":
            self._show_bounce(mail, place)
        elif place.kind == REPORT and decision.reason == "bounce":
            readable = self._make_readable(mail)
            self.env["mail.thread"]._helpdesk_pass_on_report(readable)
        elif place.kind == TWIN:
            self._tell_second_team(place)
        elif place.kind == OVERSIZED:
            return self._tell_oversized(mail, place, decision)
        return False

    @api.model
    def _make_readable(self, mail):
        """Return a mail as bytes that Odoo's gateway reads without surprise (E09)."""
        return read_mail(mail.raw, mail.message_id).data

    @api.model
    def _tell_second_team(self, place):
        """Tell the team of another mailbox that a mail reached both."""
        # sudo: names of the mailbox's team and the ticket's, for their members
        env = self.sudo().env
        server = env["fetchmail.server"].browse(place.arrival.server_id or [])
        ticket = env["helpdesk.ticket"].browse(place.ticket_id or [])
        team = server.helpdesk_team_id
        first = env["helpdesk.inbox.mail"].browse(place.twin_id or []).server_id
        if not ticket or not team or team == ticket.team_id or server == first:
            return
        ticket.message_post(
            body=self.env._(
                "The mail that opened this ticket was also sent to the team %(team)s.",
                team=team.display_name,
            ),
            partner_ids=(team.leader_id or team.member_ids).partner_id.ids,
            subtype_xmlid="mail.mt_note",
        )

    @api.model
    def _show_bounce(self, mail, place):
        """Mark the recipients that a mail did not reach; tell the assignee once."""
        report = mail.report
        # sudo: the gateway tells agents what became of their mail
        ticket = self.env["helpdesk.ticket"].sudo().browse(place.ticket_id)
        # sudo: as above
        sent = self.env["mail.message"].sudo().browse(place.parent_id or [])
        failed = self._find_notifications(sent, report)
        if sent and not failed.filtered(lambda n: n.notification_status != "bounce"):
            return  # the same bounce again
        failed.write(
            {
                "notification_status": "bounce",
                "failure_type": "mail_bounce",
                "failure_reason": report.reason,
            }
        )
        sent._notify_message_notification_update()
        names = ", ".join(report.recipients) or ", ".join(
            failed.res_partner_id.mapped("display_name")
        )
        ticket.message_post(
            body=self.env._(
                "A mail of this ticket could not be delivered to %(address)s: "
                "%(reason)s Correct the address, or contact the customer in another "
                "way.",
                address=names or "?",
                reason=f"{report.reason.rstrip('.') or '?'}.",
            ),
            message_type="notification",
            subtype_xmlid="mail.mt_note",
            partner_ids=ticket.user_id.partner_id.ids,
        )

    @api.model
    def _find_notifications(self, sent, report):
        """Return the notifications of a message that the report is about.

        When the address was changed on its way, the message's only recipient is meant.
        """
        mailed = sent.notification_ids.filtered(
            lambda one: one.notification_type == "email"
        )
        found = mailed.filtered(
            lambda one: (
                (one.mail_email_address or "").lower() in report.recipients
                or one.res_partner_id.email_normalized in report.recipients
                or email_normalize(one.mail_email_address) in report.recipients
            )
        )
        return found or (mailed if len(mailed) == 1 else found)

    # -- what agents are told ----------------------------------------------------------

    @api.model
    def _note_remarks(self, mail, place, ticket):
        """Write on the ticket what was odd about its mail."""
        company = self.env["res.company"].browse(place.company_id)
        ticket = ticket.with_context(lang=company.partner_id.lang or self.env.lang)
        reader = ticket.env["helpdesk.inbox.mail"]
        sentences = [reader._get_remark(code, params) for code, params in mail.notes]
        ticket._message_log(body=Markup("<br>").join(map(escape, sentences)))

    @api.model
    def _note_copies(self, place, ticket, texts):
        """Say who else got a mail that anybody could have written, and takes no part.

        :param list texts: names and addresses
        """
        people = ", ".join(filter(None, texts))
        if not people:
            return
        company = self.env["res.company"].browse(place.company_id)
        ticket = ticket.with_context(lang=company.partner_id.lang or self.env.lang)
        ticket._message_log(
            body=ticket.env._(
                "The last mail was also sent to %(people)s. They do not receive "
                "anything about this ticket: the mail was matched by the ticket "
                "number alone, which anyone can write. Put them in copy if they "
                "should take part.",
                people=people,
            )
        )

    @api.model
    def _note_warning(self, place, ticket):
        """Log on the ticket why the customer did not receive an agent's mail."""
        company = self.env["res.company"].browse(place.company_id)
        ticket = ticket.with_context(lang=company.partner_id.lang or self.env.lang)
        text = ticket.env._(WARNINGS[place.warning])
        ticket._message_log(body=text % {"address": place.sender.address})
