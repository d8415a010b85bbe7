{
    "name": "Helpdesk: Nonsense in Addresses",
    "summary": "What no page and no database can take gets an answer, not an error",
    "version": "19.0.1.1.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "website": "https://github.com/helpdesk-for-odoo/helpdesk",
    "depends": ["web"],
    "installable": True,
}
