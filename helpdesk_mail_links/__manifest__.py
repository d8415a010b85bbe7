{
    "name": "Helpdesk: Odd Addresses in Mails",
    "summary": "An address that Odoo cannot complete keeps no mail from being sent",
    "version": "19.0.1.0.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "website": "https://github.com/helpdesk-for-odoo/helpdesk",
    "depends": ["mail"],
    "installable": True,
}
