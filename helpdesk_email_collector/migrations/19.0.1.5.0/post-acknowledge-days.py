"""Senders of mails up to two weeks old are answered, where nobody chose another age.

Three days was the default. It left out mails that were delivered late.
"""

BEFORE, NOW = 3, 14


def migrate(cr, version):
    """Give companies with the former default the new one."""
    cr.execute(
        "UPDATE res_company SET helpdesk_acknowledge_days = %s"
        " WHERE helpdesk_acknowledge_days = %s",
        (NOW, BEFORE),
    )
