import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_email_collector", {
    steps: () => [
        {
            trigger: ".o_list_button_add",
            run: "click",
        },
        {
            content: "A rule",
            trigger: ".o_field_widget[name=name] textarea",
            run: "edit Tour: invoices",
        },
        {
            content: "with a condition",
            trigger: ".o_field_widget[name=filter_ids] a:contains(Add a condition)",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name=filter_ids] .o_selected_row [name=source] input",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains(Subject)",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name=filter_ids] .o_selected_row [name=value] input",
            run: "edit invoice",
        },
        {
            content: "and an operation",
            trigger: ".o_field_widget[name=operation_ids] a:contains(Add an operation)",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=code] input",
            run: "click",
        },
        {
            trigger: ".o_select_menu_item:contains(Set a field)",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=field_id] input",
            run: "edit Severity",
        },
        {
            trigger: ".ui-autocomplete .dropdown-item:contains(Severity)",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=value_record] input",
            run: "edit Blocking",
        },
        {
            trigger: ".ui-autocomplete .dropdown-item:contains(Blocking)",
            run: "click",
        },
        {
            trigger: ".modal .o_form_button_save",
            run: "click",
        },
        {
            content: "which says what it does",
            trigger:
                ".o_field_widget[name=operation_ids] .o_data_row:contains(Severity: Blocking)",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            trigger: ".o_form_saved",
        },
        {
            content: "It can be opened again",
            trigger:
                ".o_field_widget[name=operation_ids] .o_data_row:contains(Severity: Blocking) .o_data_cell[name=code]",
            run: "click",
        },
        {
            trigger: ".modal .o_field_widget[name=value_record]",
        },
    ],
});
