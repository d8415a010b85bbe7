def uninstall_hook(env):
    """Switch off the mailboxes of the helpdesk (E07).

    Otherwise Odoo would keep reading those that need no password, and would create
    tickets without rules, without protection from loops, and only from the folder
    INBOX.
    """
    mailboxes = env["fetchmail.server"].with_context(active_test=False)
    ours = mailboxes.search([("is_helpdesk_collector", "=", True)])
    ours.write({"state": "draft"})
