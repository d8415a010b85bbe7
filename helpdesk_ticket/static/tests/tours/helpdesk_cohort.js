import {registry} from "@web/core/registry";

const cell = (row, column) => `button[data-row="${row}"][data-column="${column}"]`;

registry.category("web_tour.tours").add("helpdesk_cohort", {
    steps: () => [
        {
            content: "Nothing was opened this year",
            trigger: ".o_helpdesk_cohort_view .o_view_nocontent",
        },
        {
            content: "Show all years",
            trigger: ".o_searchview_facet .o_facet_remove",
            run: "click",
        },
        {
            content: "Half of February's tickets were closed at once",
            trigger: `${cell(1, 0)}:contains(50)`,
        },
        {
            content: "By year",
            trigger: ".o_helpdesk_cohort_interval",
            run: "click",
        },
        {
            trigger: ".o_menu_item:contains(Year)",
            run: "click",
        },
        {
            content: "Arrow keys lead from the total to the first share",
            trigger: `tr:has(th:contains(2024)) ${cell(0, -1)}:contains(4)`,
            run({anchor}) {
                anchor.focus();
                const init = {key: "ArrowRight", bubbles: true};
                anchor.dispatchEvent(new KeyboardEvent("keydown", init));
            },
        },
        {
            content: "A click on a share opens its tickets",
            trigger: `${cell(0, 0)}:focus`,
            run: "click",
        },
        {
            trigger: ".o_list_view .o_data_row:nth-child(2):contains(Cohort: 2024-0)",
        },
        {
            trigger: ".o_list_view:not(:has(.o_data_row:nth-child(3)))",
        },
    ],
});
