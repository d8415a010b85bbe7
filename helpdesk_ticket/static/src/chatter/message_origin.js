import {Message} from "@mail/core/common/message_model";
import {patch} from "@web/core/utils/patch";

/** A message of a merged or split ticket knows the number of that ticket. */
patch(Message.prototype, {
    setup() {
        super.setup(...arguments);
        this.helpdesk_origin = undefined;
    },
});
