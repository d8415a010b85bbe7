import {registry} from "@web/core/registry";

/**
 * @param {String} wanted how the lines of a plain text mail are broken
 * @returns {Array} the steps of a tour that looks at the first mail of a conversation
 */
function stepsFor(wanted) {
    return [
        {
            trigger: ".o-mail-Message:contains(Anna Huber)",
            run() {
                const parts = [...document.querySelectorAll(".o-mail-Message div")];
                const shown = parts.find((part) => part.shadowRoot);
                const text = shown.shadowRoot.querySelector("pre");
                const found = getComputedStyle(text).whiteSpace;
                if (found !== wanted) {
                    throw new Error(`The lines are broken by ${found}`);
                }
            },
        },
    ];
}

const tours = registry.category("web_tour.tours");
tours.add("helpdesk_plain_mail_of_ticket", {steps: () => stepsFor("pre-wrap")});
tours.add("helpdesk_plain_mail_of_another", {steps: () => stepsFor("pre")});
