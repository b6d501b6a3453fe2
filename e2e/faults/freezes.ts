import type { Scenario } from "./scenario.ts";
export const freezes: Scenario = { name: "freezes", promise: "", run: async () => ({ name: "freezes", said: "", figures: {}, broken: ["todo"] }) };
