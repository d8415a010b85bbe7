import {registry} from "@web/core/registry";

let titles = "";

/**
 * Give rows below the template's titles to the file input of the import screen.
 *
 * @param {String} name of the file
 * @param {String[][]} rows cells by the number of the column: customer, first name,
 *     last name, e-mail, telephone
 */
function upload(name, rows) {
    const lines = rows.map((cells) => cells.join(","));
    const width = titles.split(",").length;
    const padded = lines.map((line, index) => {
        return line + ",".repeat(width - rows[index].length);
    });
    const text = [titles, ...padded].join("\r\n");
    const transfer = new window.DataTransfer();
    transfer.items.add(new window.File([text], name, {type: "text/csv"}));
    const input = document.querySelector(".o_control_panel input.o_input_file");
    input.files = transfer.files;
    input.dispatchEvent(new Event("change"));
}

const openImport = [
    {
        content: "Open the menu of the list",
        trigger: ".o_control_panel .o_cp_action_menus button:has(.fa-cog)",
        run: "click",
    },
    {
        content: "Choose the import",
        trigger: ".o_import_menu",
        run: "click",
    },
    {
        content: "The helpdesk's own templates are offered",
        trigger:
            ".o_nocontent_help a[href$='contact.xlsx']:contains(Template for contacts)",
    },
    {
        content: "Take the titles of the template",
        trigger: ".o_nocontent_help a[href$='contact.csv']",
        async run({anchor}) {
            const response = await fetch(anchor.href);
            titles = (await response.text()).split("\r\n")[0];
        },
    },
];

const test = [
    {
        content: "Test the file",
        trigger: ".o_control_panel button:contains(Test)",
        run: "click",
    },
];

const importAll = [
    ...test,
    {
        content: "All is well",
        trigger: ".o_import_data_content:contains(Everything seems valid)",
    },
    {
        content: "Import",
        trigger: ".o_control_panel button.btn-primary:contains(Import)",
        run: "click",
    },
];

registry.category("web_tour.tours").add("helpdesk_contact_import", {
    steps: () => [
        ...openImport,
        {
            content: "Upload a file with faults",
            trigger: "button.o_import_file",
            run() {
                upload("contacts.csv", [
                    ["Bäckerei Huber", "Ina", "Import", "ina@tour.example", "1"],
                    ["Bäckerei Huber", "Olga", "Ohne", "", "2"],
                    ["Bäckerei Huber", "Paul", "Falsch", "nonsense", "3"],
                    ["Nobody Ltd", "Rita", "Fremd", "rita@tour.example", "4"],
                ]);
            },
        },
        {
            content: "The titles of the template are understood",
            trigger:
                ".o_import_data_content tr:contains(Last name) td:contains(Last name)",
        },
        ...test,
        {
            content: "Row, column and reason of each fault",
            trigger:
                ".o_import_data_content tr:contains(Email) .o_import_report li:contains(Row 2: The e-mail address is missing)",
        },
        {
            trigger:
                ".o_import_data_content tr:contains(Email) .o_import_report li:contains(Row 3: “nonsense” is not an e-mail address)",
        },
        {
            trigger:
                ".o_import_data_content .o_import_report:contains(Row 4):contains(Nobody Ltd)",
        },
        {
            content: "Upload the fixed file",
            trigger: ".o_control_panel button:contains(Load Data File)",
            run() {
                upload("contacts.csv", [
                    ["Bäckerei Huber", "Ina", "Import", "ina@tour.example", "1"],
                    ["Bäckerei Huber", "Anna", "Huber", "anna@huber.example", "77"],
                ]);
            },
        },
        {
            content: "The faults are gone",
            trigger: ".o_import_data_content:not(:has(.o_import_report))",
        },
        ...importAll,
        {
            content: "Back in the list",
            trigger: ".o_list_view .o_data_row:contains(Ina Import)",
        },
    ],
});
