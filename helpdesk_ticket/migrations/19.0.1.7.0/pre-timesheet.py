import logging

_logger = logging.getLogger(__name__)

MODULE = "helpdesk_ticket_timesheet"
# By model: the fields that the addon has now.
FIELDS = {
    "account.analytic.line": ["helpdesk_ticket_id"],
    "contract.contract": ["helpdesk_hours_spent"],
    "helpdesk.ticket": ["hours_spent", "timesheet_ids"],
    "helpdesk.ticket.report": ["hours_spent"],
}
# Sample data: employees with what Odoo makes beside them, and their hours.
SAMPLES = r"^(hours|employee)_"
CONSTRAINT = "account_analytic_line_helpdesk_ticket_id_fkey"


def migrate(cr, version):
    """Let the time on tickets belong to the addon that has it now, and have the same
    update install that addon (T12).

    This comes before Odoo looks for what helpdesk_ticket has no longer, and drops it:
    columns with another owner stay, also where the addon is not there yet.
    """
    names = [
        f"field_{model.replace('.', '_')}__{name}"
        for model, names in FIELDS.items()
        for name in names
    ]
    cr.execute(
        """
        UPDATE ir_model_data AS known
           SET module = %(module)s
         WHERE known.module = 'helpdesk_ticket'
           AND (known.name = ANY(%(names)s)
                OR known.name ~ %(samples)s AND known.model IN
                   ('account.analytic.line', 'hr.employee', 'hr.version'))
           AND NOT EXISTS (SELECT FROM ir_model_data AS other
                            WHERE other.module = %(module)s
                              AND other.name = known.name)
        """,
        {"module": MODULE, "names": names, "samples": SAMPLES},
    )
    # Odoo installs an addon by itself when another one is installed, not when one is
    # updated. It looks again for what is to be installed after the updates.
    cr.execute(
        """
        UPDATE ir_module_module
           SET state = 'to install'
         WHERE name = %s AND state = 'uninstalled'
        """,
        [MODULE],
    )
    cr.execute(
        """
        UPDATE ir_model_constraint
           SET module = addon.id
          FROM ir_module_module AS addon, ir_module_module AS tickets
         WHERE addon.name = %s
           AND tickets.name = 'helpdesk_ticket'
           AND ir_model_constraint.module = tickets.id
           AND ir_model_constraint.name = %s
        """,
        [MODULE, CONSTRAINT],
    )
    cr.execute("SELECT FROM ir_module_module WHERE name = %s", [MODULE])
    if not cr.rowcount:
        _logger.warning(
            "The addon %s is not there. The hours on tickets are kept: put it beside "
            "helpdesk_ticket and install it to see them.",
            MODULE,
        )
