import {Component, onWillStart, useState} from "@odoo/owl";
import {Dialog} from "@web/core/dialog/dialog";
import {useService} from "@web/core/utils/hooks";

/**
 * Says in sentences why a deadline is at its moment (T25, T26).
 */
export class DeadlineDialog extends Component {
    static template = "helpdesk_ticket.DeadlineDialog";
    static components = {Dialog};
    static props = {
        resId: Number,
        promise: String,
        close: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.state = useState({explanation: null});
        onWillStart(async () => {
            this.state.explanation = await this.orm.call(
                "helpdesk.ticket",
                "get_deadline_explanation",
                [[this.props.resId], this.props.promise]
            );
        });
    }
}
