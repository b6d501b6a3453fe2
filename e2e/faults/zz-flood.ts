import { startServer } from "/work/main/e2e/server.ts";
import { makeWorld } from "/work/main/e2e/things.ts";
import { Line } from "/work/main/e2e/faults/wire.ts";
import { creationOf, keyed } from "/work/main/e2e/faults/requests.ts";
const R = process.argv[2] ?? "5", C = Number(process.argv[3] ?? 300);
const s = await startServer({ env: { KEYWRIGHT_LEASE_SECONDS: R, KEYWRIGHT_LOG_LEVEL: "warn" } });
try {
  const w = await makeWorld(s);
  let on = true; const codes: Record<string, number> = {}; const probe: Record<string, number> = {};
  const made = Array.from({ length: C }, async (_, i) => { const l = new Line(s.port); while (on) { const e = await l.send(creationOf(s.operator_token, w.tenant.id, `b-${i}`)).catch(() => ({status: 0})); codes[e.status] = (codes[e.status] ?? 0) + 1; } l.close(); });
  const p = (async () => { const l = new Line(s.port); let max = 0; while (on) { const e = await l.send(keyed(w.raw_key)); probe[e.status] = (probe[e.status] ?? 0) + 1; max = Math.max(max, e.read_at - e.sent_at); await new Promise(r => setTimeout(r, 5)); } l.close(); console.log("max ms", max); })();
  await new Promise(r => setTimeout(r, 15000)); on = false; await Promise.all([...made, p]);
  console.log({ R, C, codes, probe });
} finally { console.log(s.logs.stdout.split("\n").slice(-6).join("\n").slice(0, 1500)); await s.stop(); }
