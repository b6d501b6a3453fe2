import { operatorInvitationEnder, passwordLinkEnder } from "../access/operators/ender.ts";
import { portalEnder } from "../access/portal/ender.ts";
import { handoverEnder } from "../keys/handovers/ender.ts";
import { invitationEnder } from "../tenants/team/ender.ts";
import type { Ender } from "../tenants/team/ending.ts";

/** What ends when its maker loses access. Portal sessions come first, because ending a session also ends what was created in it. */
export const ENDERS: readonly Ender[] = [portalEnder, invitationEnder, handoverEnder, passwordLinkEnder, operatorInvitationEnder];

/** Columns that record an actor but whose rows do not end with the actor's access, each with the reason. */
export const KEPT_WITHOUT_MAKER: Readonly<Record<string, string>> = {
	"alert_tests.tested_by": "a test has been sent, and grants nothing",
	"alerts.acknowledged_by": "an acknowledgement only ends reminders",
	"handovers.claimed_by": "the name that the recipient gave; the link is used up",
	"idempotency.caller": "a repeat is answered to the same caller only, after their access was checked again",
	"keys.created_by": "keys stay in use; those whose raw key the person has seen are listed when the person is removed",
	"keys.revoked_by": "a revocation is final",
	"operators.created_by": "an operator's access does not depend on who invited them",
	"rehearsals.confirmed_by": "a confirmation says what the person has seen, and grants nothing",
	"rehearsals.started_by": "the rehearsal has ended; its key was revoked",
	"rotation_confirmations.confirmed_by": "a confirmation ends nothing by itself; completing the rotation needs its own access",
	"rotations.ended_by": "the rotation has ended",
	"rotations.started_by":
		"a rotation that waits for its link ends with the link; ending one with two working secrets would stop clients of the new one",
	"mails.claimed_by": "a node, not a person",
	"webhook_queues.claimed_by": "a node, not a person",
	"secrets.shown_to": "secrets stay in use; the key is listed when the person is removed",
};
