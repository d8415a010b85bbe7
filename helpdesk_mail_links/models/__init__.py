from . import mail_render_mixin
