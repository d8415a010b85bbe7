import {registry} from "@web/core/registry";

// What is said in the conversation is in a shadow tree.
const chat = "#chatterRoot:shadow ";

registry.category("web_tour.tours").add("helpdesk_portal_day", {
    steps: () => [
        {
            trigger: "a[href='/my/tickets/new']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: "#helpdesk_name",
            run: "edit Tour: the oven is cold",
        },
        {
            trigger: "#helpdesk_text",
            run: "edit It was warm yesterday.",
        },
        {
            content: "Files are dropped and uploaded at once",
            trigger: ".o_helpdesk_new_ticket .o_helpdesk_drop",
            run() {
                const files = new DataTransfer();
                for (const name of ["oven.txt", "wrong.txt"]) {
                    files.items.add(new File(["cold"], name, {type: "text/plain"}));
                }
                this.anchor.dispatchEvent(
                    new DragEvent("drop", {dataTransfer: files, bubbles: true})
                );
            },
        },
        {
            trigger:
                ".o_helpdesk_files li:contains(oven.txt) input[name=attachment]:not(:visible)",
        },
        {
            content: "The form comes back: what was typed is there, and the files",
            trigger: ".o_helpdesk_new_ticket button[type=submit]:not(.disabled)",
            run(helpers) {
                this.anchor.form.noValidate = true;
                this.anchor.form.elements.name.value = "";
                return helpers.click();
            },
            expectUnloadPage: true,
        },
        {
            trigger: ".alert-danger:contains(Write a subject)",
        },
        {
            content: "A file is left out by the keyboard",
            trigger: ".o_helpdesk_files li:contains(wrong.txt) button:contains(Remove)",
            run(helpers) {
                this.anchor.focus();
                return helpers.press("Enter");
            },
        },
        {
            trigger: ".o_helpdesk_files:not(:contains(wrong.txt)):contains(oven.txt)",
        },
        {
            trigger: "#helpdesk_text:value(It was warm yesterday.)",
        },
        {
            trigger: "#helpdesk_name",
            run: "edit Tour: the oven is cold",
        },
        {
            trigger: ".o_helpdesk_new_ticket button[type=submit]:not(.disabled)",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".alert-success:contains(Thank you)",
        },
        {
            trigger: "section[name=files]:contains(oven.txt)",
        },
        {
            content: "What can be written here is read without good eyes",
            trigger: `${chat}.o-mail-Composer-input`,
            run: ({anchor}) => {
                const {opacity} = getComputedStyle(anchor, "::placeholder");
                if (opacity !== "1") {
                    throw new Error(`The hint is shown with ${opacity} of its colour`);
                }
            },
        },
        {
            content: "Answer",
            trigger: `${chat}.o-mail-Composer-input`,
            run: "edit It is an old oven.",
        },
        {
            trigger: `${chat}.o-mail-Composer button:contains(Send):enabled`,
            run: "click",
        },
        {
            trigger: `${chat}.o-mail-Message:contains(It is an old oven.)`,
        },
        {
            content: "Close with a reason",
            trigger: "div[name=actions] summary",
            run: "click",
        },
        {
            trigger: "#helpdesk_reason_closed",
            run: "click",
        },
        {
            trigger: "div[name=actions] button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".alert-success:contains(closed)",
        },
        {
            content: "Reopen",
            trigger: "div[name=actions] summary:contains(Reopen)",
            run: "click",
        },
        {
            trigger: "#helpdesk_reopen_text",
            run: "edit It is cold again.",
        },
        {
            trigger: "div[name=actions] button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".alert-success:contains(open again)",
        },
        {
            content: "Close and rate",
            trigger: "div[name=actions] summary:contains(Close)",
            run: "click",
        },
        {
            trigger: "#helpdesk_reason_closed",
            run: "click",
        },
        {
            trigger: "div[name=actions] button[type=submit]",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: "#helpdesk_feedback",
            run: "edit Quick and friendly",
        },
        {
            trigger: "button[name=rate][value='5']",
            run: "click",
            expectUnloadPage: true,
        },
        {
            trigger: ".alert-success:contains(rating)",
        },
        {
            trigger: "button[name=rate][value='5'][aria-pressed=true]",
        },
        {
            content: "An answer opens it again, and the page says so",
            trigger: `${chat}.o-mail-Composer-input`,
            run: "edit It is cold for ever.",
        },
        {
            trigger: `${chat}.o-mail-Composer button:contains(Send):enabled`,
            run: "click",
        },
        {
            trigger: "#helpdesk_about .badge:contains(In progress)",
        },
        {
            trigger: "div[name=actions] summary:contains(Close)",
        },
        {
            trigger: "#helpdesk_parts:not(:has(section[name=rating]))",
        },
        {
            trigger: "#helpdesk_hint:not(:visible), #helpdesk_hint:empty",
        },
    ],
});
