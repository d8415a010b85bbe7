from . import (
    helpdesk_facebook_page,
    helpdesk_facebook_thread,
    helpdesk_facebook_event,
    helpdesk_facebook_delivery,
    helpdesk_ticket,
    mail_mail,
    mail_notification,
)
