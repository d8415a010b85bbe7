{
    "name": "Helpdesk: E-mail Collector with Job Queue",
    "summary": "Each received mail is a job, worked on by as many workers as you like",
    "version": "19.0.1.1.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "website": "https://github.com/helpdesk-for-odoo/helpdesk",
    "depends": ["helpdesk_email_collector", "queue_job"],
    "data": ["data/queue_job_function_data.xml"],
    "auto_install": True,
    "uninstall_hook": "uninstall_hook",
    "installable": True,
}
