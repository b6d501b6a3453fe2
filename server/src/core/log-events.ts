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
			"one request: `request_id`, `method`, `route`, `status`, `code`, `decision`, `duration_ms`; `decision` is `allowed` or the code of the denial where a key was verified, also by `verify`, whose own status is 200",
	},
	request_refused: {
		levels: ["info"],
		means:
			"a request that could not be read safely, refused before routing. `reason`: the error code of the HTTP parser; at most ten lines a second are written, and `left_out` counts the omitted lines before this one",
	},
	request_refused_by_fault: { levels: ["warn"], means: "a request was refused because of `err`: database unavailable, disk full" },
	request_failed: { levels: ["error"], means: "an unexpected error, answered 500" },
	verification_failed: { levels: ["error"], means: "an unexpected error while a key was verified, answered 503" },
	forward_auth_rules_not_read: { levels: ["error"], means: "the rules could not be read, so a proxy's question was answered 503" },
	key_exposed: { levels: ["warn"], means: "a key came in a URL, cookie or `Authorization`; `kid` says which" },
	key_used_from_client: { levels: ["warn"], means: "a key was used from a browser or an app; at most once a minute and key" },
	server_started: { levels: ["info"], means: "with version and applied migrations" },
	server_stopping: { levels: ["info"], means: "with the reason (`why`)" },
	stop_step_failed: { levels: ["error"], means: "a step of the stop failed; the stop went on" },
	node_not_removed: { levels: ["warn"], means: "at the stop this node could not leave the list; changes wait for its lease to run out" },
	quota_block_not_returned: { levels: ["warn"], means: "at the stop leased quota could not be given back; it is lost to this month" },
	database_connection_lost: { levels: ["warn"], means: "a connection broke while nothing used it; made again by itself" },
	listening_connection_lost: { levels: ["warn"], means: "the connection for pushes broke; made again by itself" },
	change_not_applied: { levels: ["warn"], means: "a push could not be followed; the next renewal of the lease does it" },
	loop_run_failed: { levels: ["error"], means: "a background task (`loop`) failed and is tried again" },
	live_value_not_read: {
		levels: ["warn"],
		means: "forward-auth rules, formats of keys or the profile (`kind`) could not be read after a change; tried again each second",
	},
	rotation_not_completed: {
		levels: ["error"],
		means:
			"a replacement whose time is over, or of which all has moved, could not be ended (`rotation_id`); the old secret ends at its time all the same, and it is tried again",
	},
	clock_differs: { levels: ["warn"], means: "this node's clock is `skew_seconds` ahead of the database's (negative: behind)" },
	clock_is_wrong: { levels: ["error"], means: "the same by more than 30 seconds: keyed requests are refused" },
	clock_agrees: { levels: ["info"], means: "the clocks agree again" },
	node_was_fenced: { levels: ["warn"], means: "this node did not renew in time and has begun anew" },
	silent_nodes_fenced: { levels: ["warn"], means: "other nodes (`nodes`) did not renew in time" },
	secret_not_rekeyed: { levels: ["warn"], means: "the pepper's replacement failed for one secret or service credential; done at its next use" },
	usage_flush_failed: { levels: ["warn"], means: "counts wait in memory; they are written again" },
	usage_flush_recovered: { levels: ["info"], means: "they were written" },
	usage_flush_was_applied_before: { levels: ["info"], means: "a flush was sent twice and counted once" },
	usage_flush_set_aside: {
		levels: ["error"],
		means: "the database refuses the values of a flush (`flush`); it stays in `usage_flushes` for a week, for you to look at",
	},
	usage_batch_given_up: { levels: ["error"], means: "counts were lost" },
	usage_lost_at_stop: { levels: ["error"], means: "counts could not be written at the stop and were lost" },
	sign_in_link_not_mailed: { levels: ["warn"], means: "the link to sign in was not made for whom others' attempts keep out; `err`" },
	mail_not_sent: { levels: ["warn"], means: "the mail server took a mail not, or was not reached; `err` without recipient and password" },
	upload_not_undone: { levels: ["warn"], means: "a file is left for the sweep" },
	document_file_not_removed: { levels: ["warn"], means: "the same" },
	documents_of_erased_tenant_not_removed: { levels: ["error"], means: "the same, of a tenant that was erased" },
	dead_uploads_ended: { levels: ["warn"], means: "the sweep cleared up uploads that were cut off" },
	orphaned_file_removed: { levels: ["warn"], means: "the sweep removed a file that no document has" },
	document_content_lost: { levels: ["error"], means: "the file of a document is missing or has another size" },
	embedded_postgres_initialised: { levels: ["info"], means: "a new embedded database was made" },
	embedded_postgres_started: { levels: ["info"], means: "it runs; `adopted`: it ran already, left by a server that crashed" },
	embedded_postgres_exited: { levels: ["error"], means: "it ended by itself and is being started again" },
	embedded_postgres_restarted: { levels: ["info"], means: "it runs again" },
	embedded_postgres_restart_failed: { levels: ["error"], means: "it could not be started; tried again" },
	embedded_postgres_exit_callback_failed: { levels: ["error"], means: "a defect of ours" },
	embedded_postgres_stopped: { levels: ["info"], means: "it was stopped" },
	embedded_postgres_incomplete_folder_moved: { levels: ["warn"], means: "a half-made database was put aside (`moved_to`)" },
	embedded_postgres_leftover_kept: { levels: ["warn"], means: "what an interrupted start left could not be removed (`folder`)" },
	embedded_postgres_stale_pid_file_moved: { levels: ["warn"], means: "a pid file of a process that is gone was put aside" },
	folder_lock_interrupted: { levels: ["warn"], means: "the lock on the data folder was lost with its connection; it is being taken again" },
	folder_lock_regained: { levels: ["info"], means: "it was taken again" },
	folder_lock_lost: { levels: ["error"], means: "another server has taken the data folder: this one ends" },
} as const satisfies Record<string, LogEvent>;

/** The events that may be written at a level. */
export type EventAt<L extends Level> = {
	[Name in keyof typeof LOG_EVENTS]: L extends (typeof LOG_EVENTS)[Name]["levels"][number] ? Name : never;
}[keyof typeof LOG_EVENTS];
