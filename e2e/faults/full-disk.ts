import type { Scenario } from "./scenario.ts";
export const fullDisk: Scenario = {
	name: "full-disk",
	promise: "",
	run: async () => ({ name: "full-disk", said: "", figures: {}, broken: ["todo"] }),
};
