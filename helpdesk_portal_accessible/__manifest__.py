{
    "name": "Helpdesk: Accessible Portal",
    "summary": "All apps: a portal for screen readers and people with poor eyesight",
    "version": "19.0.1.0.0",
    "category": "Services/Helpdesk",
    "license": "AGPL-3",
    "author": "Helpdesk for Odoo",
    "website": "https://github.com/helpdesk-for-odoo/helpdesk",
    "depends": ["portal"],
    "data": ["views/portal_templates.xml"],
    "assets": {
        "portal.assets_chatter": [
            "helpdesk_portal_accessible/static/src/portal_chatter/*.xml",
        ],
        "portal.assets_chatter_style": [
            "helpdesk_portal_accessible/static/src/portal_chatter/*.scss",
        ],
    },
    "installable": True,
}
