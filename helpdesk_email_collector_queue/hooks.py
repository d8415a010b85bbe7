def uninstall_hook(env):
    """Cancel the waiting jobs, whose method is removed with the addon; the scheduled
    action of the collector processes their mails."""
    waiting = env["queue.job"].search(
        [
            ("model_name", "=", "helpdesk.inbox.mail"),
            ("method_name", "=", "_process_as_job"),
            ("state", "in", ("wait_dependencies", "pending", "enqueued", "failed")),
        ]
    )
    waiting.button_cancelled()
