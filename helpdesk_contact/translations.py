"""Updates corrected translations: Odoo keeps those that a database has, even if the
source texts have changed."""

from odoo.tools.translate import TranslationImporter, get_po_paths

# What the helpdesk's addons alone define and what every update writes anew: labels,
# menus, views, actions. Texts of mails, names of stages and rules may be people's own.
OURS = """
    SELECT imd.module || '.' || imd.name
      FROM ir_model_data imd
     WHERE imd.module LIKE 'helpdesk\\_%'
       AND imd.noupdate IS NOT TRUE
       AND NOT EXISTS (
           SELECT FROM ir_model_data other
            WHERE other.model = imd.model
              AND other.res_id = imd.res_id
              AND other.module NOT LIKE 'helpdesk\\_%')
"""


def renew_translations(env):
    """Load the translations of the installed helpdesk addons again, in all languages of
    the database, for what only these addons define."""
    env.flush_all()
    env.cr.execute(OURS)
    xmlids = {xmlid for (xmlid,) in env.cr.fetchall()}
    importer = TranslationImporter(env.cr, verbose=False)
    for module in sorted({xmlid.partition(".")[0] for xmlid in xmlids}):
        for lang, _name in env["res.lang"].get_installed():
            for path in get_po_paths(module, lang):
                importer.load_file(path, lang, xmlids=xmlids)
    importer.save(overwrite=True)
    env.invalidate_all()
    env.registry.clear_all_caches()
