import hashlib
import hmac
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import NO_ACCESS

from odoo.addons.helpdesk_contact import secret

from .. import graph
from ..controllers.webhook import URL

ACTIVITY = "helpdesk_facebook.mail_activity_type_page"
FAILURE = "helpdesk_facebook.mail_activity_type_failure"
MAX_CHALLENGE = 200


class HelpdeskFacebookPage(models.Model):
    """A Facebook page of ours: what people write there becomes tickets (K04)."""

    _name = "helpdesk.facebook.page"
    _inherit = ["mail.thread", "mail.activity.mixin", "helpdesk.secret.mixin"]
    _description = "Facebook Page"
    _order = "name, id"
    _check_company_auto = True
    _secrets = ("app_secret", "page_token")

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    page_id = fields.Char(
        string="Page ID",
        required=True,
        tracking=True,
        help="The ID that Facebook shows in the settings of the page.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        tracking=True,
        default=lambda self: self.env.company,
    )
    team_id = fields.Many2one(
        "helpdesk.team",
        check_company=True,
        tracking=True,
        help="The team that gets the tickets. Leave empty for the first team of the "
        "company.",
    )
    language_id = fields.Many2one(
        "res.lang",
        required=True,
        tracking=True,
        default=lambda self: self.env.company._get_helpdesk_fallback_language(),
        help="The support language of people who write here for the first time.",
    )
    takes_posts = fields.Boolean(
        string="Posts and comments, too",
        default=True,
        tracking=True,
        help="Posts and comments of visitors on the page become tickets as well. "
        "Answers to them are comments that everybody can read.",
    )
    human_agent = fields.Boolean(
        string="Answer for seven days",
        tracking=True,
        help="Facebook accepts answers for 24 hours. With the feature “Human Agent”, "
        "which Facebook grants on request, people can answer for seven days.",
    )
    graph_url = fields.Char(
        string="Address of the Graph API",
        required=True,
        default="https://graph.facebook.com/v24.0",
        groups="base.group_system",
    )
    # Entered here, stored encrypted below, and never shown again (rel-F3)
    app_secret = fields.Char(
        compute="_compute_secrets",
        inverse="_inverse_app_secret",
        groups="base.group_system",
    )
    page_token = fields.Char(
        string="Page access token",
        compute="_compute_secrets",
        inverse="_inverse_page_token",
        groups="base.group_system",
    )
    kept_app_secret = fields.Char(copy=False, prefetch=False, groups=NO_ACCESS)
    kept_page_token = fields.Char(copy=False, prefetch=False, groups=NO_ACCESS)
    verify_token = fields.Char(required=True, copy=False, groups="base.group_system")
    webhook_url = fields.Char(string="Callback URL", compute="_compute_webhook_url")
    error = fields.Char(readonly=True, copy=False)

    _page_uniq = models.Constraint(
        "UNIQUE(page_id)", "This Facebook page is already connected."
    )

    def _compute_webhook_url(self):
        for page in self:
            page.webhook_url = f"{page.get_base_url()}{URL}"

    # -- secrets ----------------------------------------------------------------------

    def _inverse_app_secret(self):
        self._keep_secret("app_secret")

    def _inverse_page_token(self):
        self._keep_secret("page_token")

    def _get_secret_host(self, name):
        return urlsplit(self.graph_url or "").netloc if name == "page_token" else ""

    def _reveal(self, name):
        """Return a decrypted secret of this page, for use by the server only.

        :param str name: of the field
        :rtype: str
        :raise GraphError: when it cannot be used; the administrators are notified
        """
        try:
            return self._reveal_secret(name)
        except secret.SecretError as error:
            raise graph.GraphError(graph.SECRET) from error

    @api.constrains("graph_url")
    def _check_graph_url(self):
        for page in self:
            if not page.graph_url.startswith(("https://", "http://")):
                raise ValidationError(
                    self.env._(
                        "The address of the Graph API must begin with https://, for "
                        "example https://graph.facebook.com/v24.0."
                    )
                )

    def write(self, vals):
        """Write values, and retry what waits for a new token.

        :param dict vals: values of the page
        """
        res = super().write(vals)
        if {"page_token", "app_secret"} & vals.keys():
            self._forget_error()
            waiting = self.env["helpdesk.facebook.delivery"].sudo()  # sudo: a queue
            waiting._resume(self)
        return res

    # -- requests of Facebook ---------------------------------------------------------

    @api.model
    def _get_challenge(self, parameters):
        """Return the challenge to repeat, None if the request is not from Facebook.

        :param dict parameters: of the request
        """
        token = parameters.get("hub.verify_token") or ""
        # sudo: the request is anonymous; tokens are only compared
        known = [page.verify_token or "" for page in self.sudo().search([])]
        right = [_is_same(token, one) for one in known if one]
        if parameters.get("hub.mode") != "subscribe" or not any(right):
            return None
        return (parameters.get("hub.challenge") or "")[:MAX_CHALLENGE]

    @api.model
    def _find_signed(self, body, signature):
        """Return the pages whose app signed a delivery, as superuser.

        :param bytes body: as received
        :param str signature: of the header
        """
        # sudo: the request is anonymous; secrets are only compared
        pages = self.sudo().search([("kept_app_secret", "!=", False)])
        return pages.filtered(lambda page: page._is_signature(body, signature))

    def _is_signature(self, body, signature):
        try:
            key = self._reveal("app_secret").encode()
        except graph.GraphError as error:
            self._note_error(error)
            return False
        digest = hmac.new(key, body, hashlib.sha256).hexdigest()
        return _is_same(signature, f"sha256={digest}")

    # -- requests to Facebook ---------------------------------------------------------

    def _get_graph(self):
        """Return the `Graph` of this page.

        :raise GraphError: SECRET
        """
        self.ensure_one()
        page = self.sudo()  # sudo: the token is only sent to Facebook
        return graph.Graph(
            (page.graph_url or "").rstrip("/"),
            page._reveal("page_token"),
            page._reveal("app_secret"),
        )

    def action_check(self):
        """Check with Facebook whether the token belongs to the page.

        :return: an `ir.actions.client` with the result
        :rtype: dict
        :raise UserError: with the reason why it does not
        """
        self.ensure_one()
        self.check_access("write")
        try:
            found = self._get_graph().get("me", fields="id,name")
        except graph.GraphError as error:
            raise UserError(self._describe(error)) from error
        if str(found.get("id")) != self.page_id:
            raise UserError(
                self.env._(
                    "The token belongs to another page, %(name)s. Create one for this "
                    "page.",
                    name=found.get("name") or found.get("id"),
                )
            )
        self._forget_error()
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "message": self.env._("Facebook accepts the connection."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @api.model
    def _cron_check(self):
        """Check with Facebook whether the token and the secret of each page are still
        valid: with a wrong secret all deliveries are ignored, which nobody would
        notice."""
        pages = self.search([("active", "=", True)])
        self.env["ir.cron"]._commit_progress(remaining=len(pages))
        sending = self.env["helpdesk.facebook.delivery"]._search_waiting(pages)
        for page in pages:
            try:
                page._get_graph().get("me", fields="id")
            except graph.GraphError as error:
                if error.kind in graph.ACCESS:
                    page._note_error(error)
            else:
                # pages with waiting parts are tested by sending them
                (page - sending.thread_id.page_id)._forget_error()
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _describe(self, error):
        """Return a sentence about an error of Facebook.

        :param GraphError error: the error
        """
        sentences = {
            graph.TOKEN: self.env._(
                "Facebook does not accept the page access token any more. Create a new "
                "one and enter it on the connection of the page."
            ),
            graph.SECRET: self.env._(
                "The page access token and the app secret of “%(page)s” are no longer "
                "valid together. Enter both again on the connection of the page.",
                page=self.name,
            ),
            graph.PERMISSION: self.env._(
                "The page access token lacks a permission. Grant it to the app, create "
                "a new token and enter it on the connection of the page. Facebook "
                "says: %(reason)s",
                reason=error.text,
            ),
            graph.WINDOW: self.env._(
                "Facebook no longer accepts an answer, because the customer's last "
                "message is too old. Contact the customer in another way."
            ),
            graph.BUSY: self.env._("Facebook could not be reached or is too busy."),
            graph.UNSURE: self.env._(
                "Facebook gave no clear answer: the message may or may not have "
                "arrived. Check the conversation on Facebook before you send it again."
            ),
        }
        return sentences.get(error.kind) or self.env._(
            "Facebook refused it: %(reason)s", reason=error.text or "?"
        )

    # -- people -----------------------------------------------------------------------

    def _note_error(self, error):
        """Store that the access ended, and create an activity for each administrator.

        :param GraphError error: of Facebook
        """
        if self.error:
            return
        localized = self.with_context(lang=self.company_id.partner_id.lang or "en_US")
        self.error = localized._describe(error)
        self._tell_administrators(
            ACTIVITY,
            lambda page: (
                page.env._("Facebook needs a new token"),
                page._describe(error),
            ),
        )

    def _note_failure(self):
        """Create one activity for each administrator, however many deliveries
        failed."""
        if not self.sudo().activity_search([FAILURE]):  # sudo: activities of all users
            self._tell_administrators(
                FAILURE,
                lambda page: (
                    page.env._("A delivery from Facebook did not become a ticket"),
                    page.env._(
                        "Open Received in the configuration of the helpdesk to see "
                        "why. Nothing is lost: press Retry to process it again."
                    ),
                ),
            )

    def _tell_administrators(self, activity, explain):
        """Create an activity for each administrator.

        :param str activity: external identifier of its type
        :param explain: callable that gets the page in a language, and returns summary
            and note
        """
        # sudo: the users of the group
        group = self.env.ref("base.group_system").sudo()
        for user in group.all_user_ids.filtered(
            lambda user: user.active and self.company_id in user.company_ids
        ):
            summary, note = explain(self.with_context(lang=user.lang))
            self.activity_schedule(
                activity, user_id=user.id, summary=summary, note=note
            )

    def _forget_error(self):
        """Remove the error and its activities, as the token is valid."""
        for page in self.filtered("error"):
            page.error = False
            page.sudo().activity_unlink([ACTIVITY])  # sudo: activities of all users


def _is_same(given, known):
    """Compare secrets in constant time; the received value may be any text."""
    return hmac.compare_digest(given.encode(errors="replace"), known.encode())
