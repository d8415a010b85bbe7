import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_columns", {
    steps: () => [
        {
            content: "On a small screen the subject keeps its place",
            trigger: ".o_data_row td[name=name]",
            run: ({anchor}) => {
                if (anchor.offsetWidth < 240) {
                    throw new Error(`The subject is ${anchor.offsetWidth} px wide`);
                }
            },
        },
    ],
});

registry.category("web_tour.tours").add("helpdesk_nothing_promised", {
    steps: () => [
        {
            content: "What is promised is shown, nothing else",
            trigger:
                ".o_data_row:has(td[name=answer_hours]:contains(04:00)):not(:contains(00:00)) td[name=name]",
            run: "click",
        },
        {
            trigger: ".o_field_widget[name=solution_hours] input:value(/^$/)",
        },
        {
            content: "A promise can be taken back by leaving the field empty",
            trigger: ".o_field_widget[name=answer_hours] input",
            run: "clear",
        },
        {
            trigger: ".o_form_button_save",
            run: "click",
        },
        {trigger: ".o_form_saved"},
    ],
});
