from . import mail_limit
from . import trust
from . import retention
from . import senders
from . import res_config_settings
