import {CharField} from "@web/views/fields/char/char_field";
import {Component} from "@odoo/owl";
import {SelectMenu} from "@web/core/select_menu/select_menu";
import {_t} from "@web/core/l10n/translation";
import {registry} from "@web/core/registry";
import {standardFieldProps} from "@web/views/fields/standard_field_props";

/**
 * What a condition compares with: a choice where what is compared has a few values
 * only, which the field `choices` lists, and text everywhere else (E02).
 */
export class RuleValueField extends Component {
    static template = "helpdesk_email_collector.RuleValueField";
    static components = {CharField, SelectMenu};
    static props = {...standardFieldProps, placeholder: {type: String, optional: true}};

    get value() {
        return this.props.record.data[this.props.name];
    }

    get choices() {
        const choices = this.props.record.data.choices || [];
        return choices.map(([value, label]) => ({value, label}));
    }

    get label() {
        const choice = this.choices.find(({value}) => value === this.value);
        return choice ? choice.label : this.value || "";
    }

    onSelect(value) {
        this.props.record.update({[this.props.name]: value || false});
    }
}

registry.category("fields").add("helpdesk_rule_value", {
    component: RuleValueField,
    displayName: _t("Value of a Condition"),
    supportedTypes: ["char"],
    extractProps: ({attrs}) => ({placeholder: attrs.placeholder}),
    fieldDependencies: [{name: "choices", type: "json"}],
});
