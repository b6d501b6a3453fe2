import { operatorInvitationEnder, passwordLinkEnder } from "../access/operators/ender.ts";
import { portalEnder } from "../access/portal/ender.ts";
import { handoverEnder } from "../keys/handovers/ender.ts";
import { invitationEnder } from "../tenants/team/ender.ts";
import type { Ender } from "../tenants/team/ending.ts";

/** What ends when its maker loses access. Portal sessions come first, because ending a session also ends what was created in it. */
export const ENDERS: readonly Ender[] = [portalEnder, invitationEnder, handoverEnder, passwordLinkEnder, operatorInvitationEnder];

/** Columns that record an actor but whose rows do not end with the actor's access, each with the reason. */
export const KEPT_WITHOUT_MAKER: Readonly<Record<string, string>> = {
	"handovers.claimed_by": "what a recipient said of who they are: the link was used",
	"idempotency.caller": "a repeat is answered to the same caller only, who is asked again before",
	"keys.created_by": "a key in use is no link: those whose raw key the person was shown are listed when they are removed",
	"keys.revoked_by": "a revocation stays",
	"operators.created_by": "an operator has a standing of their own",
	"rotation_confirmations.confirmed_by": "a word about what was deployed ends nothing by itself: who completes the rotation has a standing",
	"rotations.ended_by": "a rotation that has ended",
	"rotations.started_by": "one that waits for its link ends with the link; while both secrets work, ending it would stop what uses the new one",
	"secrets.shown_to": "a secret in use: its key is listed when the person is removed",
};
