from . import helpdesk_phone_note
