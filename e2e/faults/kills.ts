import type { Scenario } from "./scenario.ts";
export const kills: Scenario = { name: "kills", promise: "", run: async () => ({ name: "kills", said: "", figures: {}, broken: ["todo"] }) };
