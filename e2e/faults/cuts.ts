import type { Scenario } from "./scenario.ts";
export const cuts: Scenario = { name: "cuts", promise: "", run: async () => ({ name: "cuts", said: "", figures: {}, broken: ["todo"] }) };
