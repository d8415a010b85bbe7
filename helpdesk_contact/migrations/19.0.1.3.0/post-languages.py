def migrate(cr, version):
    """Let contacts speak no language that was deactivated: no mail could be written to
    who comes back (K05, K10)."""
    cr.execute(
        """UPDATE res_partner p
              SET lang = NULL
            WHERE p.lang <> 'en_US'
              AND NOT EXISTS (
                  SELECT FROM res_lang l WHERE l.code = p.lang AND l.active)"""
    )
