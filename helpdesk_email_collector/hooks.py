def uninstall_hook(env):
    """Switch the mailboxes of the helpdesk off (E07).

    Odoo would go on reading those that sign in without a password, and open tickets
    without rules, without what keeps loops away, and from its inbox folder.
    """
    mailboxes = env["fetchmail.server"].with_context(active_test=False)
    ours = mailboxes.search([("is_helpdesk_collector", "=", True)])
    ours.write({"state": "draft"})
