from . import helpdesk_inbox_mail
