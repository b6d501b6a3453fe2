type Level = "info" | "warn" | "error";

interface LogEvent {
	/** The levels at which the event is written. */
	readonly levels: readonly Level[];
	/** The meaning of the event and, where necessary, of its fields. */
	readonly means: string;
}

/** All log events: no other event can be logged. The table in docs/operations.md is generated from this one. Names never change. */
export const LOG_EVENTS = {
	request_answered: {
		levels: ["info"],
		means:
			"one request: `request_id`, `method`, `route`, `status`, `code`, `decision`, `duration_ms`; `decision` is `allowed` or the code of the denial where a key was verified, also by `verify`, whose own status is 200; `trace_id` and `parent_id` are those of a valid `traceparent` header",
	},
	request_refused: {
		levels: ["info"],
		means:
			"a request that could not be read safely, refused before routing. `reason`: the error code of the HTTP parser; at most ten lines per second are written, and `left_out` is the number of lines omitted before this one",
	},
	request_refused_by_fault: { levels: ["warn"], means: "a request was refused because of `err`, such as an unavailable database or a full disk" },
	request_failed: { levels: ["error"], means: "an unexpected error, answered 500" },
	verification_failed: { levels: ["error"], means: "an unexpected error while a key was verified, answered 503" },
	forward_auth_rules_not_read: { levels: ["error"], means: "the forward-auth rules could not be read; the proxy's request was answered 503" },
	key_exposed: { levels: ["warn"], means: "a key whose secret is right came in a URL, a cookie, `Authorization` or a stored text; `kid` says which" },
	canary_used: { levels: ["warn"], means: "a canary key was presented, for the first time in a day; the alert says by whom" },
	exposure_not_proven: { levels: ["warn"], means: "a key in a wrong place could not be looked up, so it is not recorded as exposed" },
	leak_reported: {
		levels: ["warn"],
		means:
			"a finder reported a key with its whole secret; `kid` says which, `outcome` what was done: `revoked`, `rotated`, `shortened`, or `none` as it had ended",
	},
	leak_report_not_processed: {
		levels: ["warn"],
		means:
			"a reported key could not be looked up or ended because of `err`; it is tried again each second, unless it is `lost` after ten minutes of attempts",
	},
	exposures_lost_at_stop: { levels: ["warn"], means: "the last exposures could not be written while the server stopped" },
	key_used_from_client: { levels: ["warn"], means: "a key was used from a browser or an app; written at most once per key and minute" },
	server_started: { levels: ["info"], means: "the server has started; with its version and the applied migrations" },
	server_stopping: { levels: ["info"], means: "the server stops; `why` is the reason" },
	stop_step_failed: { levels: ["error"], means: "a step of the stop failed; the remaining steps ran" },
	node_not_removed: {
		levels: ["warn"],
		means: "this node could not be removed from the list of nodes at the stop; changes wait until its lease expires",
	},
	audit_chain_broken: {
		levels: ["error"],
		means:
			"a page or program asked whether the audit log of the tenant `chain` is whole, and it is not: `position` is the first wrong entry. Run `audit verify`",
	},
	audit_checkpoint_written: {
		levels: ["info"],
		means: "a checkpoint of the audit log was written: `number`, `chains`, and `combined`, the digest of all heads",
	},
	audit_checkpoint_failed: {
		levels: ["error"],
		means: "a checkpoint of the audit log could not be appended to its file because of `err`; the next attempt follows within five minutes",
	},
	quota_block_not_returned: {
		levels: ["warn"],
		means:
			"what was leased of a quota or budget could not be returned; it counts as used until the period ends, and for good if a budget does not refill",
	},
	database_connection_lost: { levels: ["warn"], means: "an idle connection broke; it is replaced automatically" },
	listening_connection_lost: { levels: ["warn"], means: "the LISTEN connection broke; it is replaced automatically" },
	change_not_applied: { levels: ["warn"], means: "a notified change could not be applied; the next renewal of the lease applies it" },
	loop_run_failed: { levels: ["error"], means: "a run of a background task (`loop`) failed; it is retried" },
	live_value_not_read: {
		levels: ["warn"],
		means: "forward-auth rules, formats of keys or the profile (`kind`) could not be read after a change; retried every second",
	},
	rotation_not_completed: {
		levels: ["error"],
		means: "a rotation that is due (`rotation_id`) could not be completed; it is retried, and the old secret ends at its time regardless",
	},
	rotation_not_scheduled: {
		levels: ["warn"],
		means: "a key that is due (`key_id`) could not be handed over to its responsible person because of `err`; it is retried, after an hour at most",
	},
	clock_differs: { levels: ["warn"], means: "this node's clock is `skew_seconds` ahead of the database's (negative: behind)" },
	clock_is_wrong: { levels: ["error"], means: "the clocks differ by more than 30 seconds: keyed requests are refused" },
	clock_agrees: { levels: ["info"], means: "the clocks agree again" },
	node_was_fenced: { levels: ["warn"], means: "this node did not renew its lease in time; it emptied its memory and registered again" },
	silent_nodes_fenced: { levels: ["warn"], means: "other nodes (`nodes`) did not renew their leases in time" },
	secret_not_rekeyed: {
		levels: ["warn"],
		means: "the MAC of one secret or service credential could not be recomputed with the new pepper; retried at its next use",
	},
	usage_flush_failed: { levels: ["warn"], means: "a flush of usage failed; the counts stay in memory and are retried" },
	usage_flush_recovered: { levels: ["info"], means: "a flush of usage succeeded after a failure" },
	usage_flush_was_applied_before: { levels: ["info"], means: "a flush of usage was sent twice; it is counted once" },
	usage_flush_set_aside: {
		levels: ["error"],
		means: "the database rejects the values of a flush (`flush`); it stays in `usage_flushes` for a week for inspection",
	},
	usage_batch_given_up: { levels: ["error"], means: "usage counts were lost" },
	usage_lost_at_stop: { levels: ["error"], means: "usage counts could not be written at the stop and were lost" },
	auth_failures_given_up: { levels: ["error"], means: "refusals could not be stored and were lost for explanations" },
	auth_failures_lost_at_stop: { levels: ["warn"], means: "the latest refusals could not be stored at the stop and were lost for explanations" },
	operator_webhook_failing: {
		levels: ["warn"],
		means: "a webhook of the operator (`webhook_id`) has accepted nothing for an hour or longer, since `failing_since`; once an hour while it fails",
	},
	webhook_disabled: {
		levels: ["warn"],
		means: "a webhook (`webhook_id` of `tenant_id`; `*`: the operator's) was disabled; `reason` is `gone` (its receiver answered 410) or `failing`",
	},
	sign_in_link_not_mailed: { levels: ["warn"], means: "a sign-in link could not be created for a person whose password attempts are used up; `err`" },
	mail_not_sent: {
		levels: ["warn"],
		means: "the mail server rejected a mail or could not be reached; `err` contains neither recipient nor password",
	},
	upload_not_undone: { levels: ["warn"], means: "a file of a failed upload could not be removed; the sweep removes it" },
	document_file_not_removed: { levels: ["warn"], means: "the file of a deleted document could not be removed; the sweep removes it" },
	documents_of_erased_tenant_not_removed: { levels: ["error"], means: "the files of an erased tenant could not be removed; the sweep removes them" },
	dead_uploads_ended: { levels: ["warn"], means: "the sweep removed interrupted uploads" },
	orphaned_file_removed: { levels: ["warn"], means: "the sweep removed a file that no document has" },
	document_content_lost: { levels: ["error"], means: "the file of a document is missing or has another size" },
	embedded_postgres_initialised: { levels: ["info"], means: "a new embedded database was created" },
	embedded_postgres_started: { levels: ["info"], means: "the embedded PostgreSQL runs; `adopted`: a server that crashed had left it running" },
	embedded_postgres_exited: { levels: ["error"], means: "the embedded PostgreSQL exited unexpectedly; it is being restarted" },
	embedded_postgres_restarted: { levels: ["info"], means: "the embedded PostgreSQL runs again" },
	embedded_postgres_restart_failed: { levels: ["error"], means: "the embedded PostgreSQL could not be started; retried" },
	embedded_postgres_exit_callback_failed: { levels: ["error"], means: "a callback after its exit failed; a bug in Keywright" },
	embedded_postgres_stopped: { levels: ["info"], means: "the embedded PostgreSQL was stopped" },
	embedded_postgres_incomplete_folder_moved: { levels: ["warn"], means: "an incomplete database folder was renamed (`moved_to`)" },
	embedded_postgres_leftover_kept: { levels: ["warn"], means: "a folder left by an interrupted start could not be removed (`folder`)" },
	embedded_postgres_stale_pid_file_moved: { levels: ["warn"], means: "the pid file of a process that no longer exists was renamed" },
	folder_lock_interrupted: { levels: ["warn"], means: "the lock on the data folder was lost with its connection; it is being acquired again" },
	folder_lock_regained: { levels: ["info"], means: "the lock on the data folder was acquired again" },
	folder_lock_lost: { levels: ["error"], means: "another server has locked the data folder; this one stops" },
} as const satisfies Record<string, LogEvent>;

/** The events that may be written at a level. */
export type EventAt<L extends Level> = {
	[Name in keyof typeof LOG_EVENTS]: L extends (typeof LOG_EVENTS)[Name]["levels"][number] ? Name : never;
}[keyof typeof LOG_EVENTS];
