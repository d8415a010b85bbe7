import {charField, CharField} from "@web/views/fields/char/char_field";
import {registry} from "@web/core/registry";

/** A text that says what its row is about: other columns give way before it is cut. */
export const wideTextField = {
    ...charField,
    component: CharField,
    listViewWidth: [240],
};

registry.category("fields").add("helpdesk_wide_text", wideTextField);
