import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { keywrightUrl, operatorToken } from "../orders/keywright.ts";
import { createOperator } from "../orders/operator.ts";
import { createApply } from "./apply.ts";
import { openMemory } from "./memory.ts";
import { createReceiver } from "./receive.ts";
import { parseTable } from "./table.ts";

const url = keywrightUrl();
const port = Number(process.env.BILLING_PORT ?? "8795");
const plans = process.env.BILLING_PLANS ?? join(import.meta.dirname, "plans.json");
const state = process.env.BILLING_STATE_DIR ?? join(import.meta.dirname, ".state");
const secrets = process.env.BILLING_WEBHOOK_SECRET;
if (!secrets) throw new Error("Set BILLING_WEBHOOK_SECRET; examples/billing/README.md says where to get it.");

const table = parseTable(JSON.parse(await readFile(plans, "utf8")));
const apply = createApply(createOperator(url, await operatorToken()), openMemory(state), table);
const server = createReceiver({ secrets, apply, unknown_customers: table.unknown_customers, log: (line) => console.log(line) });

server.listen(port, "127.0.0.1", () => console.log(`Billing events at http://127.0.0.1:${port}/webhooks/billing, for the tenants of ${url}`));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close());
