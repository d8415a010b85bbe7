import {_t} from "@web/core/l10n/translation";
import {registerMessageAction} from "@mail/core/common/message_actions";
import {toRaw} from "@odoo/owl";

/** Puts a mail of a ticket where it belongs. */
registerMessageAction("helpdesk-misfiled", {
    condition: ({message, store, thread}) =>
        thread?.model === "helpdesk.ticket" &&
        message.message_type === "email" &&
        store.self_partner?.main_user_id?.share === false,
    icon: "fa fa-map-signs",
    name: _t("Misfiled…"),
    onSelected: ({message: msg, owner, store, thread: thr}) => {
        const message = toRaw(msg);
        const thread = toRaw(thr);
        store.env.services.action.doAction(
            {
                type: "ir.actions.act_window",
                name: _t("Misfiled"),
                res_model: "helpdesk.ticket.misfiled",
                views: [[false, "form"]],
                target: "new",
                context: {
                    default_ticket_id: thread.id,
                    default_message_id: message.id,
                },
            },
            {onClose: () => owner.env.chatter?.fetchData?.()}
        );
    },
    sequence: 76,
});
