import {Message} from "@mail/core/common/message";
import {Message as MessageModel} from "@mail/core/common/message_model";
import {_t} from "@web/core/l10n/translation";
import {fields} from "@mail/core/common/record";
import {patch} from "@web/core/utils/patch";
import {registerMessageAction} from "@mail/core/common/message_actions";

/**
 * Private messages of a ticket in the chatter (T15): in a colour of their own, with
 * their recipients, and never quoted into a message that others get.
 */
patch(MessageModel.prototype, {
    setup() {
        super.setup(...arguments);
        this.is_helpdesk_private = fields.Attr(false);
    },
    canForward(thread) {
        return !this.is_helpdesk_private && super.canForward(thread);
    },
});

patch(Message.prototype, {
    get attClass() {
        return {
            ...super.attClass,
            "o-helpdesk-private": this.message.is_helpdesk_private,
        };
    },
    get helpdeskPrivateRecipients() {
        return this.message.partner_ids.map((partner) => partner.name).join(", ");
    },
});

registerMessageAction("helpdesk-private-reply", {
    condition: ({message}) =>
        message.is_helpdesk_private && message.model === "helpdesk.ticket",
    icon: "fa fa-lock",
    name: _t("Reply Privately"),
    onSelected: async ({message, store, thread}) => {
        const {action, orm} = store.env.services;
        const composer = await orm.call("helpdesk.ticket", "action_private_message", [
            [message.res_id],
            message.id,
        ]);
        action.doAction(composer, {onClose: () => thread.fetchNewMessages()});
    },
    sequence: 15,
});
