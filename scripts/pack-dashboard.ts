// Puts the dashboard's build into the server's, where the published package serves it from. Part of `npm run build` of server/.
import { cpSync, existsSync, rmSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const BUILT = join(ROOT, "dashboard/dist");
const PACKED = join(ROOT, "server/dist/dashboard");

if (!existsSync(join(BUILT, "index.html"))) throw new Error("dashboard/dist is not there: run node scripts/prepare.mjs first");
rmSync(PACKED, { recursive: true, force: true });
// The manifest is for the tests of the build; nothing serves it.
cpSync(BUILT, PACKED, { recursive: true, filter: (source) => !source.includes("/.vite") });
