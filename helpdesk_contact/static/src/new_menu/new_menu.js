import {Component, onWillStart} from "@odoo/owl";
import {Dropdown} from "@web/core/dropdown/dropdown";
import {DropdownItem} from "@web/core/dropdown/dropdown_item";
import {registry} from "@web/core/registry";
import {useDropdownState} from "@web/core/dropdown/dropdown_hooks";
import {useHotkey} from "@web/core/hotkeys/hotkey_hook";
import {useService} from "@web/core/utils/hooks";
import {user} from "@web/core/user";

/**
 * What the *New* menu offers. Other addons add their own entries:
 * `{ label, icon, action }`, where `action` is the XML id of a window action that
 * opens a form as a dialog.
 */
export const newMenuRegistry = registry.category("helpdesk_new_menu");

/**
 * The `+` in the top bar: a new contact, customer or ticket from every screen, in a
 * dialog, without leaving the page (C04).
 */
export class HelpdeskNewMenu extends Component {
    static template = "helpdesk_contact.NewMenu";
    static components = {Dropdown, DropdownItem};
    static props = {};

    setup() {
        this.action = useService("action");
        this.dropdown = useDropdownState();
        onWillStart(async () => {
            this.isAgent = await user.hasGroup("helpdesk_contact.group_helpdesk_user");
        });
        useHotkey("alt+shift+n", () => this.dropdown.open(), {
            bypassEditableProtection: true,
            global: true,
            isAvailable: () => this.isAgent,
        });
    }

    get items() {
        return newMenuRegistry
            .getEntries()
            .map(([name, item]) => ({name, ...item, label: item.label.toString()}));
    }

    open(item) {
        this.action.doAction(item.action);
    }
}

registry
    .category("systray")
    .add("helpdesk_contact.new_menu", {Component: HelpdeskNewMenu}, {sequence: 60});
