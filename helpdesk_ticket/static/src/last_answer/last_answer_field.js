import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

const ICONS = {customer: "fa-reply text-warning", us: "fa-check text-muted"};

/** Who answered last, as an icon; with its name in forms. */
export class LastAnswerField extends Component {
    static template = "helpdesk_ticket.LastAnswerField";
    static props = {...standardFieldProps, withText: {type: Boolean, optional: true}};

    get value() {
        return this.props.record.data[this.props.name];
    }

    get icon() {
        return ICONS[this.value];
    }

    get text() {
        const {selection} = this.props.record.fields[this.props.name];
        return selection.find(([value]) => value === this.value)?.[1] || "";
    }
}

export const lastAnswerField = {
    component: LastAnswerField,
    displayName: _t("Who answered last"),
    supportedTypes: ["selection"],
    supportedOptions: [
        {label: _t("With text"), name: "with_text", type: "boolean", default: false},
    ],
    extractProps: ({options}) => ({withText: options.with_text}),
};

registry.category("fields").add("helpdesk_last_answer", lastAnswerField);
