import {AlertDialog} from "@web/core/confirmation_dialog/confirmation_dialog";
import {registry} from "@web/core/registry";

registry.category("web_tour.tours").add("helpdesk_web_dialog_name", {
    steps: () => [
        {
            content: "Open a dialog",
            trigger: ".o_web_client .o_main_navbar",
            run() {
                const {env} = odoo.__WOWL_DEBUG__.root;
                env.services.dialog.add(AlertDialog, {title: "A name", body: "x"});
            },
        },
        {
            content: "Its frame has the name of its head",
            trigger: ".modal[role=dialog][aria-label='A name'] .modal-title",
        },
        {
            trigger: ".modal-footer .btn-primary",
            run: "click",
        },
        {
            trigger: "body:not(:has(.modal))",
        },
    ],
});
