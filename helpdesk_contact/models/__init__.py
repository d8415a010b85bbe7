from . import helpdesk_mail_domain
from . import helpdesk_secret_mixin
from . import res_company
from . import res_config_settings
from . import res_lang
from . import partner
