from odoo.tools import SQL


def pre_init_hook(env):
    """Mark the contacts of an existing database as identified by their address (K03).

    One SQL statement, so that a million partners take seconds. Of several contacts with
    the same address, only the oldest active one is marked; the others are listed for
    merging, and do not prevent the creation of the unique index.
    """
    env.cr.execute(
        SQL("ALTER TABLE res_partner ADD COLUMN IF NOT EXISTS identified_by_email bool")
    )
    env.cr.execute(
        SQL(
            """
            UPDATE res_partner AS partner
               SET identified_by_email = ranked.place = 1
              FROM (
                    SELECT id,
                           row_number() OVER (
                               PARTITION BY email_normalized, COALESCE(company_id, 0)
                               ORDER BY active DESC, id
                           ) AS place
                      FROM res_partner
                     WHERE email_normalized IS NOT NULL
                       AND parent_id IS NOT NULL
                       AND is_company IS NOT TRUE
                       AND type = 'contact'
                   ) AS ranked
             WHERE partner.id = ranked.id
            """
        )
    )
