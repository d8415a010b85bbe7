"""Build one installable distribution of every helpdesk addon in this folder.

Each addon becomes ``odoo.addons.<addon>``. ``odoo`` and ``odoo.addons`` are namespace
packages in Odoo 19: nothing here may put an ``__init__.py`` above an addon, or Odoo
itself could no longer be imported beside it.
"""

import ast
import os
import re
from pathlib import Path

from setuptools import setup

# Setuptools wants relative paths; a build may be started from elsewhere.
os.chdir(Path(__file__).parent)

SERIES = "19.0"
NOT_SHIPPED = {"__pycache__"}


def read_manifests():
    """Return ``{addon name: manifest}`` of the addons in this folder."""
    return {
        path.parent.name: ast.literal_eval(path.read_text(encoding="utf-8"))
        for path in sorted(Path(".").glob("helpdesk_*/__manifest__.py"))
    }


def read_oca_addons():
    """Return ``{addon name: name of its distribution}`` of the OCA addons in use."""
    text = Path("dev/requirements-addons.txt").read_text(encoding="utf-8")
    names = re.findall(r"^odoo-addon-[\w.-]*\w", text, re.MULTILINE)
    return {re.sub("[-.]", "_", n.removeprefix("odoo-addon-")): n for n in names}


def get_version(manifests):
    """Return the version of the distribution: the highest of its addons' versions."""
    versions = {manifest["version"] for manifest in manifests.values()}
    return max(versions, key=lambda version: [int(n) for n in version.split(".")])


def get_requirements(manifest, oca_addons):
    """Return what pip has to install for one addon: OCA addons and Python libraries."""
    addons = [
        f"{oca_addons[name]}=={SERIES}.*"
        for name in manifest["depends"]
        if name in oca_addons
    ]
    return addons + manifest.get("external_dependencies", {}).get("python", [])


def find_packages(manifests):
    """Return ``({package: folder}, {package: its other files})`` of all addons."""
    folders, files = {}, {}
    for addon in manifests:
        shipped = [
            path
            for path in sorted(Path(addon).rglob("*"))
            if path.is_file() and not NOT_SHIPPED.intersection(path.parts)
        ]
        modules = {path.parent for path in shipped if path.name == "__init__.py"}
        folders |= {"odoo.addons." + ".".join(m.parts): str(m) for m in modules}
        # Views, migrations, samples, icons: all that Python's own import leaves out.
        files[f"odoo.addons.{addon}"] = [
            str(path.relative_to(addon))
            for path in shipped
            if not (path.suffix == ".py" and path.parent in modules)
        ]
    return folders, files


def split_requirements(manifests):
    """Return ``(install_requires, extras_require)``.

    An addon that Odoo installs by itself beside another app (``auto_install``) is
    optional: what it needs becomes an extra of its name, so that nobody gets the
    libraries of an app that is not used.
    """
    oca_addons = read_oca_addons()
    required, extras = {f"odoo=={SERIES}.*"}, {}
    for addon, manifest in manifests.items():
        requirements = get_requirements(manifest, oca_addons)
        if manifest.get("auto_install"):
            extras[addon.replace("_", "-")] = sorted(requirements)
        else:
            required.update(requirements)
    return sorted(required), extras


MANIFESTS = read_manifests()
FOLDERS, FILES = find_packages(MANIFESTS)
INSTALL_REQUIRES, EXTRAS_REQUIRE = split_requirements(MANIFESTS)

setup(
    name="odoo-helpdesk-addons",
    version=get_version(MANIFESTS),
    description="Helpdesk for Odoo 19 Community: customers, tickets, mail collection",
    long_description=Path("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="AGPL-3",
    license_files=["LICENSE"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Framework :: Odoo",
        f"Framework :: Odoo :: {SERIES}",
        "Intended Audience :: Customer Service",
        "Natural Language :: English",
        "Natural Language :: French",
        "Natural Language :: German",
        "Natural Language :: Spanish",
        "Programming Language :: Python :: 3",
    ],
    python_requires=">=3.10",
    packages=sorted(FOLDERS),
    package_dir=FOLDERS,
    package_data=FILES,
    include_package_data=False,
    install_requires=INSTALL_REQUIRES,
    extras_require=EXTRAS_REQUIRE,
    zip_safe=False,
)
