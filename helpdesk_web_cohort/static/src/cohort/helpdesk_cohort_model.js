import {Domain} from "@web/core/domain";
import {KeepLast} from "@web/core/utils/concurrency";
import {Model} from "@web/model/model";
import {computeReportMeasures} from "@web/views/utils";

// What a favorite keeps, by its name in the context.
const SETTINGS = {
    helpdesk_cohort_measure: "measure",
    helpdesk_cohort_interval: "interval",
    helpdesk_cohort_cumulated: "cumulated",
};

/**
 * What began in a period (a row), and which share of it was finished how many periods
 * later (a column).
 */
export class HelpdeskCohortModel extends Model {
    setup(params) {
        this.keepLast = new KeepLast();
        this.metaData = {
            ...params,
            measures: computeReportMeasures(
                params.fields,
                params.fieldAttrs,
                [params.measure],
                {sumAggregatorOnly: true}
            ),
        };
        this.data = {rows: []};
        this.settings = {};
    }

    async load(searchParams) {
        this.searchParams = searchParams;
        await this.fetch(this.readSettings(searchParams.context));
    }

    /**
     * What a favorite or an action asks for; only what is new, so that another filter
     * does not undo what the user has chosen in the view.
     *
     * @param {Object} context
     * @returns {Object} changes of the meta data
     */
    readSettings(context) {
        const changes = {};
        for (const [key, name] of Object.entries(SETTINGS)) {
            if (key in context && context[key] !== this.settings[key]) {
                changes[name] = context[key];
            }
            this.settings[key] = context[key];
        }
        return changes;
    }

    async fetch(changes) {
        const metaData = {...this.metaData, ...changes};
        const {context, domain} = this.searchParams;
        const {dateStart, dateStop, interval, measure, resModel} = metaData;
        this.data = await this.keepLast.add(
            this.orm.call(resModel, "helpdesk_cohort_read", [], {
                domain,
                date_start: dateStart,
                date_stop: dateStop,
                interval,
                measure,
                context,
            })
        );
        this.metaData = metaData;
    }

    /**
     * Show the same records in another way.
     *
     * @param {Object} changes of measure, interval or cumulated
     */
    async updateMetaData(changes) {
        if ("measure" in changes || "interval" in changes) {
            await this.fetch(changes);
        } else {
            this.metaData = {...this.metaData, ...changes};
        }
        this.notify();
    }

    hasData() {
        return this.data.rows.length > 0;
    }

    /**
     * @returns {Object} what a favorite keeps of this view
     */
    getContext() {
        return Object.fromEntries(
            Object.entries(SETTINGS).map(([key, name]) => [key, this.metaData[name]])
        );
    }

    /**
     * @returns {Object} rows of cells, the numbers of the columns, and the averages
     */
    getTable() {
        const rows = this.data.rows.map((row) => ({...row, cells: this.getCells(row)}));
        const length = Math.max(0, ...rows.map((row) => row.cells.length));
        const columns = [...Array(length).keys()];
        const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
        const totals = rows.map((row) => row.total);
        return {
            rows,
            columns,
            average: rows.length ? sum(totals) / rows.length : 0,
            // A big period weighs more than a small one.
            shares: columns.map((column) => {
                const reached = rows.filter((row) => column in row.cells);
                const all = sum(reached.map((row) => row.total));
                const part = sum(reached.map((row) => row.cells[column].value));
                return all ? part / all : 0;
            }),
        };
    }

    getCells(row) {
        let sum = 0;
        return row.values.map((value) => {
            sum = this.metaData.cumulated ? sum + value : value;
            return {value: sum, share: row.total ? sum / row.total : 0};
        });
    }

    /**
     * @param {Object} row of the table
     * @param {Number} [column] without one, all of the row
     * @returns {Array} the domain of the records behind a cell
     */
    getDomain(row, column) {
        const {dateStart, dateStop, cumulated} = this.metaData;
        const {start_bounds: starts, stop_bounds: stops} = this.data;
        const domains = [
            this.searchParams.domain,
            [[dateStart, ">=", starts[row.index]]],
            [[dateStart, "<", starts[row.index + 1]]],
        ];
        if (column !== undefined) {
            domains.push([[dateStop, "<", stops[row.index + column + 1]]]);
            // What was finished before it began counts in the first column.
            if (column && !cumulated) {
                domains.push([[dateStop, ">=", stops[row.index + column]]]);
            }
        }
        return Domain.and(domains).toList();
    }
}
