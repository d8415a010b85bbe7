"""Databases that tests are copied from: one with what the addons are built on, one with the addons too."""

import shutil

from dev import addons, instance, odoo_server, odoo_source, ports, postgres, python_env, state
from dev.steps import step

DEPENDENCIES, ADDONS = "helpdesk_deps_", "helpdesk_addons_"
CORE, CORE_WITH_ADDONS = "helpdesk_core_alone_", "helpdesk_core_addons_"
# Modules of Odoo that hold nothing but tests and what these need (dev/core_tests.py).
TEST_MODULES = ("test_mail", "test_mail_full")
BUNDLES = state.REPO / "dev/bundles.py"


def instance_for_addons(number=1):
    """Return an instance in which addon tests run (templates are made in the first), its configuration written."""
    name = "" if number == 1 else f"_{number}"
    target = instance.Instance(f"addons{name}", f"helpdesk_test{name}", {"http": ports.free_port()})
    odoo_server.write_config(target)
    return target


def dependencies_key():
    """Return a hash of what goes into the template of dependencies."""
    # Not of the tools: nothing of theirs is in a database.
    packages = python_env.requirements_key("odoo", "addons")
    return state.digest([odoo_source.version_key(), packages, addons.dependencies()])


def with_dependencies():
    """Return the name of the database with the modules that the addons depend on, made when it is missing."""
    name = DEPENDENCIES + dependencies_key()[:12]
    if name not in postgres.databases():
        with step("Template database with the addons' dependencies (some minutes, once)"):
            _build(name, DEPENDENCIES, None, addons.dependencies())
    return name


def with_addons(*, bundles=False):
    """Return the name of the database with the addons installed, made when it is missing.

    :param bundles: whether it must hold the bundles of the web client, which each browser test makes anew otherwise:
        what a test stores is rolled back
    """
    name = ADDONS + state.digest([dependencies_key(), addons.installed_hash()])[:12]
    if name not in postgres.databases():
        base = with_dependencies()
        with step("Template database with the addons"):
            _build(name, ADDONS, base, addons.ADDONS)
        state.forget("bundles")
    if bundles and not state.is_done("bundles", name):
        with step("Bundles of the web client"):
            problem = "The bundles of the web client cannot be made."
            odoo_server.run_script(instance_for_addons(), BUNDLES, {}, problem, database=name)
        state.mark_done("bundles", name)
    return name


def of_core(*, with_ours=False):
    """Return the name of the database for Odoo's own tests, made when it is missing.

    :param with_ours: whether our addons are in it, beside what is in the other one
    """
    key = state.digest([dependencies_key(), TEST_MODULES])
    alone = CORE + key[:12]
    if alone not in postgres.databases():
        base = with_dependencies()
        with step("Template database for Odoo's own tests"):
            _build(alone, CORE, base, TEST_MODULES)
    name = CORE_WITH_ADDONS + state.digest([key, addons.installed_hash()])[:12]
    if with_ours and name not in postgres.databases():
        with step("Template database for Odoo's own tests, with the addons"):
            _build(name, CORE_WITH_ADDONS, alone, addons.ADDONS)
    return name if with_ours else alone


def clone(template, database):
    """Make ``database`` a copy of ``template``, with its attachments."""
    postgres.create(database, template)
    odoo_server.copy_filestore(template, database)


def _build(name, prefix, base, modules):
    """Make the template ``name``; the old ones of its kind go, and it gets its name when it is whole."""
    new = f"{prefix}new"
    target = instance_for_addons()
    if base:
        clone(base, new)
    else:
        postgres.create(new)
        drop_files(new)
    odoo_server.install(target, modules, database=new)
    for old in postgres.databases():
        if old.startswith(prefix) and old != new:
            postgres.drop(old)
            drop_files(old)
    odoo_server.copy_filestore(new, name)
    postgres.rename(new, name)
    drop_files(new)


def drop_files(database):
    """Remove the attachments of ``database``."""
    shutil.rmtree(odoo_server.data_folder() / "filestore" / database, ignore_errors=True)
