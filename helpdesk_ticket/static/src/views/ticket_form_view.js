import {FetchRecordError} from "@web/model/relational_model/errors";
import {_t} from "@web/core/l10n/translation";
import {formView} from "@web/views/form/form_view";
import {registry} from "@web/core/registry";
import {useEffect} from "@odoo/owl";
import {useService} from "@web/core/utils/hooks";

/**
 * Marks an unread ticket as read as soon as an agent opens it (T13), and closes when
 * the ticket was handed to a team whose tickets the agent does not see (T10).
 *
 * Saving a new one is not opening it: whether that makes it read is a setting (T22).
 */
export class TicketFormController extends formView.Controller {
    setup() {
        super.setup();
        this.orm = useService("orm");
        this.notification = useService("notification");
        useEffect(
            () => {
                this.markRead();
            },
            () => [this.model.root.resId]
        );
    }

    async save(params) {
        try {
            return await super.save(params);
        } catch (error) {
            if (!(error instanceof FetchRecordError)) {
                throw error;
            }
            this.notification.add(
                _t("The ticket was handed over. Only the members of its team see it."),
                {type: "info"}
            );
            await this.model.root.discard();
            this.env.config.historyBack();
            return true;
        }
    }

    async markRead() {
        const root = this.model.root;
        if (!root.resId) {
            this.createdHere = root.id;
            return;
        }
        if (root.data.state !== "unread" || root.id === this.createdHere) {
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
