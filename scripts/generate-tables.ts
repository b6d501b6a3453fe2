// Writes server/src/database/tables.ts from a migrated database: the row types of every table in the schema `keywright`.
import pg from "pg";

const TYPES: Record<string, string> = {
	text: "string",
	bigint: "number",
	integer: "number",
	smallint: "number",
	boolean: "boolean",
	bytea: "Buffer",
	"timestamp with time zone": "Timestamp",
	date: "string",
	jsonb: "Json",
	ARRAY: "string[]",
};

interface Column {
	table_name: string;
	column_name: string;
	data_type: string;
	is_nullable: "YES" | "NO";
	column_default: string | null;
	is_generated: string;
	is_identity: string;
}

function pascal(name: string): string {
	return name.replace(/(?:^|_)([a-z])/g, (_all, letter: string) => letter.toUpperCase());
}

function columnType(column: Column): string {
	const base = TYPES[column.data_type];
	if (!base) throw new Error(`no TypeScript type for ${column.data_type} (${column.table_name}.${column.column_name})`);
	const nullable = column.is_nullable === "YES" ? `${base} | null` : base;
	if (column.is_generated === "ALWAYS") return `GeneratedAlways<${nullable}>`;
	return column.column_default === null && column.is_identity === "NO" ? nullable : `Generated<${nullable}>`;
}

/** The text of tables.ts for the database behind `url`. */
export async function renderTables(url: string): Promise<string> {
	const client = new pg.Client({ connectionString: url });
	await client.connect();
	try {
		const found = await client.query<Column>(
			`select table_name::text, column_name::text, data_type::text, is_nullable::text, column_default::text, is_generated::text, is_identity::text
			from information_schema.columns where table_schema = 'keywright' order by table_name collate "C", ordinal_position`,
		);
		const tables = Map.groupBy(found.rows, (column) => column.table_name);
		const lines = [
			"// Generated from the migrations by `npm run generate`; do not edit.",
			'import type { ColumnType, GeneratedAlways } from "kysely";',
			"",
			"type Generated<T> = T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;",
			"/** Read as a Date; written as a Date or an RFC 3339 text. */",
			"export type Timestamp = ColumnType<Date, Date | string, Date | string>;",
			"/** Read as the parsed value; written as JSON text. Its shape is checked where it is parsed. */",
			"export type Json = ColumnType<unknown, string, string>;",
		];
		for (const [table, columns] of tables) {
			lines.push("", `export interface ${pascal(table)}Table {`);
			for (const column of columns) lines.push(`\t${column.column_name}: ${columnType(column)};`);
			lines.push("}");
		}
		lines.push("", "export interface Tables {");
		for (const table of tables.keys()) lines.push(`\t${table}: ${pascal(table)}Table;`);
		lines.push("}", "");
		return lines.join("\n");
	} finally {
		await client.end();
	}
}
