{
    "name": "Helpdesk: Unusual Links in Mails",
    "summary": "All apps: a link that Odoo cannot complete does not stop a mail",
    "version": "19.0.1.0.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "website": "https://github.com/helpdesk-for-odoo/helpdesk",
    "depends": ["mail"],
    "installable": True,
}
