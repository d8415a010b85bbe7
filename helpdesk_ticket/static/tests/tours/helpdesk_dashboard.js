import {registry} from "@web/core/registry";
import {stepUtils} from "@web_tour/tour_utils";

registry.category("web_tour.tours").add("helpdesk_dashboard", {
    steps: () => [
        stepUtils.showAppsMenuItem(),
        {
            content: "Open the app",
            trigger: ".o_app:contains(Helpdesk)",
            run: "click",
        },
        {
            content: "It starts with the overview: two tickets are mine",
            trigger: "[data-figure='mine.open']:contains(2)",
        },
        {
            content: "The bars of today are read aloud",
            trigger:
                ".o_helpdesk_dashboard_day:last-child[role=img][aria-label*=' opened, ']",
        },
        {
            content: "One of all is overdue",
            trigger: "[data-figure='all.overdue']:contains(1)",
            run: "click",
        },
        {
            content: "It leads to the list of exactly these",
            trigger:
                ".o_list_view:contains(Tour: overdue and unread):not(:has(.o_data_row ~ .o_data_row))",
        },
        {
            trigger: ".o_searchview .o_facet_values:contains(Overdue)",
        },
        {
            content: "Back to the overview",
            trigger:
                ".o_breadcrumb .o_back_button, .breadcrumb-item a:contains(Overview)",
            run: "click",
        },
        {
            content: "One customer is satisfied",
            trigger: "[data-figure='ratings.rated']:contains(5.0 / 5)",
        },
        {
            trigger: "[data-figure='ratings.top']:contains(1)",
            run: "click",
        },
        {
            trigger: ".o_searchview .o_facet_values:contains(Satisfied)",
        },
        {
            trigger: ".o_list_view .o_data_row",
        },
        {
            trigger:
                ".o_breadcrumb .o_back_button, .breadcrumb-item a:contains(Overview)",
            run: "click",
        },
        {
            content: "A team's waiting tickets",
            trigger:
                ".o_helpdesk_dashboard_team:contains(Second level) [data-figure=waiting]",
            run: "click",
        },
        {
            trigger: ".o_searchview .o_searchview_facet:contains(Second level)",
        },
        {
            trigger: ".o_list_view .o_data_row:contains(Waiting for feedback)",
        },
    ],
});
