import {Composer} from "@mail/core/common/composer";
import {RPCError} from "@web/core/network/rpc";
import {patch} from "@web/core/utils/patch";

patch(Composer.prototype, {
    /**
     * Tell a customer why the server refused an answer to a ticket, which Odoo shows to
     * colleagues only. The text is still there and can be sent again.
     */
    async processMessage() {
        try {
            await super.processMessage(...arguments);
        } catch (error) {
            const isTicket = this.thread?.model === "helpdesk.ticket";
            const isOurs = this.env.inFrontendPortalChatter && isTicket;
            if (!isOurs || !(error instanceof RPCError)) {
                throw error;
            }
            this.state.active = true;
            this.env.services.notification.add(error.data.message, {type: "danger"});
        }
    },
});
