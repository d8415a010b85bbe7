import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_ticket_time", {
    steps: () => [
        {
            content: "Log time",
            trigger: ".o_notebook a[name=time]",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name=timesheet_ids] .o_field_x2many_list_row_add a",
            run: "click",
        },
        {
            trigger:
                ".o_field_widget[name=timesheet_ids] .o_selected_row .o_field_widget[name=name] input",
            run: "edit On the phone",
        },
        {
            trigger:
                ".o_field_widget[name=timesheet_ids] .o_selected_row .o_field_widget[name=unit_amount] input",
            run: "edit 0:30",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {
            trigger: ".o_form_saved",
        },
    ],
});
