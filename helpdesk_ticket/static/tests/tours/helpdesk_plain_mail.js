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
tours.add("helpdesk_plain_mail_of_ticket", {
    steps: () => [
        ...stepsFor("pre-wrap"),
        {
            content: "The content of the ticket looks like any other text",
            trigger: ".o_helpdesk_content pre:contains(The first mail.)",
            run() {
                for (const shown of this.anchor.parentElement.children) {
                    if (!["PRE", "TEXTAREA"].includes(shown.tagName)) {
                        continue;
                    }
                    const found = getComputedStyle(shown);
                    const wanted = getComputedStyle(document.body).fontFamily;
                    if (found.fontFamily !== wanted || found.padding !== "0px") {
                        throw new Error(`${found.fontFamily}, ${found.padding}`);
                    }
                }
            },
        },
    ],
});
tours.add("helpdesk_plain_mail_of_another", {steps: () => stepsFor("pre")});
