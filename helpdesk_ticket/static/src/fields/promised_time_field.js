import {
    FloatTimeField,
    floatTimeField,
} from "@web/views/fields/float_time/float_time_field";
import {registry} from "@web/core/registry";

/** Hours that are promised; none promised is no 00:00. */
export class PromisedTimeField extends FloatTimeField {
    get formattedValue() {
        return this.props.record.data[this.props.name] ? super.formattedValue : "";
    }
}

registry.category("fields").add("helpdesk_promised_time", {
    ...floatTimeField,
    component: PromisedTimeField,
    listViewWidth: [90],
});
