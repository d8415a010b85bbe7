"""Microsoft 365 by Odoo's own module, with a provider that speaks its protocol and a real mail server (E01, rel-F4)."""

import pytest

from dev import mail_server
from oauth_provider import OAuthProvider

pytestmark = pytest.mark.skipif(
    not mail_server.has_extras(mail_server.version()), reason="sign-in by token is set up for Dovecot 2.3"
)


def test_shared_mailbox_of_microsoft(helpdesk, api, figures, make_mailbox):
    port = helpdesk.ports["oauth"]
    parameters = {
        "microsoft_outlook.endpoint": f"http://127.0.0.1:{port}/",
        "microsoft_outlook_client_id": "client",
        "microsoft_outlook_client_secret": "client secret",
    }
    mailbox = make_mailbox(server_type="outlook", port=helpdesk.ports["imaps"], is_ssl=True, password=False)
    with (
        helpdesk.switched_off("helpdesk_email_collector.ir_cron_collect"),
        helpdesk.parameters(parameters),
        OAuthProvider(port, mailbox.user) as provider,
    ):
        provider.refresh_tokens.add("refresh")
        api.write("fetchmail.server", [mailbox.id], microsoft_outlook_refresh_token="refresh")
        mailbox.put([mailbox.compose(number) for number in range(3)])
        assert not mailbox.fetch()
        mailbox.wait_until_processed()
        assert mailbox.balance() == (0, 0)
        assert not mailbox.fetch()
        assert len(provider.requests) == 1, "a token that is good is used again"

        provider.refresh_tokens.clear()
        api.write("fetchmail.server", [mailbox.id], microsoft_outlook_access_token_expiration=1)
        assert "Connect the account again" in mailbox.fetch()
        domain = [["res_model", "=", "fetchmail.server"], ["res_id", "=", mailbox.id]]
        assert api.call("mail.activity", "search_count", domain=domain) > 0, "told at the first failure"
        (server,) = api.search_read("fetchmail.server", [["id", "=", mailbox.id]], ["helpdesk_paused_until"])
        assert server["helpdesk_paused_until"]
        assert len(provider.requests) == 2

        provider.refresh_tokens.add("another")
        api.write("fetchmail.server", [mailbox.id], microsoft_outlook_refresh_token="another")
        assert not mailbox.fetch()
        assert not api.call("mail.activity", "search_count", domain=domain)
    figures.add("Microsoft 365 by XOAUTH2 on Dovecot: 3 mails, token reused, revoked, connected again")
