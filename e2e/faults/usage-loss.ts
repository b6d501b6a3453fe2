import type { Scenario } from "./scenario.ts";
export const usageLoss: Scenario = {
	name: "usage-loss",
	promise: "",
	run: async () => ({ name: "usage-loss", said: "", figures: {}, broken: ["todo"] }),
};
