from . import mail
from . import answer_address
from . import notices
from . import quote
