import { createHash, randomUUID } from "node:crypto";
import { mkdir, open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { type Customer, NEW_CUSTOMER } from "./customer.ts";

/** The applied events, kept across restarts because retries go on for days. For one process; with several, use your database and lock the customer's row. */
export interface Memory {
	read(customer_id: string): Promise<Customer>;
	write(customer_id: string, customer: Customer): Promise<void>;
}

/** One file per customer in `directory`, replaced atomically. */
export function openMemory(directory: string): Memory {
	const pathOf = (customer_id: string): string => join(directory, `${createHash("sha256").update(customer_id).digest("hex")}.json`);
	return {
		async read(customer_id) {
			try {
				return asCustomer(JSON.parse(await readFile(pathOf(customer_id), "utf8")));
			} catch (error) {
				if (error instanceof Error && "code" in error && error.code === "ENOENT") return NEW_CUSTOMER;
				throw error;
			}
		},
		async write(customer_id, customer) {
			await mkdir(directory, { recursive: true, mode: 0o700 });
			const draft = join(directory, `.${randomUUID()}`);
			const file = await open(draft, "wx", 0o600);
			try {
				await file.writeFile(JSON.stringify(customer));
				await file.sync();
			} finally {
				await file.close();
			}
			await rename(draft, pathOf(customer_id));
		},
	};
}

/** Guarantee: only `write` writes the files of this folder. */
function asCustomer(value: unknown): Customer {
	return value as Customer;
}
