{
    "name": "Helpdesk: Outgoing Mail in Batches",
    "summary": "All apps: one connection for each sender, sent mails deleted together",
    "version": "19.0.1.0.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "website": "https://github.com/helpdesk-for-odoo/helpdesk",
    "depends": ["mail"],
    "installable": True,
}
