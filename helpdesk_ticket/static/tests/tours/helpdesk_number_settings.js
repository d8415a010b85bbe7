import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_number_settings", {
    steps: () => [
        {
            content: "Open the settings of the helpdesk",
            trigger: ".settings_tab .tab[data-key=helpdesk_contact]",
            run: "click",
        },
        {
            content: "Type a mask",
            trigger: "[name=helpdesk_number_mask] input",
            run: "edit TOUR-{0000}",
        },
        {
            content: "Let the counter start again every year",
            trigger:
                "[name=helpdesk_number_reset] input, [name=helpdesk_number_reset] select",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains(Every year)",
            run: "click",
        },
        {
            content: "It says what is missing",
            trigger:
                ".alert-danger [name=helpdesk_number_error]:contains(needs the year)",
        },
        {
            trigger: "[name=helpdesk_number_mask] input",
            run: "edit TOUR{yy}-{0000} && press Tab",
        },
        {
            content: "The preview shows the numbers to come",
            trigger: "[name=helpdesk_number_preview]:contains(-0001):contains(-0002)",
        },
        {
            trigger: "button.o_form_button_save",
            run: "click",
            expectUnloadPage: true,
        },
        {
            content: "Saved",
            trigger: ".o-settings-form-view:not(:has(.o_dirty_warning)) .settings_tab",
        },
    ],
});
