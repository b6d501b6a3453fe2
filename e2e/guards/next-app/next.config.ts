import { join } from "node:path";
import type { NextConfig } from "next";

/** Where `node_modules` is: three folders up, also for the copy that the tests build. */
const root = join(import.meta.dirname, "../../..");

const config: NextConfig = { turbopack: { root }, outputFileTracingRoot: root };

export default config;
