from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Let the jobs of mails commit: `queue_job` forbids it unless it is said, and the
    record that says it is not updated by itself."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    function = env.ref(
        "helpdesk_email_collector_queue.job_function_process", raise_if_not_found=False
    )
    if function:
        function.allow_commit = True
