import {Message} from "@mail/core/common/message";
import {onMounted} from "@odoo/owl";
import {patch} from "@web/core/utils/patch";

// A plain text mail looks like any other text. Its lines may be longer than the chatter
// is wide: without this one would have to scroll sideways to read the end of each.
const WRAP = "pre { font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; }";

patch(Message.prototype, {
    /** Wrap the lines of the mails of tickets; a mail is shown in a shadow root. */
    setup() {
        super.setup(...arguments);
        onMounted(() => {
            if (this.shadowRoot && this.message.thread?.model === "helpdesk.ticket") {
                const style = document.createElement("style");
                style.textContent = WRAP;
                this.shadowRoot.appendChild(style);
            }
        });
    },
});
