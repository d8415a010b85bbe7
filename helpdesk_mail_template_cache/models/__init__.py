from . import ir_qweb
from . import mail_template
