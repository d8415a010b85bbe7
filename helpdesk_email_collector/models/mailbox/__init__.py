from . import fetchmail_server
from . import health
from . import receive
from . import secret
from . import self_check
