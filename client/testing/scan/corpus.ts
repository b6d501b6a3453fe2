import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { BREAKS, ESCAPE_STYLES, escapeAll, makeKey, publicPartsOf, type Random, randomFrom, randomText, withChecksum } from "./keys.ts";
import { makeZip } from "./zip.ts";

const LINES_PER_FILE = 30;
const FILES_PER_FOLDER = 200;
const WORDS = [
	"const",
	"return",
	"orders",
	"tenant_id",
	"await",
	"value_of",
	"=>",
	"(item)",
	"if (x)",
	'"name"',
	"import",
	"_dev_",
	"prod_",
	"{ }",
	"//",
	"0x5f",
];

/** A key that is planted, and where it must be found. */
export interface Planted {
	readonly key: string;
	readonly path: string;
	readonly line: number;
	readonly in_history: boolean;
}

export interface Corpus {
	readonly planted: readonly Planted[];
	readonly look_alikes: readonly string[];
	readonly bytes: number;
}

/** Writes `files` files of source text with 50 keys and 1,000 texts that only look like keys; the same for the same seed, except for the commits. */
export function writeCorpus(folder: string, files: number, seed = 1): Corpus {
	const random = randomFrom(seed);
	const contents = new Map<string, string | Buffer>();
	for (let index = 0; index < files; index += 1) contents.set(nameOf(index), sourceText(random));
	const look_alikes = Array.from({ length: 1_000 }, (_, index) => lookAlike(random, index));
	for (const [index, text] of look_alikes.entries()) {
		const name = nameOf((index * 7) % files);
		contents.set(name, `${contents.get(name)}\nconst s${index} = "${text}";\n`);
	}
	const planted: Planted[] = [];
	const plant = (name: string, make: (key: string) => string | Buffer, line: number, inside = ""): void => {
		const key = makeKey(random, ["kw", "acme_api", "orders7"][planted.length % 3], ["prod", "staging", "dev"][planted.length % 3]);
		contents.set(name, make(key));
		planted.push({ key, path: name + inside, line, in_history: false });
	};
	const text = sourceText(random);
	const filler = Array.from({ length: 200 }, () => text.replaceAll("\n", ";")).join("");
	for (let index = 0; index < 8; index += 1)
		plant(`dist/app-${index}.min.js`, (key) => `${filler}fetch(u,{headers:{"x-api-key":"${key}"}});${filler}`, 1);
	for (let index = 0; index < 6; index += 1)
		plant(`dist/app-${index}.js.map`, (key) => JSON.stringify({ version: 3, sourcesContent: [`${filler}\nconst k = "${key}";\n${filler}`] }), 1);
	for (let index = 0; index < 6; index += 1) plant(`windows/settings-${index}.ini`, (key) => utf16(`[api]\r\n\r\nkey=${key}\r\n${text}`, index), 3);
	for (let index = 0; index < 10; index += 1)
		plant(`escaped/${index}.json`, (key) => `${text}\n{"k":"${escapeAll(key, index % ESCAPE_STYLES)}"}`, LINES_PER_FILE + 1);
	for (const [index, between] of BREAKS.slice(0, 9).entries())
		plant(`split/${index}.txt`, (key) => `${text}\n"${key.slice(0, 9 + 4 * index)}${between}${key.slice(9 + 4 * index)}"`, LINES_PER_FILE + 1);
	for (let index = 0; index < 3; index += 1) {
		const inner = (key: string) => makeZip([{ name: "lib/config.properties", bytes: Buffer.from(`a=b\nkey=${key}\n`) }]);
		plant(
			`release/app-${index}.apk`,
			(key) => makeZip([{ name: "assets/lib.jar", bytes: inner(key) }]),
			2,
			"!/assets/lib.jar!/lib/config.properties",
		);
	}
	for (let index = 0; index < 3; index += 1)
		plant(
			`release/app-${index}.ipa`,
			(key) => makeZip([{ name: "classes.dex", bytes: Buffer.from(`\0\n\x07${key}\0`) }], index === 1),
			2,
			"!/classes.dex",
		);
	commitAndRemove(folder, random, planted, 5);
	let bytes = 0;
	for (const [name, content] of contents) {
		const file = join(folder, name);
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, content);
		bytes += content.length;
	}
	return { planted, look_alikes, bytes };
}

function nameOf(index: number): string {
	return `src/${Math.floor(index / FILES_PER_FOLDER)}/module-${index}.ts`;
}

function sourceText(random: Random): string {
	const word = () => WORDS[Math.floor(random() * WORDS.length)] ?? "";
	return Array.from({ length: LINES_PER_FILE }, () => `\t${word()} ${word()} ${word()} ${randomText(random, 12)} ${word()};`).join("\n");
}

/** A wrong checksum, a missing or an additional character, or an environment that does not exist, with a checksum that is right. */
function lookAlike(random: Random, index: number): string {
	const key = makeKey(random);
	if (index % 4 === 0) return `${key.slice(0, -1)}${key.endsWith("a") ? "b" : "a"}`;
	if (index % 4 === 1) return key.slice(0, -1);
	if (index % 4 === 2) return `${key}7`;
	return withChecksum(`kw_${["test", "live", "qa"][index % 3]}_${randomText(random, 44)}`);
}

function utf16(text: string, index: number): Buffer {
	const little = Buffer.from(index < 3 ? `\ufeff${text}` : text, "utf16le");
	return index % 2 === 0 ? little : little.swap16();
}

/** Runs git as a person does, whatever the machine's configuration. */
export function git(folder: string, ...args: string[]): string {
	const identity = ["-c", "user.name=Test", "-c", "user.email=test@keywright.example", "-c", "commit.gpgsign=false", "-c", "init.defaultBranch=main"];
	const env = { ...process.env, GIT_CONFIG_NOSYSTEM: "1", GIT_CONFIG_GLOBAL: "/dev/null" };
	return execFileSync("git", [...identity, "-C", folder, ...args], { encoding: "utf8", env, stdio: ["ignore", "pipe", "pipe"] });
}

function commitAndRemove(folder: string, random: Random, planted: Planted[], count: number): void {
	mkdirSync(join(folder, "config"), { recursive: true });
	git(folder, "init", "--quiet");
	for (let index = 0; index < count; index += 1) {
		const key = makeKey(random);
		writeFileSync(join(folder, `config/${index}.env`), `# ${index}\nAPI_KEY=${key}\n`);
		planted.push({ key, path: `config/${index}.env`, line: 2, in_history: true });
	}
	git(folder, "add", ".");
	git(folder, "commit", "--quiet", "-m", "Add the configuration");
	rmSync(join(folder, "config"), { recursive: true });
	git(folder, "add", "--all");
	git(folder, "commit", "--quiet", "-m", "Remove it again");
}

/** What a finding of a planted key looks like. */
export function expectedOf({ key, path, line, in_history }: Planted): string {
	const { kid, last4 } = publicPartsOf(key);
	return `${path}:${line} ${kid} ${last4}${in_history ? " in history" : ""}`;
}
