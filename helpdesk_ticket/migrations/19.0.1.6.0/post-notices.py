def migrate(cr, version):
    """Let companies that are there go on as before: their customers get no new kind of
    mail until somebody switches it on (T09). Stages are told of nowhere yet."""
    cr.execute(
        """
        UPDATE res_company
           SET helpdesk_notify_orders = FALSE, helpdesk_notify_promises = FALSE
        """
    )
