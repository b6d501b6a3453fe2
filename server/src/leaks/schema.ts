import Type, { type Static } from "typebox";
import { REPORT_OUTCOMES, REPORTERS } from "../keys/exposures/exposure.ts";
import { RAW_KEY_CHARACTERS_MAX } from "../keys/imported/format.ts";

/** Keys of one call. */
export const REPORTED_KEYS_MAX = 1_000;
const URL_CHARACTERS_MAX = 2_000;
/** A thousand keys with long URLs. */
export const REPORT_BODY_BYTES_MAX = 1_048_576;

const RawKey = Type.String({ maxLength: RAW_KEY_CHARACTERS_MAX, writeOnly: true });
const Url = Type.String({ maxLength: URL_CHARACTERS_MAX, description: "Where the key was found: shown as text, never as a link" });

export const LeakReportInput = Type.Object(
	{
		keys: Type.Optional(
			Type.Array(Type.Object({ raw_key: RawKey, url: Type.Optional(Url) }, { additionalProperties: false }), { maxItems: REPORTED_KEYS_MAX }),
		),
		matches: Type.Optional(
			Type.Array(Type.Object({ token: RawKey, type: Type.Optional(Type.String()), url: Type.Optional(Type.String()) }), {
				maxItems: REPORTED_KEYS_MAX,
				description: "A code host sends this array alone, as the whole body, and signs it",
			}),
		),
	},
	{ additionalProperties: false },
);
export type LeakReportInput = Static<typeof LeakReportInput>;

export const Received = Type.Object({ received: Type.Integer({ description: "How many keys were sent, whatever they are" }) });

const Time = Type.String({ format: "date-time" });

/** A key that was reported with its whole secret. */
export const ReportSchema = Type.Object({
	tenant: Type.Object({ id: Type.String(), name: Type.String() }),
	key: Type.Object({ id: Type.String(), name: Type.String(), environment: Type.String() }),
	kid: Type.String(),
	last4: Type.String(),
	first_at: Time,
	last_at: Time,
	reports: Type.Integer({ description: "How often it was reported" }),
	reporter: Type.Enum([...REPORTERS], { description: "Who reported it last: anyone, or a code host with a signature" }),
	urls: Type.Array(Type.String(), { description: "Where it was found, the latest last; texts that finders wrote" }),
	outcome: Type.Enum([...REPORT_OUTCOMES], {
		description:
			"revoked; rotated: a new secret was made, and the old one ends after 24 hours; shortened: so does that of a rotation in progress; none: it had ended",
	}),
});

export const ProgrammeSchema = Type.Object({
	expression: Type.String({ description: "Matches the keys of this instance" }),
	report_url: Type.String(),
	status_url: Type.String(),
	samples: Type.Array(Type.String(), { description: "Match the expression; their checksum is wrong, so they are no keys" }),
	code_host_keys: Type.Enum(["none", "configured", "fetched"], {
		description: "Where the public keys of the code host come from; none: its reports are refused",
	}),
});
