import hashlib
import hmac

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from .. import graph
from ..controllers.webhook import URL

ACTIVITY = "helpdesk_facebook.mail_activity_type_page"
FAILURE = "helpdesk_facebook.mail_activity_type_failure"
MAX_CHALLENGE = 200


class HelpdeskFacebookPage(models.Model):
    """A page of ours on Facebook: what people write there becomes tickets (K04)."""

    _name = "helpdesk.facebook.page"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    _description = "Facebook Page"
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(required=True, tracking=True)
    active = fields.Boolean(default=True, tracking=True)
    page_id = fields.Char(
        string="Page ID",
        required=True,
        tracking=True,
        help="The number that Facebook shows in the settings of the page.",
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
        help="Who gets the tickets. Leave it empty for the company's first team.",
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
        help="What visitors post and comment on the page becomes tickets as well. "
        "Answers to them are comments that everybody can read.",
    )
    human_agent = fields.Boolean(
        string="Answer for seven days",
        tracking=True,
        help="Facebook takes answers for 24 hours. With the feature “Human Agent”, "
        "which it grants on request, people may answer for seven days.",
    )
    graph_url = fields.Char(
        string="Address of the Graph API",
        required=True,
        default="https://graph.facebook.com/v24.0",
        groups="base.group_system",
    )
    app_secret = fields.Char(required=True, copy=False, groups="base.group_system")
    page_token = fields.Char(
        string="Page access token",
        required=True,
        copy=False,
        groups="base.group_system",
    )
    verify_token = fields.Char(required=True, copy=False, groups="base.group_system")
    webhook_url = fields.Char(string="Callback URL", compute="_compute_webhook_url")
    error = fields.Char(readonly=True, copy=False)

    _page_uniq = models.Constraint(
        "UNIQUE(page_id)", "This Facebook page is connected already."
    )

    def _compute_webhook_url(self):
        for page in self:
            page.webhook_url = f"{page.get_base_url()}{URL}"

    @api.constrains("graph_url")
    def _check_graph_url(self):
        for page in self:
            if not page.graph_url.startswith(("https://", "http://")):
                raise ValidationError(
                    self.env._(
                        "The address of the Graph API begins with https://, as in "
                        "https://graph.facebook.com/v24.0."
                    )
                )

    def write(self, vals):
        """Try again what waits for a new token.

        :param dict vals: values of the page
        """
        res = super().write(vals)
        if {"page_token", "app_secret"} & vals.keys():
            self._forget_error()
            waiting = self.env["helpdesk.facebook.delivery"].sudo()  # sudo: a queue
            waiting._resume(self)
        return res

    # -- what Facebook asks ---------------------------------------------------------

    @api.model
    def _get_challenge(self, parameters):
        """Return the challenge that Facebook wants to read, None for somebody else.

        :param dict parameters: of its request
        """
        token = parameters.get("hub.verify_token") or ""
        # sudo: whoever asks is nobody; tokens are compared only
        known = [page.verify_token or "" for page in self.sudo().search([])]
        right = [_is_same(token, one) for one in known if one]
        if parameters.get("hub.mode") != "subscribe" or not any(right):
            return None
        return (parameters.get("hub.challenge") or "")[:MAX_CHALLENGE]

    @api.model
    def _find_signed(self, body, signature):
        """Return the pages whose app signed a delivery, as superuser.

        :param bytes body: as it came
        :param str signature: of the header
        """
        # sudo: whoever delivers is nobody; secrets are compared only
        pages = self.sudo().search([("app_secret", "!=", False)])
        return pages.filtered(
            lambda page: _is_same(signature, page._get_signature(body))
        )

    def _get_signature(self, body):
        digest = hmac.new(self.app_secret.encode(), body, hashlib.sha256)
        return f"sha256={digest.hexdigest()}"

    # -- what is asked of Facebook --------------------------------------------------

    def _get_graph(self):
        """Return the `Graph` of this page."""
        self.ensure_one()
        page = self.sudo()  # sudo: the token leaves this method for Facebook only
        return graph.Graph(
            (page.graph_url or "").rstrip("/"),
            page.page_token or "",
            page.app_secret or "",
        )

    def action_check(self):
        """Ask Facebook whether the token is the page's.

        :return: an `ir.actions.client` that says so
        :raise UserError: when it is not, with the reason
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

    def _describe(self, error):
        """Say in one sentence what Facebook refused.

        :param GraphError error: what it was
        """
        sentences = {
            graph.TOKEN: self.env._(
                "Facebook does not accept the page access token any more. Create a new "
                "one and enter it on the connection of the page."
            ),
            graph.WINDOW: self.env._(
                "Facebook takes no answer any more, because the customer last wrote "
                "too long ago. Reach the customer in another way."
            ),
            graph.BUSY: self.env._("Facebook could not be reached or is too busy."),
            graph.UNSURE: self.env._(
                "Facebook gave no clear answer: what was sent may have arrived or not. "
                "Look into the conversation on Facebook before you send it again."
            ),
        }
        return sentences.get(error.kind) or self.env._(
            "Facebook refused it: %(reason)s", reason=error.text or "?"
        )

    # -- people -----------------------------------------------------------------------

    def _note_error(self, error):
        """Show that the token ended, and give the administrators one activity.

        :param GraphError error: what Facebook said
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
        """Give the administrators one activity, however many deliveries failed."""
        if not self.sudo().activity_search([FAILURE]):  # sudo: others' as well
            self._tell_administrators(
                FAILURE,
                lambda page: (
                    page.env._("A delivery of Facebook became no ticket"),
                    page.env._(
                        "Open Received in the configuration of the helpdesk: it says "
                        "why. Nothing is lost, and Retry deals with it again."
                    ),
                ),
            )

    def _tell_administrators(self, activity, explain):
        """Give each administrator an activity.

        :param str activity: external identifier of its type
        :param explain: gets the page in a language, returns summary and note
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
        """Facebook accepts the token: nothing to do for anybody."""
        for page in self.filtered("error"):
            page.error = False
            page.sudo().activity_unlink([ACTIVITY])  # sudo: they are others' as well


def _is_same(given, known):
    """Compare secrets in constant time; what came may be any text."""
    return hmac.compare_digest(given.encode(errors="replace"), known.encode())
