import {registry} from "@web/core/registry";

const CONDITIONS = ".o_field_widget[name=filter_ids]";
const OPERATIONS = ".o_field_widget[name=operation_ids]";

/** Each source once, each comparison at least once: source, comparison, value. */
const conditions = [
    ["From", "is one of", "a@tour.example"],
    ["To", "contains", "support"],
    ["Cc", "does not contain", "sales"],
    ["Reply-To", "ends with", "@tour.example"],
    ["Subject", "starts with", "Tour"],
    ["Subject", "is", "Tour"],
    ["Subject", "does not start with", "Re"],
    ["Subject", "does not end with", "!"],
    ["Subject", "is none of", "spam, advert"],
    ["Text", "matches the pattern", "tour-[0-9]+"],
    ["Text", "does not match the pattern", "unsubscribe"],
    ["Other header", "is not", "1", "X-Priority"],
    ["Sender", "is", null],
    ["Sender's tag", "is", "VIP"],
    ["Language", "is not", null],
    ["Has attachments", "is", null],
    ["Attachment's name", "ends with", ".pdf"],
    ["Attachment's type", "is", "application/pdf"],
    ["Size (kB)", "is more than", "10"],
    ["Size (kB)", "is less than", "1000"],
    ["Size (kB)", "is not more than", "2000"],
    ["Size (kB)", "is not less than", "1"],
    ["Is a reply", "is", null],
    ["Is automatic", "is", null],
    ["Sender is proven", "is", null],
    ["Is marked as spam", "is", null],
    ["Mailbox", "is", "Tour mailbox"],
];

const set = (field, value) => ({
    code: "Set a field",
    fill: [
        ["many2one", "field_id", field],
        ["many2one", "value_record", value],
    ],
    shown: value,
});

/** Each operation, with what it asks for. Other addons add theirs to the registry. */
const operations = [
    set("Type", "Tour type"),
    set("Topic group", "Tour topic"),
    set("Severity", "Tour severity"),
    set("Team", "Tour team"),
    set("Assigned to", "Tour agent"),
    set("Tags", "Tour tag"),
    set("Project", "Tour project"),
    set("Contract", "Tour contract"),
    set("Customer", "Tour customer"),
    set("Contact", "Tour contact"),
    {
        code: "Set a field",
        fill: [
            ["many2one", "field_id", "Severity"],
            ["radio", "value_from", "extract"],
            ["select", "source", "Other header"],
            ["text", "header", "X-Severity"],
            ["text", "extract", "level ([0-9])"],
            ["check", "only_if_empty"],
        ],
        shown: "X-Severity",
    },
    {
        code: "Find or create the contact",
        fill: [
            ["radio", "value_from", "extract"],
            ["select", "source", "Text"],
            ["text", "extract", "From: ([a-z@.]+)"],
        ],
        shown: "Text",
    },
    {
        code: "Add to an existing ticket",
        fill: [["text", "extract", "alert ([0-9]+)"]],
        shown: "Subject",
    },
    {code: "Attach the original mail", fill: [], shown: "Attach"},
    {
        code: "Answer with a template",
        fill: [["many2one", "template_id", "Tour answer"]],
        shown: "Tour answer",
    },
    {
        code: "Forward the mail",
        fill: [["text", "address", "chief@tour.example"]],
        shown: "chief@tour.example",
    },
    {
        code: "Move the mail to a folder",
        fill: [["text", "folder", "Archive/Tour"]],
        shown: "Archive/Tour",
    },
    {
        code: "Create a task",
        fill: [["many2one", "value_record", "Tour project"]],
        shown: "Create a task in Tour project",
    },
    {code: "Create a ticket", fill: [], shown: "Create a ticket"},
    {
        code: "Reject the mail with a notice",
        fill: [["many2one", "template_id", "Tour refusal"]],
        shown: "Tour refusal",
    },
    {code: "Ignore the mail", fill: [], shown: "Ignore"},
    {code: "Stop: skip further rules", fill: [], shown: "Stop"},
];

/** A whole label; signs such as quotes and brackets mean something in a selector. */
const exactly = (label) => `/^${label.replace(/\W/g, ".")}$/`;

const choose = (toggler, label) => [
    {trigger: `${toggler} input`, run: "click"},
    {trigger: `.o_select_menu_item:contains(${exactly(label)})`, run: "click"},
    {trigger: `${toggler} input:value(${exactly(label)})`},
];

const fillers = {
    many2one: (field, value) => [
        {
            trigger: `.modal .o_field_widget[name=${field}] input`,
            run: (helpers) => helpers.edit(value),
        },
        {
            trigger: `.ui-autocomplete .dropdown-item:contains(${value})`,
            run: "click",
        },
    ],
    text: (field, value) => [
        {
            trigger: `.modal .o_field_widget[name=${field}] input`,
            run: (helpers) => helpers.edit(value),
        },
    ],
    radio: (field, value) => [
        {
            trigger: `.modal .o_field_widget[name=${field}] input[data-value=${value}]`,
            run: "click",
        },
    ],
    check: (field) => [
        {trigger: `.modal .o_field_widget[name=${field}] input`, run: "click"},
    ],
    select: (field, value) => choose(`.modal .o_field_widget[name=${field}]`, value),
};

function addCondition([source, comparison, value, header], number) {
    const row = `${CONDITIONS} .o_data_row:eq(${number}).o_selected_row`;
    return [
        {
            content: `The condition ${source} ${comparison}`,
            trigger: `${CONDITIONS} a:contains(Add a condition)`,
            run: "click",
        },
        ...choose(`${row} [name=source]`, source),
        ...(header
            ? [{trigger: `${row} [name=header] input`, run: `edit ${header}`}]
            : []),
        ...choose(`${row} [name=comparison]`, comparison),
        ...(value
            ? [
                  {
                      trigger: `${row} [name=value] input`,
                      run: (helpers) => helpers.edit(value),
                  },
              ]
            : []),
    ];
}

function addOperation({code, fill, shown}) {
    return [
        {
            content: `The operation ${code}`,
            trigger: `${OPERATIONS} a:contains(Add an operation)`,
            run: "click",
        },
        ...choose(".modal .o_field_widget[name=code]", code),
        ...fill.flatMap(([kind, ...values]) => fillers[kind](...values)),
        {trigger: ".modal .o_form_button_save", run: "click"},
        {trigger: "body:not(:has(.modal))"},
        {trigger: `${OPERATIONS} .o_data_row:contains(${shown})`},
    ];
}

registry.category("web_tour.tours").add("helpdesk_email_rules_all", {
    steps: () => {
        const more = registry.category("helpdesk_tour_operations").getAll();
        const all = [...operations, ...more];
        const stay = [
            {trigger: `${CONDITIONS} .o_data_row:count(${conditions.length})`},
            {trigger: `${OPERATIONS} .o_data_row:count(${all.length})`},
        ];
        return [
            {trigger: ".o_list_button_add", run: "click"},
            {
                trigger: ".o_field_widget[name=name] textarea",
                run: "edit Tour: everything",
            },
            {
                content: "A mailbox",
                trigger: ".o_field_widget[name=server_ids] input",
                run: "edit Tour mailbox",
            },
            {
                trigger: ".ui-autocomplete .dropdown-item:contains(Tour mailbox)",
                run: "click",
            },
            ...conditions.flatMap(addCondition),
            ...all.flatMap(addOperation),
            ...stay,
            {trigger: ".o_form_button_save", run: "click"},
            {trigger: ".o_form_saved"},
            {
                content: "It is there when the page is loaded again",
                trigger: "button[name=action_put_into_use]",
                run: () => window.location.reload(),
                expectUnloadPage: true,
            },
            ...stay,
            {
                trigger: "button[name=action_put_into_use]",
                run: "click",
            },
            {trigger: "button[name=action_take_out_of_use]"},
        ];
    },
});

registry.category("web_tour.tours").add("helpdesk_email_rule_for_every_mail", {
    steps: () => [
        {trigger: ".o_list_button_add", run: "click"},
        {
            trigger: ".o_field_widget[name=name] textarea",
            run: "edit Tour: every mail",
        },
        ...addOperation({code: "Ignore the mail", fill: [], shown: "Ignore"}),
        {trigger: "button[name=action_put_into_use]", run: "click"},
        {
            content: "It asks once",
            trigger: ".modal:contains(has no conditions) button:contains(Activate)",
            run: "click",
        },
        {trigger: "button[name=action_take_out_of_use]", run: "click"},
        {trigger: "button[name=action_put_into_use]", run: "click"},
        {
            content: "and not again",
            trigger: "button[name=action_take_out_of_use]",
        },
    ],
});
