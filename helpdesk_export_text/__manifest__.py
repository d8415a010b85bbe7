{
    "name": "Helpdesk: Texts Stay Texts in Exports",
    "summary": "What strangers wrote is never a formula in an exported file",
    "version": "19.0.1.0.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "website": "https://github.com/helpdesk-for-odoo/helpdesk",
    "depends": ["web"],
    "installable": True,
}
