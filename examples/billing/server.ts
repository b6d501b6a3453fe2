import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { createOperator } from "../orders/operator.ts";
import { createApply } from "./apply.ts";
import { openMemory } from "./memory.ts";
import { createReceiver } from "./receive.ts";
import { parseTable } from "./table.ts";

const url = (process.env.KEYWRIGHT_URL ?? "http://127.0.0.1:8787").replace(/\/+$/, "");
const port = Number(process.env.BILLING_PORT ?? "8795");
const plans = process.env.BILLING_PLANS ?? join(import.meta.dirname, "plans.json");
const state = process.env.BILLING_STATE_DIR ?? join(import.meta.dirname, ".state");
const token = process.env.KEYWRIGHT_OPERATOR_TOKEN?.split(",")[0]?.trim();
const secrets = process.env.BILLING_WEBHOOK_SECRET;
if (!token || !secrets)
	throw new Error("Set KEYWRIGHT_OPERATOR_TOKEN and BILLING_WEBHOOK_SECRET; examples/billing/README.md says where to get them.");

const table = parseTable(JSON.parse(await readFile(plans, "utf8")));
const apply = createApply(createOperator(url, token), openMemory(state), table);
const server = createReceiver({ secrets, apply, unknown_customers: table.unknown_customers, log: (line) => console.log(line) });

server.listen(port, "127.0.0.1", () => console.log(`Billing events at http://127.0.0.1:${port}/webhooks/billing, for the tenants of ${url}`));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close());
