import {_t} from "@web/core/l10n/translation";
import {rpc} from "@web/core/network/rpc";

/**
 * @param {String} name of a file
 * @returns {HTMLElement} its row in the list of a form
 */
export function makeRow(name) {
    const row = document.createElement("li");
    row.className = "d-flex align-items-center gap-2 mt-2";
    const icon = document.createElement("i");
    icon.className = "fa fa-paperclip";
    icon.setAttribute("aria-hidden", "true");
    const label = document.createElement("span");
    label.className = "text-break";
    label.textContent = name;
    row.append(icon, label);
    return row;
}

/**
 * Let a form send a file that is kept already, and people leave it out again.
 *
 * @param {HTMLElement} row of the file
 * @param {String} value id and token of the file
 * @param {String} name of the file
 */
export function addRemove(row, value, name) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = "attachment";
    input.value = value;
    const remove = document.createElement("button");
    remove.type = "button";
    remove.className = "btn btn-sm btn-link";
    remove.textContent = _t("Remove");
    remove.setAttribute("aria-label", _t("Remove %s", name));
    remove.addEventListener("click", () => {
        row.closest("form").querySelector("input[type=file]").focus();
        row.remove();
        const [id, token] = value.split(":");
        rpc("/mail/attachment/delete", {
            attachment_id: Number(id),
            access_token: token,
        });
    });
    row.append(input, remove);
}
