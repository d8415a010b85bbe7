import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import consteq
from odoo.tools.mail import formataddr
from odoo.tools.misc import hmac

_logger = logging.getLogger(__name__)

SCOPE = "helpdesk_ticket.request"
# Days in which the primary contact can decide by the links in its mail
LINK_DAYS = 30
MAX_ID = 2**31 - 1
# Requests that were decided, on a page of the portal
MAX_SHOWN = 200


class HelpdeskTicketRequest(models.Model):
    """The primary contact decides whether a request becomes a ticket (C07): in the
    portal, or by the buttons of a mail. An agent may still decide otherwise."""

    _inherit = "helpdesk.ticket.request"

    decided_by_id = fields.Many2one(
        "res.partner",
        string="Decided by",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    decided_date = fields.Datetime(string="Decided on", readonly=True)

    # -- ask ------------------------------------------------------------------------

    def _ask_primary_contact(self):
        """Mail the request to the primary contact, with a button for yes and for no.

        Not more mails than a person makes: further ones wait in the portal.
        """
        self.ensure_one()
        primary = self.primary_contact_id
        throttle = self.env["helpdesk.throttle"]
        if not primary.email_normalized or primary == self.partner_id:
            return
        if throttle._take("request_mail", f"{self.company_id.id}:{primary.id}"):
            self._send_request_mail("helpdesk_ticket.mail_template_request_approval")

    def _send_request_mail(self, template_xmlid):
        """Send an automatic mail about this request from the helpdesk's address.

        :param str template_xmlid: the `mail.template`; nothing is sent without it
        :return: whether it was sent
        """
        template = self.env.ref(template_xmlid, raise_if_not_found=False)
        if not template:
            return False
        # RFC 3834 section 5: an automatic answer says so, and programs don't reply.
        values = {"headers": repr({"Auto-Submitted": "auto-replied"})}
        if address := self.company_id.helpdesk_sender_address:
            sender = formataddr((self.company_id.name, address))
            values.update(email_from=sender, reply_to=sender)
        # A mail of no document: only its recipient reads the links in it.
        alone = {"model": False, "res_id": False, "helpdesk_is_alone": True}
        # what waits to be written is none of the template's, and stays
        self.env.flush_all()
        try:
            with self.env.cr.savepoint(flush=False):
                mail_id = template.send_mail(
                    self.id,
                    email_values={**values, **alone},
                    email_layout_xmlid="helpdesk_ticket.mail_layout",
                )
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise  # the whole request is repeated
        except Exception:  # noqa: BLE001 - a template raises anything
            self.env.transaction.clear()
            _logger.warning("Notice %s of request %s fails", template.id, self.id)
            return False
        # sudo: outgoing mails are technical; this one was just made here
        self.env["mail.mail"].sudo().browse(mail_id).send_after_commit()
        return True

    # -- links ----------------------------------------------------------------------

    @api.model
    def _sign_request(self, *parts):
        # sudo: reads the secret of the database; only the hash leaves this method
        return hmac(self.sudo().env, SCOPE, parts)

    def _get_decision_url(self, answer):
        """Return where the primary contact decides: a page that asks for a click.

        Without links in mails (a setting) it is the portal, behind the login.

        :param str answer: `approve` or `decline`
        :rtype: str
        """
        self.ensure_one()
        # sudo: a setting, whoever writes
        if not self.company_id.sudo().helpdesk_link:
            return f"{self.get_base_url()}/my/ticket-requests"
        primary = self.primary_contact_id
        signature = self._sign_request(self.id, primary.id, primary.email_normalized)
        path = f"/helpdesk/request/{self.id}/{primary.id}/{signature}/{answer}"
        return self.get_base_url() + path

    @api.model
    def _find_by_link(self, request_id, primary_id, signature):
        """Return the request that a link lets the primary contact decide.

        Nothing says why a link does not.

        :param int request_id: from the link
        :param int primary_id: from the link
        :param str signature: from the link
        :return: the `helpdesk.ticket.request`, empty or as sudo
        """
        # sudo: the signature is checked below, before anything leaves this method
        request = self.sudo().browse(request_id if request_id <= MAX_ID else 0).exists()
        primary = request.primary_contact_id
        address = primary.email_normalized or ""
        expected = self._sign_request(request_id, primary_id, address)
        is_right = consteq(signature.encode(), expected.encode())
        if not is_right or primary.id != primary_id or not request._has_living_link():
            return self.browse()
        return request

    def _has_living_link(self):
        """Say whether the mail about this request still leads to a decision."""
        since = fields.Datetime.now() - timedelta(days=LINK_DAYS)
        return self.company_id.helpdesk_link and self.create_date >= since

    # -- decide ---------------------------------------------------------------------

    @api.model
    def _get_requests_of(self, partner):
        """Return the requests that a contact wrote or decides.

        :param partner: `res.partner` of the user of the portal
        :return: `helpdesk.ticket.request` as sudo: all that wait for a decision and
            the last ones of the others, the newest first
        """
        # sudo: only those that the contact wrote, or decides as primary contact
        requests = self.sudo()
        decides = "customer_id.primary_contact_id"
        mine = Domain("partner_id", "=", partner.id) | Domain(decides, "=", partner.id)
        held = Domain("state", "=", "held")
        decided = requests.search(mine & ~held, limit=MAX_SHOWN)
        return (requests.search(mine & held) | decided).sorted("id", reverse=True)

    def _decide(self, answer):
        """Let the primary contact decide a request; nothing happens the second time.

        :param str answer: `approve` or `decline`
        :return: whether it was decided now
        :rtype: bool
        """
        self.ensure_one()
        # Two clicks at once make one ticket.
        if not self.try_lock_for_update() or self.state != "held":
            return False
        primary = self.primary_contact_id
        if answer == "approve":
            self.action_accept()
        else:
            self.state = "declined"
            self._send_request_mail("helpdesk_ticket.mail_template_request_declined")
        if self.state == "held":
            return False
        self.write({"decided_by_id": primary.id, "decided_date": fields.Datetime.now()})
        return True
