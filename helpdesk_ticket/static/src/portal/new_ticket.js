import {HelpdeskSendOnce} from "./send_once";
import {_t} from "@web/core/l10n/translation";
import {addRemove, makeRow} from "./files";
import {registry} from "@web/core/registry";

/**
 * Files of a new ticket are uploaded as soon as they are chosen or dropped, so that
 * nothing is lost when the form comes back. Without scripts they go with the form.
 */
export class HelpdeskNewTicket extends HelpdeskSendOnce {
    static selector = ".o_helpdesk_new_ticket";
    dynamicContent = {
        ...this.dynamicContent,
        ".o_helpdesk_drop": {
            "t-on-dragover.prevent": () => this.drop.classList.add("bg-200"),
            "t-on-dragleave": () => this.drop.classList.remove("bg-200"),
            "t-on-drop.prevent": (ev) => this.onDrop(ev),
        },
        "input[type=file]": {
            "t-on-change": (ev) => this.onChange(ev),
        },
    };

    setup() {
        super.setup();
        this.drop = this.el.querySelector(".o_helpdesk_drop");
        this.list = this.el.querySelector(".o_helpdesk_files");
        this.submitButton = this.el.querySelector("button[type=submit]");
        this.uploading = 0;
    }

    onDrop(ev) {
        this.drop.classList.remove("bg-200");
        this.addFiles(ev.dataTransfer.files);
    }

    onChange(ev) {
        this.addFiles(ev.target.files);
        // The form does not send again what is uploaded already.
        ev.target.value = "";
    }

    isBusy() {
        return Boolean(this.uploading);
    }

    addFiles(files) {
        const room = this.drop.dataset.maxFiles - this.list.children.length;
        for (const file of [...files].slice(0, room)) {
            this.upload(file, this.addRow(file.name));
        }
    }

    /**
     * @param {String} name of the file
     * @returns {HTMLElement} its row: name, progress
     */
    addRow(name) {
        const row = makeRow(name);
        const progress = document.createElement("progress");
        progress.max = 1;
        progress.value = 0;
        progress.setAttribute("aria-label", name);
        row.append(progress);
        this.list.append(row);
        return row;
    }

    upload(file, row) {
        const data = new FormData();
        data.append("csrf_token", odoo.csrf_token);
        data.append("ufile", file);
        const request = new XMLHttpRequest();
        const progress = row.querySelector("progress");
        request.upload.addEventListener("progress", (ev) => {
            progress.value = ev.lengthComputable ? ev.loaded / ev.total : 0;
        });
        request.addEventListener("loadend", () => {
            this.setUploading(-1);
            progress.remove();
            this.onUploaded(request, row);
        });
        this.setUploading(1);
        request.open("POST", "/my/tickets/upload");
        request.send(data);
    }

    setUploading(change) {
        this.uploading += change;
        this.submitButton.classList.toggle("disabled", Boolean(this.uploading));
    }

    onUploaded(request, row) {
        let answer = {};
        try {
            answer = JSON.parse(request.responseText);
        } catch {
            // An error page instead of an answer: said below.
        }
        if (!answer.id) {
            const error = document.createElement("span");
            error.className = "text-danger";
            error.textContent =
                answer.error || _t("The file could not be uploaded. Is it too large?");
            row.append(error);
            return;
        }
        addRemove(row, `${answer.id}:${answer.token}`, answer.name);
    }
}

registry
    .category("public.interactions")
    .add("helpdesk_ticket.new_ticket", HelpdeskNewTicket);
