import { getLineCount, type Source, type Violation, violation } from "./source.ts";

const LINES_MAX = 250;

/** Each starts one server, and its tests use that: two files would start two. */
const SHARE_A_SERVER: readonly string[] = [
	"e2e/audit.test.ts",
	"e2e/browser/activity.test.ts",
	"e2e/browser/alerts.test.ts",
	"e2e/browser/audit.test.ts",
	"e2e/browser/ending.test.ts",
	"e2e/browser/key-page.test.ts",
	"e2e/browser/keys.test.ts",
	"e2e/browser/limits.test.ts",
	"e2e/browser/operator-area.test.ts",
	"e2e/browser/operator.test.ts",
	"e2e/browser/people.test.ts",
	"e2e/browser/rotation.test.ts",
	"e2e/browser/sites-and-plan.test.ts",
	"e2e/browser/webhooks.test.ts",
	"e2e/errors.test.ts",
	"e2e/exposure.test.ts",
	"e2e/forward-auth.test.ts",
	"e2e/framing.test.ts",
	"e2e/import.test.ts",
	"e2e/isolation.test.ts",
	"e2e/leak-reports.test.ts",
	"e2e/lost-access.test.ts",
	"e2e/metrics.test.ts",
	"e2e/operators.test.ts",
	"e2e/pages.test.ts",
	"e2e/people.test.ts",
	"e2e/proxies/explain.test.ts",
	"e2e/revocation.test.ts",
	"e2e/rotation.test.ts",
	"e2e/secrets.test.ts",
	"e2e/start.test.ts",
	"e2e/verify-limits.test.ts",
	"e2e/webhooks.test.ts",
	"examples/orders/orders.test.ts",
];

/** Each prepares rows in one database, and its tests use them. */
const SHARE_A_DATABASE: readonly string[] = [
	"server/src/access/gate.db.test.ts",
	"server/src/access/joining/joining.db.test.ts",
	"server/src/alerts/alerts.db.test.ts",
	"server/src/audit/change.db.test.ts",
	"server/src/checklist/checklist.db.test.ts",
	"server/src/cli/audit/verify.db.test.ts",
	"server/src/database/walls.db.test.ts",
	"server/src/keys/handovers/handover.db.test.ts",
	"server/src/keys/rotations/rotation.db.test.ts",
	"server/src/keys/schedule/schedule.db.test.ts",
	"server/src/mailing/mailing.db.test.ts",
	"server/src/nodes/node.db.test.ts",
	"server/src/tenants/erase.db.test.ts",
	"server/src/usage/flush.db.test.ts",
	"server/src/usage/sources/sources.db.test.ts",
	"server/src/verification/grants/grants.db.test.ts",
	"server/src/verification/limits/budgets.db.test.ts",
	"server/src/verification/verifier.db.test.ts",
	"server/src/webhooks/delivery/delivery.db.test.ts",
];

/** Each has one table of cases or routes, which all of its tests use. */
const SHARE_CASES: readonly string[] = ["server/src/http/server.attack.test.ts", "server/src/verification/checks.test.ts"];

/** The only test files of more than 250 lines. */
export const LONG_TESTS: ReadonlySet<string> = new Set([...SHARE_A_SERVER, ...SHARE_A_DATABASE, ...SHARE_CASES]);

/** A long test file that is not listed, and a listed one that is no longer long. */
export function checkLongTests(source: Source): Violation[] {
	if (!/\.test\.tsx?$/.test(source.path)) return [];
	const lines = getLineCount(source);
	const [is_long, is_listed] = [lines > LINES_MAX, LONG_TESTS.has(source.path)];
	if (is_long && !is_listed)
		return [violation(source, 0, `${lines} lines, more than ${LINES_MAX}: split the tests by guarantee, or list the file in long-tests.ts`)];
	if (is_listed && !is_long) return [violation(source, 0, `${lines} lines, and listed in long-tests.ts: remove it there`)];
	return [];
}
