import {HtmlField, htmlField} from "@html_editor/fields/html_field";
import {
    HtmlMailField,
    htmlMailField,
} from "@mail/views/web/fields/html_mail_field/html_mail_field";
import {registry} from "@web/core/registry";
import {useExternalListener} from "@odoo/owl";

/**
 * Let the tabulator go on to the next field of a dialog, where Odoo's editor takes it
 * for an indent: who works without a mouse would never leave the text.
 *
 * @param {HtmlField} field
 */
function leaveByTab(field) {
    useExternalListener(
        document,
        "keydown",
        (ev) => {
            const isPlain = !ev.ctrlKey && !ev.altKey && !ev.metaKey;
            if (
                ev.key === "Tab" &&
                isPlain &&
                field.editor?.editable?.contains(ev.target)
            ) {
                ev.stopPropagation();
            }
        },
        {capture: true}
    );
}

export class LeavableHtmlField extends HtmlField {
    setup() {
        super.setup();
        leaveByTab(this);
    }
}

export class LeavableHtmlMailField extends HtmlMailField {
    setup() {
        super.setup();
        leaveByTab(this);
    }
}

registry
    .category("fields")
    .add("helpdesk_leavable_html", {
        ...htmlField,
        component: LeavableHtmlField,
        // Odoo's styles name the field type, without them the text has no width
        additionalClasses: ["o_field_html"],
    })
    .add("helpdesk_leavable_html_mail", {
        ...htmlMailField,
        component: LeavableHtmlMailField,
    });
