import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_email_rule_columns", {
    steps: () => [
        {
            content: "On a small screen it is seen which rules are in use",
            trigger: ".o_data_row:contains(Tour: seen) td[name=active]",
            run: ({anchor}) => {
                const right = anchor.getBoundingClientRect().right;
                const end = anchor
                    .closest(".o_list_renderer")
                    .getBoundingClientRect().right;
                if (right > end) {
                    throw new Error(`In Use ends at ${right} px, the list at ${end}`);
                }
            },
        },
    ],
});
