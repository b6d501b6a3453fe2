import assert from "node:assert/strict";
import { mkdir, mkdtemp, readlink, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { locateBinaries, postgresEnvironment, requirePlatform, restoreLinks } from "./binaries.ts";

test("the error on a machine without binaries names the database URL", async () => {
	assert.throws(() => requirePlatform({ os: "linux", arch: "x64", glibc: null }), /musl.*KEYWRIGHT_DATABASE_URL/);
	assert.throws(() => requirePlatform({ os: "linux", arch: "x64", glibc: "2.26" }), /glibc 2\.27.*2\.26.*KEYWRIGHT_DATABASE_URL/);
	assert.throws(() => requirePlatform({ os: "linux", arch: "x64", glibc: "1.99" }), /KEYWRIGHT_DATABASE_URL/);
	await assert.rejects(locateBinaries({ os: "linux", arch: "riscv64", glibc: "2.36" }), /not installed.*linux-riscv64.*KEYWRIGHT_DATABASE_URL/);
	await assert.rejects(locateBinaries({ os: "sunos", arch: "x64", glibc: null }), /KEYWRIGHT_DATABASE_URL/);
});

test("glibc 2.27 and newer pass, compared as numbers", () => {
	for (const glibc of ["2.27", "2.36", "2.100", "3.0"]) requirePlatform({ os: "linux", arch: "x64", glibc });
});

test("links that an install without scripts left out are put back, and only those", async () => {
	const root = await mkdtemp(join(tmpdir(), "keywright-links-"));
	try {
		await mkdir(join(root, "native", "lib"), { recursive: true });
		const links = ["liba.so", "liba.so.1"].map((name) => ({ source: "native/lib/liba.so.1.2", target: `native/lib/${name}` }));
		await writeFile(join(root, "native", "pg-symlinks.json"), JSON.stringify(links));
		assert.equal(await restoreLinks(root), 2);
		assert.equal(await readlink(join(root, "native", "lib", "liba.so.1")), "liba.so.1.2");
		assert.equal(await restoreLinks(root), 0);
		await rm(join(root, "native", "lib", "liba.so"));
		assert.equal(await restoreLinks(root), 1);
	} finally {
		await rm(root, { recursive: true });
	}
});

test("PostgreSQL gets nothing of our environment", () => {
	process.env.KEYWRIGHT_TEST_CANARY = "canary";
	assert.ok(!JSON.stringify(postgresEnvironment("/somewhere")).includes("canary"));
	delete process.env.KEYWRIGHT_TEST_CANARY;
});
