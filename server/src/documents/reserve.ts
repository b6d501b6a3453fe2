import { record } from "../audit/record.ts";
import { ApiError } from "../core/error.ts";
import { newId } from "../core/id.ts";
import type { RecordTx, Tx } from "../database/transaction.ts";
import type { PlanLimits } from "../plans/plan.ts";
import { readTenantForShare } from "../tenants/store.ts";
import type { DocumentsContext } from "./context.ts";
import { assertRoom } from "./incoming.ts";
import { addToCounts, deleteUpload, documentCounts, ensureCounts, growUpload, insertUpload, takeFromCounts } from "./store.ts";

/** Reserved at the start, so that a small document needs no second reservation; corrected to the exact size at commit. */
const UNRESERVED_BYTES_MAX = 65_536;
/** An upload of unknown length reserves as much again as it has received, within these bounds. */
const STEP_BYTES_MIN = 1_048_576;
const STEP_BYTES_MAX = 67_108_864;

/** The limits of a plan for documents. */
export type DocumentLimits = Pick<PlanLimits, "documents" | "storage_bytes" | "document_bytes">;

/** Throws 413 when a document of `size_bytes` exceeds the plan's maximum. */
export function assertDocumentBytes(limits: DocumentLimits, size_bytes: number): void {
	if (limits.document_bytes === null || size_bytes <= limits.document_bytes) return;
	throw new ApiError(
		"payload_too_large",
		`The plan allows at most ${limits.document_bytes} bytes per document. Send a smaller one, or ask for a larger plan.`,
		{
			members: { limit: "document_bytes", max: limits.document_bytes },
		},
	);
}

/** The 409 for a plan without enough space: names the limit and its use, running uploads included. `documents` more were requested. */
async function planFull(tx: Tx | RecordTx, tenant_id: string, limits: DocumentLimits, documents: number): Promise<ApiError> {
	const used = await documentCounts(tx, tenant_id);
	if (limits.documents !== null && (limits.storage_bytes === null || used.documents + documents > limits.documents)) {
		const detail = `The plan allows ${limits.documents} documents, and ${used.documents} are stored or being uploaded. Delete some, or ask for a larger plan.`;
		return new ApiError("conflict", detail, { members: { limit: "documents", max: limits.documents, used: used.documents } });
	}
	const detail = `The plan allows ${limits.storage_bytes} bytes of documents, and ${used.storage_bytes} are stored or reserved by uploads: this document does not fit. Delete some, or ask for a larger plan.`;
	return new ApiError("conflict", detail, { members: { limit: "storage_bytes", max: limits.storage_bytes, used: used.storage_bytes } });
}

/** The storage that one upload reserves in the plan. It counts as used until it is committed or released. */
export class Reservation {
	readonly #context: DocumentsContext;
	readonly upload_id = newId("upl");
	#limits: DocumentLimits = { documents: null, storage_bytes: null, document_bytes: null };
	#reserved_bytes = 0;

	constructor(context: DocumentsContext) {
		this.#context = context;
	}

	/** The plan's limits when the upload began. */
	get limits(): DocumentLimits {
		return this.#limits;
	}

	/** Reserves one document of at least `bytes_min`. 413, 409 `conflict`, 507 `storage_full`. */
	async open(bytes_min: number): Promise<void> {
		const { uploads_dir, node, scope } = this.#context;
		await assertRoom(uploads_dir, bytes_min);
		await record(this.#context, async (tx) => {
			const tenant = await readTenantForShare(tx, scope);
			if (!tenant) throw new ApiError("not_found", "The tenant of this key was deleted.");
			this.#limits = tenant.plan.limits;
			assertDocumentBytes(this.#limits, bytes_min);
			await ensureCounts(tx, scope);
			if (!(await addToCounts(tx, scope, { documents: 1, storage_bytes: bytes_min }, this.#limits))) throw await planFull(tx, scope, this.#limits, 1);
			await insertUpload(tx, { id: this.upload_id, tenant_id: scope, node_id: node.id, reserved_bytes: bytes_min });
		});
		this.#reserved_bytes = bytes_min;
	}

	/** Call it before the upload exceeds `size_bytes` in all. 413, 409 `conflict`, 507 `storage_full`. */
	async cover(size_bytes: number): Promise<void> {
		assertDocumentBytes(this.#limits, size_bytes);
		const missing = size_bytes - this.#reserved_bytes;
		if (missing <= UNRESERVED_BYTES_MAX) return;
		const step = Math.max(missing, Math.min(Math.max(size_bytes, STEP_BYTES_MIN), STEP_BYTES_MAX));
		await assertRoom(this.#context.uploads_dir, missing);
		this.#reserved_bytes += await record(this.#context, (tx) => this.#grow(tx, step, missing));
	}

	/** Reserves `wanted` more bytes, or only `needed` in a nearly full plan; returns the number of reserved bytes. */
	async #grow(tx: RecordTx, wanted: number, needed: number): Promise<number> {
		const { scope } = this.#context;
		for (const bytes of new Set([wanted, needed])) {
			// Locks the upload's row before the counters, like every other change: two orders could deadlock.
			if (!(await growUpload(tx, scope, this.upload_id, bytes))) throw uploadLost();
			if (await addToCounts(tx, scope, { documents: 0, storage_bytes: bytes }, this.#limits)) return bytes;
			await growUpload(tx, scope, this.upload_id, -bytes);
		}
		throw await planFull(tx, scope, this.#limits, 0);
	}

	/**
	 * Replaces the reservation by the exact size, in the transaction that commits the document. 409 `conflict` when the plan has shrunk in
	 * the meantime.
	 */
	async commit(tx: Tx, limits: DocumentLimits, size_bytes: number): Promise<void> {
		const { scope } = this.#context;
		const upload = await deleteUpload(tx, this.upload_id);
		if (!upload) throw uploadLost();
		assertDocumentBytes(limits, size_bytes);
		const fits = await addToCounts(tx, scope, { documents: 0, storage_bytes: size_bytes - upload.reserved_bytes }, limits);
		if (!fits) throw await planFull(tx, scope, limits, 0);
	}

	/** Releases the whole reservation. False when the upload has ended already: it was committed, or the sweep ended it. */
	release(): Promise<boolean> {
		return record(this.#context, (tx) => releaseUpload(tx, this.upload_id));
	}
}

/** Ends an unsuccessful upload; false when it has ended already. */
export async function releaseUpload(tx: RecordTx, upload_id: string): Promise<boolean> {
	const upload = await deleteUpload(tx, upload_id);
	if (!upload) return false;
	await takeFromCounts(tx, upload.tenant_id, { documents: 1, storage_bytes: upload.reserved_bytes });
	return true;
}

function uploadLost(): ApiError {
	return new ApiError("unavailable", "The server ended this upload before it was complete. Send it again.");
}
