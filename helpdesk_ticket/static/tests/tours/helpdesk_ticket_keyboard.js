import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_ticket_keyboard", {
    steps: () => [
        {
            trigger: "button[name=action_close_dialog]:visible",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=solution] .odoo-editor-editable",
            run: "editor The fuse was burnt.",
        },
        {
            content: "The text is as wide as the dialog",
            trigger: ".modal .o_field_widget[name=solution] .odoo-editor-editable",
            run() {
                const whole = this.anchor.closest(".modal-body").clientWidth;
                if (this.anchor.clientWidth < whole / 2) {
                    throw new Error(`Only ${this.anchor.clientWidth} of ${whole} px`);
                }
            },
        },
        {
            content: "The tabulator leaves the text",
            trigger:
                ".modal .o_field_widget[name=solution] .odoo-editor-editable:contains(The fuse was burnt.)",
            run(helpers) {
                this.anchor.focus();
                return helpers.press("Tab");
            },
        },
        {
            trigger: ".modal .o_field_widget[name=solution]:not(:has(:focus))",
        },
        {
            trigger: ".modal button[name=action_confirm]:visible",
            run: "click",
        },
        {
            trigger:
                "body:not(:has(.modal)) .o_statusbar_status .o_arrow_button_current:contains(Closed)",
        },
    ],
});
