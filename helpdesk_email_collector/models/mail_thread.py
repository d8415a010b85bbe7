import xmlrpc.client

from odoo import api, models, tools
from odoo.exceptions import AccessError
from odoo.tools.mail import email_normalize

from ..collected_mail import CollectedMail, find_mail, parse_fields
from ..delivery_report import is_report
from ..memory import forget, recall, remembering


class MailThread(models.AbstractModel):
    """The map: where a mail meets the helpdesk, in the order in which it does.

    The mail travels as a `CollectedMail` in the context key `helpdesk_mail`. No rule
    of the business is in here. Mails that are not the helpdesk's pass as if this addon
    were not there.
    """

    _name = "mail.thread"
    _inherit = ["helpdesk.dry.run.mixin", "mail.thread"]

    @api.model
    def message_process(
        self,
        model,
        message,
        custom_values=None,
        save_original=False,
        strip_attachments=False,
        thread_id=None,
    ):
        """1b. A mail that a mail server pipes in gets its row of the inbox (E01).

        :raise AccessError: for whoever is no mail server and no administrator
        """
        self._check_helpdesk_gateway()
        self = self.sudo()  # the user of a mail server needs no rights of its own
        if isinstance(message, xmlrpc.client.Binary):
            message = bytes(message.data)
        if isinstance(message, str):
            message = message.encode()
        mail = self._get_helpdesk_mail()
        arrived = not mail  # else it comes from the inbox
        mail = mail or CollectedMail(message, company=self.env.company)
        gateway = self.with_context(
            helpdesk_mail=mail,
            image_no_postprocess=True,  # pictures stay as they came; none is unpacked
        )

        def deliver():
            safe = self.env["helpdesk.mail.reader"]._read(mail, model)
            return safe and super(MailThread, gateway).message_process(
                model,
                safe,
                custom_values=custom_values,
                save_original=save_original,
                strip_attachments=strip_attachments,
                thread_id=thread_id,
            )

        with remembering(self.env):
            if arrived:
                inbox = self.env["helpdesk.inbox.mail"]
                return inbox._receive_by_gateway(mail, deliver)
            return deliver()

    @api.model
    def _check_helpdesk_gateway(self):
        """Let only a mail server or an administrator deliver mails.

        The gateway is called over RPC. Whoever delivers a mail writes its trusted
        headers, too: what the mail server found out about its sender (rel-D1).
        """
        user = self.env.user
        groups = ("base.group_system", "helpdesk_email_collector.group_mail_gateway")
        if not self.env.su and not any(map(user.has_group, groups)):
            raise AccessError(
                self.env._(
                    "E-mails are delivered by administrators and by users of the group "
                    "“E-mail Gateway” only."
                )
            )

    @api.model
    def message_parse(self, message, save_original=False):
        """3. Core reads the mail; a missing sender or identifier is filled in."""
        if self._get_helpdesk_mail():
            parse_fields(message)
        msg_dict = super().message_parse(message, save_original=save_original)
        if mail := self._get_helpdesk_mail():
            self.env["helpdesk.mail.reader"]._complete(mail, message, msg_dict)
        return msg_dict

    @api.model
    def message_route(
        self, message, message_dict, model=None, thread_id=None, custom_values=None
    ):
        """4. Core knows replies, aliases and bounces; then the rules decide (E02)."""
        mail = self._get_helpdesk_mail()
        if mail and (parent_id := message_dict.get("parent_id")):
            # sudo: the gateway looks for it with all rights, too
            parent = self.env["mail.message"].sudo().browse(parent_id)
            mail.answers_ticket = parent.model == "helpdesk.ticket"
        routes = super().message_route(
            message, message_dict, model, thread_id, custom_values
        )
        if not mail:
            return routes
        mail.message, mail.msg_dict = message, message_dict
        return self.env["helpdesk.email.collector"]._decide(mail, routes)

    @api.model
    def _detect_is_bounce(self, message, message_dict):
        """3b. Many servers' reports have no form that core knows (E07)."""
        mail = self._get_helpdesk_mail()
        return bool(
            super()._detect_is_bounce(message, message_dict)
            or is_report(message, mail.raw if mail else b"")
        )

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        """4b. A report is shown on the mail that it is about (E07)."""
        mail = self._get_helpdesk_mail()
        collector = self.env["helpdesk.email.collector"]
        forget(self.env)
        if mail and collector._take_report(mail, email_message):
            return
        super()._routing_handle_bounce(email_message, message_dict)

    @api.model
    def _routing_reset_bounce(self, email_message, message_dict):
        """4b2. Who writes can be reached again; core asks each kind of people (E07)."""
        sender = email_normalize(message_dict.get("email_from"))
        if self._get_helpdesk_mail() and not self._find_bounced([sender])[sender]:
            return None
        forget(self.env)
        return super()._routing_reset_bounce(email_message, message_dict)

    @api.model
    def _find_bounced(self, addresses):
        """Tell to which addresses mail came back; whoever delegates to a contact counts
        there.

        :param list addresses: normalised addresses
        :return: a dict of True and None by address
        """
        # sudo: core counts for everybody; the addresses are the senders' own
        env = self.sudo().env

        def find(new):
            domain = [("message_bounce", ">", 0), ("email_normalized", "in", new)]
            found = (
                env[name].search_fetch(domain, ["email_normalized"])
                for name in self._get_bounce_counters()
            )
            addresses = (record.email_normalized for rows in found for record in rows)
            return dict.fromkeys(addresses, True)

        return recall(env, "bounced", addresses, find)

    @api.model
    @tools.ormcache()
    def _get_bounce_counters(self):
        """Return the names of the models with a counter of bounces of their own."""
        return tuple(
            name
            for name, model in self.env.items()
            if model._auto
            and not model._abstract
            and (field := model._fields.get("message_bounce"))
            and field.store
            and not field.inherited
        )

    @api.model
    def _mail_find_user_for_gateway(self, email_value, alias=None):
        """4c. A mail makes tickets as nobody but the technical user (E08)."""
        mail = self._get_helpdesk_mail()
        if mail and self.env["helpdesk.email.collector"]._acts_as_nobody(mail, alias):
            return self.env["res.users"]
        return super()._mail_find_user_for_gateway(email_value, alias=alias)

    @api.model
    def _detect_loop_sender(self, message, message_dict, routes):
        """5. A guard against floods: ours for tickets, core's for the rest (E07)."""
        mail = self._get_helpdesk_mail()
        if not mail or not mail.for_helpdesk:
            return super()._detect_loop_sender(message, message_dict, routes)
        return self.env["helpdesk.inbox.mail"]._stop_flood(mail, routes)

    @api.model
    def _message_parse_post_process(self, message, message_dict, routes):
        """5b. People are those whom the company knows and the mail proves (E08)."""
        mail = self._get_helpdesk_mail()
        collector = self.env["helpdesk.email.collector"]
        if mail and mail.for_helpdesk:
            people = collector._prepare_people(mail, routes)
            message_dict = {**message_dict, **people}
        values = super()._message_parse_post_process(message, message_dict, routes)
        if mail:
            collector._check_people(mail, values)
        return values

    @api.model
    def _get_helpdesk_automatic_sign(self, message, message_dict):
        """6. What the rules know already: whether a program wrote it (E07)."""
        if mail := self._get_helpdesk_mail():
            return self.env["helpdesk.email.collector"]._get_automatic_sign(mail)
        return super()._get_helpdesk_automatic_sign(message, message_dict)

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        """6 to 9. The ticket takes the mail; then operations see it there (E03)."""
        mail = self._get_helpdesk_mail()
        collector = self.env["helpdesk.email.collector"]
        thread_id = super()._message_route_process(message, message_dict, routes)
        if mail and mail.ticket:
            self.env["helpdesk.mail.reader"]._tell(mail)
            collector._finish_forwarded(mail)
        if mail and mail.operations:
            self.env["helpdesk.email.collector.operation"]._apply(mail)
        return thread_id

    @api.model
    def _get_helpdesk_mail(self):
        return find_mail(self.env)
