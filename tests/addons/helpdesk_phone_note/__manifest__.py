{
    "name": "Helpdesk Telephone Notes",
    "summary": "Example of a channel: calls noted by a telephone system over JSON-2",
    "version": "19.0.1.0.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "depends": ["helpdesk_ticket"],
    "data": ["data/helpdesk_channel_data.xml"],
}
