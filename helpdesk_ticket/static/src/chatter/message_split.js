import {_t} from "@web/core/l10n/translation";
import {registerMessageAction} from "@mail/core/common/message_actions";
import {toRaw} from "@odoo/owl";

const SPOKEN = ["comment", "email", "email_outgoing", "auto_comment"];

/** Moves a message of a ticket to a ticket of its own. */
registerMessageAction("helpdesk-split", {
    condition: ({message, store, thread}) =>
        thread?.model === "helpdesk.ticket" &&
        SPOKEN.includes(message.message_type) &&
        store.self_partner?.main_user_id?.share === false,
    icon: "fa fa-code-fork",
    name: _t("Move to a new ticket"),
    onSelected: ({message: msg, owner, store, thread: thr}) => {
        const message = toRaw(msg);
        const thread = toRaw(thr);
        store.env.services.action.doAction(
            {
                type: "ir.actions.act_window",
                name: _t("Split Ticket"),
                res_model: "helpdesk.ticket.split",
                views: [[false, "form"]],
                target: "new",
                context: {
                    default_ticket_id: thread.id,
                    default_moved_message_ids: [message.id],
                },
            },
            {onClose: () => owner.env.chatter?.fetchData?.()}
        );
    },
    sequence: 75,
});
