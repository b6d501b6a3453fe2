import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { bringParts, installHint, missingParts, PARTS, type Part } from "./parts.ts";

const THERE: Part = { name: "node", proof: [process.execPath, "--version"], debian_package: "nodejs", needed_by: ["unit"] };
const GONE: Part = { name: "unicorn", proof: ["/nowhere/unicorn", "--version"], debian_package: "unicorn", needed_by: ["e2e"] };
const FAILING: Part = { name: "lame", proof: ["sh", "-c", "exit 3"], debian_package: "lame", needed_by: ["database"], only_in_ci: true };

describe("parts", () => {
	it("are missing when their proof fails or cannot be run, and only where they are needed", async () => {
		const table = [THERE, GONE, FAILING];
		assert.deepEqual(await missingParts(table, ["unit", "database", "e2e"], true), [GONE, FAILING]);
		assert.deepEqual(await missingParts(table, ["unit", "database", "e2e"], false), [GONE]);
		assert.deepEqual(await missingParts(table, ["unit"], true), []);
	});

	it("that only save time are not missing where they cannot be installed", async () => {
		const lacking: Part = { name: "pegasus", proof: ["/nowhere/pegasus"], debian_package: "no-such-package-of-debian", needed_by: ["e2e"] };
		const path = process.env.PATH;
		process.env.PATH = "/nowhere";
		try {
			const parts = [{ ...lacking, only_saves_time: true }, GONE];
			assert.deepEqual(await bringParts(parts, ["e2e"], false, () => undefined), [GONE]);
		} finally {
			process.env.PATH = path;
		}
	});

	it("come with one line that says how to get them", () => {
		for (const part of PARTS)
			assert.match(installHint(part), new RegExp(`^${part.name} is missing.*sudo apt-get install -y ${part.debian_package}$`));
	});
});
