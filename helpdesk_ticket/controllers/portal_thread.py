from werkzeug.exceptions import NotFound, abort

from odoo import http
from odoo.exceptions import UserError
from odoo.http import request

from odoo.addons.mail.controllers.attachment import AttachmentController
from odoo.addons.mail.controllers.message_reaction import MessageReactionController
from odoo.addons.portal.controllers.thread import PortalThreadController

from .. import customer_html
from ..exceptions import TooManyRequestsError
from ..file_name import base_name
from ..typed_text import read_id
from .limit import say_too_many


def get_reachable(message_id):
    """Let nobody act on a message of a ticket that it may not read: Odoo lets who may
    write in a ticket do that with each message of it (T15, rel-B1).

    :param message_id: from a browser; Odoo would take " 7" and 7.0 for 7, too
    :return: the `mail.message` as sudo, empty for what is no id
    :raise NotFound: the message is one of a ticket, and hidden
    """
    # sudo: what the message is about
    message = request.env["mail.message"].sudo().browse(read_id(message_id)).exists()
    # sudo(False): by the rights of the asker
    if message.model == "helpdesk.ticket" and not message.sudo(False).has_access(
        "read"
    ):
        raise NotFound
    return message


class HelpdeskThread(PortalThreadController):
    @http.route()
    def mail_message_post(
        self, thread_model, thread_id, post_data, context=None, **kwargs
    ):
        """Post a message; too many of them are refused with an HTTP status too
        (rel-H4).

        :return: the result of Odoo's route
        :raise HTTPException: 429, with the sentence in the form of JSON-RPC
        :raise UserError: the author was logged out meanwhile
        """
        if thread_model == "helpdesk.ticket" and self.env.user._is_public():
            raise UserError(
                self.env._(
                    "You have been logged out. Log in in another window, then send "
                    "this again."
                )
            )
        try:
            if self._is_of_customer(thread_model):
                self.env[thread_model]._limit_portal("portal_answer")
                post_data = {
                    **self._read_answer(post_data),
                    "message_type": "comment",
                    "subtype_xmlid": "mail.mt_comment",
                }
            return super().mail_message_post(
                thread_model, thread_id, post_data, context=context, **kwargs
            )
        except TooManyRequestsError as error:
            # The chatter shows the messages of those error types that it knows.
            known = UserError(str(error))
            abort(say_too_many(request.dispatcher.handle_error(known)))

    @http.route()
    def mail_message_update_content(self, message_id, update_data, **kwargs):
        """Change a message; a customer changes the words and files of an answer.

        :return: what Odoo's route returns
        :raise NotFound: the message is one of a ticket that the user must not read
        """
        message = get_reachable(message_id)
        if self._is_of_customer(message.model):
            update_data = self._read_answer(update_data)
        return super().mail_message_update_content(message.id, update_data, **kwargs)

    @http.route()
    def mail_thread_recipients(self, thread_model, thread_id, message_id=None):
        """Propose who gets an answer to a message that the user may read.

        :return: what Odoo's route returns
        :raise NotFound: for others of tickets, and for hidden tickets
        """
        self._check_ticket(thread_model, thread_id)
        message = get_reachable(message_id)
        return super().mail_thread_recipients(thread_model, thread_id, message.id)

    @http.route()
    def mail_thread_recipients_get_suggested_recipients(
        self, thread_model, thread_id, partner_ids=None, main_email=False
    ):
        """Propose who gets a message about what the user may read.

        :return: what Odoo's route returns
        :raise NotFound: for hidden tickets
        """
        self._check_ticket(thread_model, thread_id)
        return super().mail_thread_recipients_get_suggested_recipients(
            thread_model, thread_id, partner_ids=partner_ids, main_email=main_email
        )

    def _check_ticket(self, model, thread_id):
        """Refuse a ticket that the user may not read, and one that does not exist:
        Odoo proposes recipients for nothing, which is an error with a traceback.

        :param str model: of what a message is about
        :param thread_id: from a browser
        :raise NotFound: there is no such ticket for this user
        """
        if model == "helpdesk.ticket" and not self._get_thread_with_access(
            model, read_id(thread_id), mode="read"
        ):
            raise NotFound

    def _is_of_customer(self, model):
        """Say whether a customer writes in a ticket.

        :param str model: of what the message is about
        """
        return model == "helpdesk.ticket" and not self.env.user._is_internal()

    def _read_answer(self, data):
        """Return what a customer may say of an answer, whatever else was asked for
        (rel-A6).

        :param dict data: as Odoo's routes take it
        :rtype: dict
        """
        known = ("attachment_ids", "attachment_tokens", "body")
        answer = {key: data[key] for key in known if key in data}
        if "body" in answer:
            answer["body"] = self._clean_customer_text(answer["body"])
        return answer

    def _clean_customer_text(self, text):
        """Return a customer's text without what would affect the page around it (C2).

        :raise UserError: it is too long
        """
        try:
            return customer_html.clean(text)
        except customer_html.TooLongError as error:
            raise UserError(
                self.env._(
                    "Your message is too long. Attach the long part of it as a file."
                )
            ) from error


class HelpdeskReaction(MessageReactionController):
    @http.route()
    def mail_message_reaction(self, message_id, content, action, **kwargs):
        """React on a message that the user may read.

        :return: what Odoo's route returns
        :raise NotFound: for others of tickets
        """
        message = get_reachable(message_id)
        return super().mail_message_reaction(message.id, content, action, **kwargs)


class HelpdeskAttachment(AttachmentController):
    @http.route()
    def mail_attachment_upload(
        self, ufile=None, thread_id="", thread_model="", is_pending=False, **kwargs
    ):
        """Store a file for a message that is being written; files of customers have the
        same limits as those of a new ticket (rel-H4).

        :return: the result of Odoo's route; JSON with a sentence if there are too many
        """
        is_file = bool(getattr(ufile, "filename", None))
        if not is_file or not read_id(thread_id) or thread_model not in self.env:
            return request.make_json_response({}, status=400)
        if thread_model == "helpdesk.ticket" and not self.env.user._is_internal():
            is_pending = True
            ufile.filename = base_name(ufile.filename)
            try:
                self.env["helpdesk.ticket"]._limit_uploads(ufile.read())
            except UserError as error:
                return request.make_json_response({"error": str(error)})
            ufile.seek(0)
        return super().mail_attachment_upload(
            ufile, thread_id, thread_model, is_pending=is_pending, **kwargs
        )
