{
    "name": "Helpdesk Parcels",
    "summary": "Example of an addon that extends every part of the helpdesk",
    "version": "19.0.1.0.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "depends": ["helpdesk_email_collector"],
    "data": [
        "views/helpdesk_email_collector_views.xml",
        "views/helpdesk_sla_views.xml",
        "views/helpdesk_ticket_views.xml",
        "views/portal_templates.xml",
    ],
}
