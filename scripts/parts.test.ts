import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { installHint, missingParts, PARTS, type Part } from "./parts.ts";

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

	it("come with one line that says how to get them", () => {
		for (const part of PARTS)
			assert.match(installHint(part), new RegExp(`^${part.name} is missing.*sudo apt-get install -y ${part.debian_package}$`));
	});
});
