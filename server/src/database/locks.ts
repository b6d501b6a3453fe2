/**
 * The numbers of PostgreSQL's advisory locks, one for each purpose. All nodes on a database share them, also nodes of another version during an
 * upgrade: never change one.
 */
export const LOCKS = {
	migration: 7_362_001,
	roles: 7_362_002,
	usage_roll_up: 7_362_010,
	usage_aggregation: 7_362_011,
	peppers: 7_362_012,
	imports: 7_362_013,
	audit_checkpoints: 7_362_014,
	alerts: 7_362_015,
	webhook_distribution: 7_362_047,
	mail_distribution: 7_362_050,
	rotation_schedule: 7_362_052,
	auth_failures: 7_362_053,
	rotations: 7_402_118_006,
	operators: 7_402_118_007,
} as const;
