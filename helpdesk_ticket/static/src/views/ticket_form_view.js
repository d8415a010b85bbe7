import {formView} from "@web/views/form/form_view";
import {registry} from "@web/core/registry";
import {useEffect} from "@odoo/owl";
import {useService} from "@web/core/utils/hooks";

/**
 * Marks an unread ticket as read as soon as an agent opens it (T13).
 */
export class TicketFormController extends formView.Controller {
    setup() {
        super.setup();
        this.orm = useService("orm");
        useEffect(
            () => {
                this.markRead();
            },
            () => [this.model.root.resId]
        );
    }

    async markRead() {
        const root = this.model.root;
        if (!root.resId || root.data.state !== "unread") {
            return;
        }
        const moved = await this.orm.call("helpdesk.ticket", "action_mark_read", [
            [root.resId],
        ]);
        if (moved && root === this.model.root && !(await root.isDirty())) {
            await root.load();
        }
    }
}

registry.category("views").add("helpdesk_ticket_form", {
    ...formView,
    Controller: TicketFormController,
});
