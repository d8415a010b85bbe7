from odoo.exceptions import UserError


def check_unused(model, name, values):
    """Refuse to delete what records name, archived and hidden ones too.

    :param model: the model whose records name them
    :param str name: its field that does
    :param values: the records that are about to be deleted
    :raise UserError: when one is in use, with what to do instead
    """
    # sudo: counted only; whoever deletes need not see them
    records = model.sudo().with_context(active_test=False)
    count = records.search_count([(name, "in", values.ids)])
    if count:
        raise UserError(
            values.env._(
                "%(names)s cannot be deleted: %(count)s records (%(kind)s) name it. "
                "Archive it instead: they keep it, and it is offered no more.",
                names=", ".join(values.mapped("display_name")),
                count=count,
                kind=values.env["ir.model"]._get(model._name).name,
            )
        )
