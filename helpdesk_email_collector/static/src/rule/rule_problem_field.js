import {Component} from "@odoo/owl";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/** A sign in the list of rules; pointed at, it says what is wrong with the rule. */
export class RuleProblemField extends Component {
    static template = "helpdesk_email_collector.RuleProblemField";
    static props = {...standardFieldProps};

    get problem() {
        return this.props.record.data[this.props.name];
    }
}

registry.category("fields").add("helpdesk_rule_problem", {
    component: RuleProblemField,
    displayName: _t("Problem with a Rule"),
    supportedTypes: ["char"],
    label: false,
    listViewWidth: 30,
});
