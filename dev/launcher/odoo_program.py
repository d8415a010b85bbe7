"""Odoo's command line as a file that can be run, which ``python -m odoo`` does not give it.

Odoo starts itself again with the file that it was started with: at its memory limit, after SIGHUP, and when somebody
updates modules on its screens.  This folder holds nothing but such files: Python looks for modules beside a script
first.
"""

import odoo.cli

if __name__ == "__main__":
    odoo.cli.main()
