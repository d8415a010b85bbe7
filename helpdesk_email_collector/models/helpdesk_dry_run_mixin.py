import uuid

from odoo import SUPERUSER_ID, api, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..collected_mail import find_mail


class HelpdeskDryRunMixin(models.AbstractModel):
    """A mail that is only tried out goes the way of every mail, as far as the decision;
    whatever would write or send on that way is left out (E04).

    Mixed into `mail.thread`, before core's methods.
    """

    _name = "helpdesk.dry.run.mixin"
    _description = "Mails that are only Tried Out"

    @api.model
    def _helpdesk_dry_run(self, mail):
        """Decide about a mail and write nothing.

        :param CollectedMail mail: gets decision, reason, rules, values and routes; with
            `tracing` a trace too
        :raises Exception: whatever the mail, core or a rule gives
        """
        mail.dry_run = True
        # A new identity: the mail may have been received before.
        mail.message_id = f"<{uuid.uuid4().hex}@try-out.invalid>"
        gateway = self.env["mail.thread"].with_user(SUPERUSER_ID)
        gateway.with_company(mail.company).with_context(
            helpdesk_mail=mail
        ).message_process(
            "helpdesk.ticket", mail.raw, custom_values={"company_id": mail.company.id}
        )
        if not mail.decision:
            mail.decide("ignore", "loop")  # core stopped it before it was routed

    @api.model
    def _helpdesk_try(self, mail):
        """Decide about a mail as `_helpdesk_dry_run`, and survive whatever it holds.

        :param CollectedMail mail: gets the decision
        :return: what went wrong in one sentence, an empty text otherwise
        """
        try:
            # a refusal of the database must not break what the user does next
            with self.env.cr.savepoint(flush=False):
                self._helpdesk_dry_run(mail)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # the whole request is repeated
        except Exception as error:  # noqa: BLE001 - shown, as the inbox would keep it
            inbox = mail.inbox or self.env["helpdesk.inbox.mail"]
            return inbox._get_error_sentence(error)
        return ""

    @api.model
    def _is_helpdesk_dry_run(self):
        mail = find_mail(self.env)
        return bool(mail) and mail.dry_run

    @api.model
    def _routing_create_bounce_email(
        self, email_from, body_html, message, **mail_values
    ):
        if self._is_helpdesk_dry_run():
            return None
        return super()._routing_create_bounce_email(
            email_from, body_html, message, **mail_values
        )

    @api.model
    def _routing_handle_bounce(self, email_message, message_dict):
        if self._is_helpdesk_dry_run():
            return None
        return super()._routing_handle_bounce(email_message, message_dict)

    @api.model
    def _routing_reset_bounce(self, email_message, message_dict):
        if self._is_helpdesk_dry_run():
            return None
        return super()._routing_reset_bounce(email_message, message_dict)

    @api.model
    def _detect_loop_sender(self, message, message_dict, routes):
        if self._is_helpdesk_dry_run():
            return False  # counts what came in lately, and says nothing about the mail
        return super()._detect_loop_sender(message, message_dict, routes)

    @api.model
    def _message_route_process(self, message, message_dict, routes):
        if self._is_helpdesk_dry_run():
            find_mail(self.env).routes = routes or []
            return False
        return super()._message_route_process(message, message_dict, routes)
