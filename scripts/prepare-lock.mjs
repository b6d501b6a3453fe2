// The lock that lets one prepare at a time work on a clone. Plain JavaScript for Node 12 and later, like prepare.mjs.
// The lock is a folder with one empty folder named by its owner's pid: git ignores empty folders, so it needs no ignore rule.
import fs from "fs";
import path from "path";

const STALE_MS = 15 * 60 * 1000;
const POLL_MS = 200;

export function removeTree(directory) {
	if (fs.rmSync) fs.rmSync(directory, { recursive: true, force: true });
	else if (fs.existsSync(directory)) fs.rmdirSync(directory, { recursive: true });
}

/** Removes an empty folder; does nothing if it is missing or not empty. */
function removeEmpty(directory) {
	try {
		fs.rmdirSync(directory);
	} catch (error) {
		if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(error.code)) throw error;
	}
}

/**
 * Renaming a folder replaces an empty one and fails on any other, so the lock appears with its owner or not at all. Returns null if the lock was
 * taken, else the time by the clock that dates files (milliseconds), which need not be this process's clock.
 */
function tryLock(lock) {
	const own = `${lock}-${process.pid}`;
	fs.mkdirSync(path.join(own, String(process.pid)), { recursive: true });
	const files_now_ms = fs.statSync(own).mtimeMs;
	try {
		fs.renameSync(own, lock);
		return null;
	} catch (error) {
		if (!["ENOTEMPTY", "EEXIST"].includes(error.code)) throw error;
		removeTree(own);
		return files_now_ms;
	}
}

function alive(pid) {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return error.code === "EPERM";
	}
}

/** The owner's pid, or null if the lock is free. */
function ownerOf(lock) {
	try {
		return fs.readdirSync(lock)[0] || null;
	} catch (_error) {
		return null;
	}
}

function isStale(lock, owner, files_now_ms) {
	if (!alive(Number(owner))) return true;
	try {
		return files_now_ms - fs.statSync(lock).mtimeMs > STALE_MS;
	} catch (_error) {
		return false;
	}
}

/**
 * Waits for the lock, calls `onWait` once with the owner's pid when it has to, takes the lock of an owner that is dead or 15 minutes old,
 * and returns the function that gives it back.
 */
export async function takeLock(lock, onWait) {
	let waiting = false;
	for (let files_now_ms = tryLock(lock); files_now_ms !== null; files_now_ms = tryLock(lock)) {
		const owner = ownerOf(lock);
		if (owner === null) continue;
		if (isStale(lock, owner, files_now_ms)) {
			removeEmpty(path.join(lock, owner));
			continue;
		}
		if (!waiting) onWait(owner);
		waiting = true;
		await new Promise((resolve) => setTimeout(resolve, POLL_MS));
	}
	return () => {
		removeEmpty(path.join(lock, String(process.pid)));
		removeEmpty(lock);
	};
}
