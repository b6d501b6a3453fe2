/** Something that happened and that others may want to hear of; written in the transaction of the change. `data` is snake_case and holds no secret. */
export interface OutboxEvent {
	readonly tenant_id: string;
	readonly type: string;
	readonly data: Record<string, unknown>;
}
