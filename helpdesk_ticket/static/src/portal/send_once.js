import {Interaction} from "@web/public/interaction";
import {registry} from "@web/core/registry";

/**
 * A form is sent once, however often its button is pressed. Whoever comes back to its
 * page, which the browser has kept, can send it again.
 */
export class HelpdeskSendOnce extends Interaction {
    static selector =
        "form[method=post]:is([action^='/my/ticket'], [action^='/helpdesk/'])" +
        ":not(.o_helpdesk_new_ticket)";
    dynamicContent = {
        _root: {"t-on-submit": (ev) => this.onSubmit(ev)},
        _window: {"t-on-pageshow": () => this.setSent(false)},
    };

    setup() {
        this.sent = false;
    }

    onSubmit(ev) {
        if (this.sent || this.isBusy()) {
            ev.preventDefault();
        } else {
            this.setSent(true);
        }
    }

    /**
     * @returns {Boolean} whether the form cannot be sent yet; a hook
     */
    isBusy() {
        return false;
    }

    setSent(sent) {
        this.sent = sent;
        for (const button of this.el.querySelectorAll("button[type=submit]")) {
            button.classList.toggle("disabled", sent);
        }
    }
}

registry
    .category("public.interactions")
    .add("helpdesk_ticket.send_once", HelpdeskSendOnce);
